import jsonschema
import pytest
from pydantic import ValidationError

from app.evidence_selection import ITEM_TOKENS
from app.triage.actions import MOST_ACTIONS
from app.triage.prompting import MOST_COMPONENTS
from app.triage.schema import KEYWORDS, TriageChoices, reply_model, reply_schema
from retrieval.taxonomy import Category
from tests.stock_grammar import CONVERTED, LARGEST, REQUESTS, stock_grammar


def keywords(schema):
    """Every keyword of a schema and of those in it; the names of properties are none."""
    yield from (key for key in schema if key != "x-guidance")
    for inner in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        yield from keywords(inner)


def test_only_keywords_that_both_engines_enforce(choices):
    """No keyword stands in the schema that one of the two constraint engines would skip silently."""
    assert set(keywords(reply_schema(choices))) <= KEYWORDS


def test_no_repetition_that_the_grammar_refuses(choices):
    """Lengths stay far below 2,000 repetitions, where llama.cpp refuses the whole grammar."""
    sizes = [inner.get("maxLength", 0) for inner in reply_schema(choices)["properties"].values()]
    assert max(sizes) <= 600


@pytest.mark.parametrize("name", REQUESTS)
def test_the_stock_converter_reads_it_as_it_is_meant(name):
    """What llama.cpp's own converter made of the schema is the grammar that the real server is tested with.

    From the largest request that there can be to one without evidence: no keyword is skipped.
    """
    assert stock_grammar(reply_schema(REQUESTS[name])) == (CONVERTED / f"{name}.gbnf").read_text("utf-8")


def test_the_largest_request_is_the_largest():
    """The one that is tested has all actions, components and categories that there can be, and more evidence."""
    assert len(LARGEST.action_ids) == MOST_ACTIONS
    assert len(LARGEST.components) == MOST_COMPONENTS + 1
    assert len(LARGEST.categories) == len(Category)
    assert len(LARGEST.evidence_ids) >= 1_500 / ITEM_TOKENS


def test_no_floats_and_no_integers(choices):
    """Numbers are words, since one engine ignores the bounds of floats."""
    kinds = {inner["type"] for inner in reply_schema(choices)["properties"].values()}
    assert kinds == {"array", "string"}


def test_evidence_first_and_wording_last(choices, reply):
    """The order of the properties is the order of writing, and all of them are required."""
    schema = reply_schema(choices)
    assert list(schema["properties"]) == schema["required"] == list(reply)


def test_choices_are_closed(choices):
    """The ids, components and categories of the request are the only ones that the schema allows."""
    properties = reply_schema(choices)["properties"]
    assert tuple(properties["evidence"]["items"]["enum"]) == choices.evidence_ids
    assert tuple(properties["actions"]["items"]["enum"]) == choices.action_ids
    assert tuple(properties["component"]["enum"]) == choices.components
    assert tuple(properties["category"]["enum"]) == choices.categories


def test_model_and_schema_agree(choices, reply):
    """A reply that the model accepts is one that the schema accepts, and the other way round for a foreign id."""
    schema = reply_schema(choices)
    jsonschema.validate(reply_model(choices).model_validate(reply).model_dump(mode="json"), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**reply, "evidence": ["L2"]}, schema)
    with pytest.raises(ValidationError):
        reply_model(choices).model_validate({**reply, "evidence": ["L2"]})


def test_evidence_is_required_where_there_is_some(choices, reply):
    """An answer without evidence is refused as long as there is any."""
    with pytest.raises(ValidationError):
        reply_model(choices).model_validate({**reply, "evidence": []})


def test_lists_without_choices_are_left_out(reply):
    """Without evidence and actions neither list is asked for, and neither may be filled."""
    choices = TriageChoices(evidence_ids=(), components=("api-gateway",), categories=("oom_killed",))
    assert not {"evidence", "actions"} & set(reply_schema(choices)["properties"])
    model = reply_model(choices)
    bare = {key: value for key, value in reply.items() if key not in ("evidence", "actions")}
    assert model.model_validate(bare).evidence == []
    with pytest.raises(ValidationError):
        model.model_validate({**bare, "evidence": ["L1"]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"evidence_ids": ("L1", "L1")},
        {"components": ()},
        {"components": ("",)},
        {"components": ("a\nb",)},
        {"categories": ()},
        {"categories": ("weather",)},
        {"action_ids": ("A1", " ")},
    ],
)
def test_choices_refuse_bad_values(wrong):
    """Choices that are empty, repeated, unprintable or unknown are refused when they are made."""
    with pytest.raises(ValueError, match=r"holds|needs|contract"):
        TriageChoices(**{"evidence_ids": ("L1",), "components": ("api",), "categories": ("dns",), **wrong})
