"""Whether queries parse: PromQL, LogQL and TraceQL, the last two by the parsers that Grafana's own editor uses."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import promql_parser

from deploy.validation.fault import Missing
from deploy.validation.programs import find, run

NODE = "install Node.js"
PARSERS = Path(__file__).with_name("parse_queries.mjs")
# What Grafana puts in before a query is sent.
VARIABLES: Mapping[str, str] = {
    "$__rate_interval": "5m",
    "$__interval": "1m",
    "$__range": "1h",
    "$__auto": "5m",
    "$namespace": ".+",
}


def substituted(query: str) -> str:
    """The query with Grafana's variables filled in."""
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query


def promql_fault(query: str) -> str | None:
    """What is wrong with a PromQL query; None where it parses."""
    try:
        promql_parser.parse(substituted(query))
    except ValueError as error:
        return str(error).strip().splitlines()[0]
    return None


def metrics_of(query: str) -> set[str]:
    """The names of the metrics that a PromQL query that parses selects."""
    names: set[str] = set()

    def collect(node: object) -> None:
        if isinstance(node, promql_parser.VectorSelector) and node.name:
            names.add(node.name)

    promql_parser.walk(promql_parser.parse(substituted(query)), collect)
    return names


def bare_metrics_of(query: str) -> set[str]:
    """The names of metrics that a PromQL query selects at one moment, without looking back over a range."""
    names: list[str] = []
    ranged: list[str] = []

    def collect(node: object) -> None:
        if isinstance(node, promql_parser.VectorSelector) and node.name:
            names.append(node.name)
        elif isinstance(node, promql_parser.MatrixSelector) and node.vector_selector.name:
            ranged.append(node.vector_selector.name)

    promql_parser.walk(promql_parser.parse(substituted(query)), collect)
    return {name for name in names if names.count(name) > ranged.count(name)}


@dataclass(frozen=True, slots=True)
class Selection:
    """One selector of a PromQL query: its metric, and each label that is matched, with the text that it is held to."""

    metric: str
    matched: Mapping[str, str]


def selections_of(query: str) -> list[Selection]:
    """Every selector of a PromQL query that parses."""
    found: list[Selection] = []

    def collect(node: object) -> None:
        if isinstance(node, promql_parser.VectorSelector) and node.name:
            found.append(Selection(node.name, {each.name: each.value for each in node.matchers.matchers}))

    promql_parser.walk(promql_parser.parse(substituted(query)), collect)
    return found


def groupings_of(query: str) -> list[tuple[str, set[str]]]:
    """Each label that a PromQL query groups by, with the metrics below that grouping."""
    found: list[tuple[str, set[str]]] = []

    def collect(node: object) -> None:
        if not isinstance(node, promql_parser.AggregateExpr) or node.modifier is None:
            return
        if node.modifier.type == promql_parser.AggModifierType.By:
            metrics = metrics_of(str(node.expr))
            found.extend((label, metrics) for label in node.modifier.labels)

    promql_parser.walk(promql_parser.parse(substituted(query)), collect)
    return found


def grafana_faults(queries: Sequence[tuple[str, str]]) -> list[str | None]:
    """What is wrong with each (language, query), language being `logql` or `traceql`; None where it parses.

    Missing where Node.js or the parsers are not installed.
    """
    if not queries:
        return []
    folder = os.environ.get("LEZER_HOME", "")
    if not (Path(folder) / "node_modules").is_dir():
        raise Missing("the parsers of LogQL and TraceQL are not installed: `just validate` installs them")
    told = json.dumps([[language, substituted(query)] for language, query in queries])
    done = run([find("node", NODE), str(PARSERS), folder], stdin=told)
    if done.returncode:
        raise Missing(f"the parsers of LogQL and TraceQL do not run: {done.stderr.strip()[:300]}")
    faults: list[str | None] = json.loads(done.stdout)
    return faults
