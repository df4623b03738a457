"""A JSON Schema as the converter of the stock llama.cpp server writes it in its own grammar language (GBNF).

The package `xllamacpp` is built with LLGuidance, which reads a schema itself, and offers no way to the other converter.
This one knows the keywords that the request's schema is made of and no others. That it writes what llama.cpp's own does
is held by the files in `stock_grammars/`, which that one (`common/json-schema-to-grammar.cpp` of build 11434) made of
the schemas of `REQUESTS`; after the schema changed, give it each one's `json.dumps(reply_schema(…))` again.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.triage.schema import TriageChoices
from retrieval.taxonomy import Category

# As much as a request can offer: every kind of id, names that need escaping, all categories, all actions.
LARGEST = TriageChoices(
    evidence_ids=tuple(f"{kind}{number}" for kind in "LPERI" for number in range(1, 31)),
    components=(*(f"component-{number}.with.a-rather-long-name" for number in range(1, 19)),
                'a "quoted\\" one', "größer als 日本", "unknown"),
    categories=tuple(Category),
    action_ids=tuple(f"A{number}" for number in range(1, 7)),
)  # fmt: skip
REQUESTS = {
    "largest": LARGEST,
    "pairs": TriageChoices(("L1", "L2"), ("etcd", "unknown"), ("dns", "database"), ("A1", "A2")),
    "single": TriageChoices(("L1",), ("unknown",), ("dns",), ("A1",)),
    "nothing": TriageChoices((), ("unknown",), tuple(Category)),
}
CONVERTED = Path(__file__).with_name("stock_grammars")
_CHAR = r'[^"\\\x7F\x00-\x1F] | [\\] (["\\bfnrt] | "u" [0-9a-fA-F]{4})'
_SPACE = r'| " " | "\n"{1,2} [ \t]{0,20}'


def stock_grammar(schema: Mapping[str, Any]) -> str:
    """The rules, sorted by name."""
    rules = {"char": _CHAR, "space": _SPACE}
    pairs = []
    for key, value in schema["properties"].items():
        name = key.replace("_", "-")
        rules[name] = _rule(name, value, rules)
        rules[f"{name}-kv"] = f'{_literal(key)} space ":" space {name}'
        pairs.append(f"{name}-kv")
    rules["root"] = '"{" space ' + ' "," space '.join(pairs) + ' space "}"'
    return "".join(f"{name} ::= {rules[name]}\n" for name in sorted(rules))


def _rule(name: str, schema: Mapping[str, Any], rules: dict[str, str]) -> str:
    if "enum" in schema:
        return "(" + " | ".join(_literal(value) for value in schema["enum"]) + ")"
    if "const" in schema:
        return _literal(schema["const"])
    if schema["type"] == "string":
        return f'"\\"" char{{{schema["minLength"]},{schema["maxLength"]}}} "\\""'
    item, low, high = f"{name}-item", schema["minItems"], schema["maxItems"]
    rules[item] = _rule(item, schema["items"], rules)
    if low == 0 and high == 1:
        return f'"[" space {item}? space "]"'
    further = _times(f'("," space {item})', max(low - 1, 0), high - 1)
    some = f"{item} {further}"
    return f'"[" space {some if low else f"({some})?"} space "]"'


def _times(rule: str, low: int, high: int) -> str:
    """So many times; nothing where that is none."""
    if high == 0:
        return ""
    return f"{rule}?" if (low, high) == (0, 1) else f"{rule}{{{low},{high}}}"


def _literal(value: object) -> str:
    """A JSON value as a terminal."""
    text = json.dumps(value, ensure_ascii=False)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
