import asyncio
import json
from contextlib import aclosing

import httpx
import pytest

from app.triage.llama_cpp import LlamaCpp
from app.triage.model_server import EventStream
from retrieval.errors import ModelDown

MESSAGES = [{"role": "user", "content": "why"}]
SAMPLING = {"max_tokens": 50, "seed": 1, "temperature": 0.0}
TIMINGS = {"cache_n": 40, "prompt_n": 10, "prompt_ms": 5.0, "predicted_n": 3, "predicted_ms": 7.0, "draft_n": None}
PIECES = [
    {"content": '{"a":', "stop": False},
    {"content": '"\u2028é\x85"', "stop": False},
    {"content": "}", "stop": False},
    {"content": "", "stop": True, "stop_type": "eos", "model": "/models/tiny.gguf", "timings": TIMINGS},
]


def sse(events, line_end="\n"):
    """The events as a server writes them, with pings between."""
    frames = [
        f"data: {json.dumps(event, ensure_ascii=False)}{line_end * 2}:{line_end}: ping{line_end}" for event in events
    ]
    return "".join(frames).encode()


class Body(httpx.AsyncByteStream):
    """A body in given chunks that ends with `error`, or waits, and knows whether it was closed."""

    def __init__(self, chunks, error=None, wait=False):
        self.chunks, self.error, self.wait, self.closed = chunks, error, wait, False

    async def __aiter__(self):
        for chunk in self.chunks:
            yield chunk
        if self.wait:
            await asyncio.sleep(60)
        if self.error:
            raise self.error

    async def aclose(self):
        self.closed = True


def streamed(body):
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)


def server(*answers, base_url="http://llm:8080", **options):
    """A LlamaCpp before a transport that gives the answers to `/completion` in turn; `requests` are those it saw."""
    left, requests = list(answers), []

    def respond(request):
        requests.append(request)
        if request.url.path == "/apply-template":
            return httpx.Response(200, json={"prompt": "user: why\n"})
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.AsyncClient(base_url=base_url, transport=httpx.MockTransport(respond))
    return LlamaCpp(http, **options), requests


async def answer(model):
    """All of an answer's text, and its completion."""
    text, completion = "", None
    async for delta in model.stream(MESSAGES, {"type": "object"}, **SAMPLING):
        text += delta.text
        completion = delta.completion
    return text, completion


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_events_split_at_every_byte(line_end):
    """Wherever the stream is cut into two chunks, or into single bytes, the events are the same and pings are none."""
    stream = sse(PIECES, line_end)
    for cut in range(len(stream)):
        parser = EventStream()
        events = parser.feed(stream[:cut]) + parser.feed(stream[cut:])
        assert [json.loads(event) for event in events] == PIECES
    parser = EventStream()
    assert sum(len(parser.feed(stream[i : i + 1])) for i in range(len(stream))) == len(PIECES)


def test_an_event_of_several_lines():
    """The data lines of one event are one text; a field without meaning is skipped."""
    assert EventStream().feed(b"event: x\ndata: 1\ndata:2\n\n\n\n") == ["1\n2"]


def test_an_endless_line_is_refused():
    """A server that never ends its line does not fill the memory."""
    parser = EventStream()
    assert parser.feed(b"x" * 1_000_000) == []
    with pytest.raises(ValueError, match="without end"):
        parser.feed(b"x" * 100_000)


async def test_an_answer_with_its_counts():
    """The pieces add up to the text; cached tokens count as part of the prompt, and the model has its file's name."""
    model, _ = server(streamed(Body([sse(PIECES)])))
    text, completion = await answer(model)
    assert text == completion.text == '{"a":"\u2028é\x85"}'
    assert completion.usage.model_dump() == {"prompt_tokens": 50, "cached_tokens": 40, "completion_tokens": 3}
    assert (completion.finish, completion.model, completion.timings["prompt_ms"]) == ("stop", "tiny.gguf", 5.0)
    assert completion.first_token_ms > 0


async def test_what_is_sent():
    """The template is applied first; then the schema, the cache and the sampling go to the native endpoint."""
    model, requests = server(streamed(Body([sse(PIECES)])), api_key="k")
    await answer(model)
    template, completion = requests
    assert json.loads(template.content)["messages"] == MESSAGES
    sent = json.loads(completion.content)
    assert sent.pop("prompt") == "user: why\n"
    assert sent.pop("json_schema") == {"type": "object"}
    assert sent == {"n_predict": 50, "seed": 1, "temperature": 0.0, "cache_prompt": True, "stream": True}
    assert completion.url.path == "/completion"
    assert completion.headers["authorization"] == "Bearer k"


async def test_a_streamed_connection_is_not_used_again():
    """The server drops it without saying so, so the client asks for that, and only there."""
    model, requests = server(streamed(Body([sse(PIECES)])))
    await answer(model)
    template, completion = (request.headers["connection"] for request in requests)
    assert (template, completion) == ("keep-alive", "close")


async def test_a_limit_is_told_from_an_end():
    """A token limit is the answer's finish, not an error."""
    model, _ = server(streamed(Body([sse([*PIECES[:2], {**PIECES[-1], "stop_type": "limit"}])])))
    _, completion = await answer(model)
    assert completion.finish == "length"


@pytest.mark.parametrize(
    "body",
    [
        Body([sse(PIECES[:2])]),
        Body([sse(PIECES)[:-60]]),
        Body([sse(PIECES[:2])], httpx.RemoteProtocolError("incomplete chunked read")),
        Body([sse(PIECES[:2])], httpx.ReadError("")),
    ],
)
async def test_a_cut_body(body):
    """A stream that ends without its last event is a failure that says so, and the connection is closed."""
    model, requests = server(streamed(body))
    with pytest.raises(ModelDown, match="broke off"):
        await answer(model)
    assert body.closed
    assert len(requests) == 2


async def test_an_error_inside_the_stream():
    """An error that comes after status 200 is told in the server's words."""
    error = {"error": {"code": 500, "message": "Failed to\nparse \x1b[1mgrammar", "type": "server_error"}}
    model, _ = server(streamed(Body([sse([PIECES[0], error])])))
    with pytest.raises(ModelDown, match="refused the request: Failed to parse grammar"):
        await answer(model)


@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        (httpx.Response(401, json={"error": {"message": "Invalid API Key"}}), "LLM_API_KEY"),
        (httpx.Response(404, json={"error": {"message": "File Not Found"}}), "has no /completion"),
        (
            httpx.Response(500, json={"error": {"message": "does not match the expected peg-native format"}}),
            "peg-native",
        ),
        (httpx.Response(500, json={"detail": "odd"}), "HTTP 500"),
        (httpx.Response(502, html="<html>Bad gateway</html>"), "a web page"),
        (httpx.Response(200, html="<html>Hello</html>"), "a web page"),
        (httpx.Response(200, json={"content": "{}"}), "application/json"),
        (httpx.Response(302, headers={"location": "/login"}), "HTTP 302"),
        (
            httpx.Response(
                400,
                json={"error": {"type": "exceed_context_size_error", "n_prompt_tokens": 6002, "n_ctx": 4096}},
            ),
            "context of 4096 tokens .* takes 6002",
        ),
        (streamed(Body([b"data: {nonsense\n\n"])), "other than the JSON"),
        (streamed(Body([b'data: {"content": 5}\n\n'])), "other than the JSON"),
        (httpx.ReadTimeout("slow"), "sent nothing"),
    ],
)
async def test_failures_have_one_sentence(response, sentence):
    """What can go wrong on the way becomes ModelDown with its cause, asked once, without the address's password."""
    model, requests = server(response, base_url="http://me:secret@llm:8080")
    with pytest.raises(ModelDown, match=sentence) as caught:
        await answer(model)
    assert "http://llm:8080" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(requests) == 2


@pytest.mark.parametrize(
    "passing",
    [
        httpx.Response(503, json={"error": {"message": "Loading model", "type": "unavailable_error"}}),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
    ],
)
async def test_what_may_pass_is_tried_once_more(passing):
    """A model that still loads and a connection that fails before any answer get a second request."""
    model, requests = server(passing, streamed(Body([sse(PIECES)])))
    await answer(model)
    assert [request.url.path for request in requests] == ["/apply-template", "/completion", "/completion"]


@pytest.mark.parametrize(
    ("error", "sentence"), [(httpx.ConnectError("refused"), "cannot be reached"), (httpx.Response(503), "not ready")]
)
async def test_what_does_not_pass(error, sentence):
    """After the second failure of that kind it is told."""
    model, requests = server(error, error)
    with pytest.raises(ModelDown, match=sentence):
        await answer(model)
    assert len(requests) == 3


async def test_a_limit_on_the_whole_answer():
    """An answer that never ends is given up after the total time, also while nothing arrives."""
    body = Body([sse(PIECES[:1])], wait=True)
    model, _ = server(streamed(body), total_timeout_s=0.05)
    with pytest.raises(ModelDown, match=r"longer than 0\.05 s"):
        await answer(model)
    assert body.closed


async def test_closing_the_answer_closes_the_stream():
    """Whoever stops listening frees the server's slot."""
    body = Body([sse(PIECES[:1])], wait=True)
    model, _ = server(streamed(body))
    async with aclosing(model.stream(MESSAGES, {}, **SAMPLING)) as deltas:
        assert (await anext(deltas)).text == '{"a":'
    assert body.closed


async def test_cancelling_the_answer_closes_the_stream():
    """A cancelled task does so too."""
    body = Body([sse(PIECES[:1])], wait=True)
    model, _ = server(streamed(body))
    task = asyncio.create_task(answer(model))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert body.closed


@pytest.mark.parametrize(
    ("response", "health"),
    [
        (httpx.Response(200, json={"status": "ok"}), "ready"),
        (httpx.Response(503, json={"error": {"message": "Loading model"}}), "loading"),
        (httpx.Response(500), "down"),
        (httpx.ConnectError("refused"), "down"),
    ],
)
async def test_health(response, health):
    """The three states that a person can do something about; asking never fails."""
    model, _ = server(response)
    assert await model.health() == health


async def test_short_calls():
    """The model's name comes without its folder; tokens are counted by the server."""
    model, _ = server(
        httpx.Response(200, json={"data": [{"id": "/models/q4.gguf"}]}), httpx.Response(200, json={"input_tokens": 3})
    )
    assert await model.model_name() == "q4.gguf"
    assert await model.prompt_tokens([{"role": "user", "content": "a b c"}]) == 3


async def test_short_calls_with_odd_answers():
    """An answer of another shape is told, not passed on."""
    model, _ = server(httpx.Response(200, json={"data": []}), httpx.Response(200, text="OK"))
    for call in (model.model_name(), model.prompt_tokens([])):
        with pytest.raises(ModelDown, match="other than the JSON"):
            await call
