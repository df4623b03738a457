import json

import httpx
import pytest

from app.triage.openai_endpoint import OpenAiEndpoint
from app.triage.schema import reply_schema
from retrieval.errors import ModelDown

MESSAGES = [{"role": "user", "content": "why"}]
SAMPLING = {"max_tokens": 50, "seed": 1, "temperature": 0.0}
START = {"choices": [{"delta": {"role": "assistant", "content": None}, "finish_reason": None}]}
TEXT = {"choices": [{"delta": {"content": "{}"}, "finish_reason": None}]}
END = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
USAGE = {
    "choices": [],
    "usage": {"prompt_tokens": 18, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 17}},
}
ERROR = {"error": {"code": 500, "message": "does not match the expected peg-native format", "type": "server_error"}}


def endpoint(events, base_url="http://llm:8000", **options):
    """An endpoint whose server answers with the events; `requests` are those it saw."""
    requests = []

    def respond(request):
        requests.append(request)
        if request.method == "GET":
            return httpx.Response(200, json={"data": [{"id": "org/qwen"}]})
        body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    http = httpx.AsyncClient(base_url=base_url, transport=httpx.MockTransport(respond))
    return OpenAiEndpoint(http, **options), requests


async def answer(model, schema=None):
    """All of an answer's text, and its completion."""
    text, completion = "", None
    async for delta in model.stream(MESSAGES, schema or {}, **SAMPLING):
        text += delta.text
        completion = delta.completion
    return text, completion


async def test_an_answer_with_its_counts():
    """Text, usage with the cached part, and the finish come from their several events."""
    model, _ = endpoint([START, TEXT, END, USAGE], model="m")
    text, completion = await answer(model)
    assert text == completion.text == "{}"
    assert completion.usage.model_dump() == {"prompt_tokens": 18, "cached_tokens": 17, "completion_tokens": 2}
    assert (completion.finish, completion.model) == ("stop", "m")
    assert completion.first_token_ms > 0


async def test_a_token_limit():
    """A limit is the answer's finish; a server that gives no usage counts nothing."""
    model, _ = endpoint([TEXT, {"choices": [{"delta": {}, "finish_reason": "length"}]}], model="m")
    _, completion = await answer(model)
    assert (completion.finish, completion.usage.prompt_tokens) == ("length", 0)


async def test_an_error_after_some_text_ends_the_answer():
    """llama.cpp's chat parser may give up at the end; the text until then is judged like any other."""
    model, _ = endpoint([START, TEXT, ERROR], model="m")
    text, completion = await answer(model)
    assert (text, completion.finish) == ("{}", "refused")


async def test_an_error_before_any_text():
    """Without text there is nothing to judge, so the error is told."""
    model, _ = endpoint([START, ERROR], model="m")
    with pytest.raises(ModelDown, match="peg-native"):
        await answer(model)


async def test_an_answer_without_an_end():
    """A stream that stops before its finish is a failure."""
    model, _ = endpoint([START, TEXT], model="m")
    with pytest.raises(ModelDown, match="broke off"):
        await answer(model)


async def test_what_is_sent(choices):
    """The schema goes where OpenAI has it, without the keywords of one engine."""
    model, requests = endpoint([TEXT, END], model="m", api_key="k")
    await answer(model, reply_schema(choices))
    sent = json.loads(requests[0].content)
    schema = sent["response_format"]["json_schema"]["schema"]
    assert next(iter(schema["properties"])) == "evidence"
    assert not any(key.startswith("x-") for key in schema)
    assert (sent["model"], sent["stream_options"]) == ("m", {"include_usage": True})
    assert requests[0].headers["authorization"] == "Bearer k"


@pytest.mark.parametrize("base_url", ["http://llm:8000", "http://llm:8000/v1", "http://llm:8000/v1/"])
async def test_addresses_with_and_without_the_version(base_url):
    """Both spellings of the address that people use lead to the same requests."""
    model, requests = endpoint([TEXT, END], base_url)
    assert await model.model_name() == "qwen"
    await answer(model)
    assert [request.url.path for request in requests] == ["/v1/models", "/v1/chat/completions"]


async def test_health_and_counting():
    """A server that lists its models is ready; tokens are estimated, never too few for plain text."""
    model, _ = endpoint([])
    assert await model.health() == "ready"
    assert await model.prompt_tokens([{"role": "user", "content": "seven words of quite ordinary English text"}]) >= 15
    assert await model.context() is None
