"""Dashboards and data sources of Grafana: known data sources, queries that parse, metrics that the code exports."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.validation.exported import faults_of, legend_faults
from deploy.validation.fault import Fault, Tree
from deploy.validation.queries import grafana_faults, promql_fault


def check(tree: Tree) -> list[Fault]:
    """Every dashboard loads, has a uid of its own, asks data sources that are provisioned, and its queries hold."""
    folder = tree.deploy / "grafana" / "dashboards"
    sources = tree.deploy / "grafana" / "provisioning" / "datasources" / "datasources.yaml"
    provisioned = {each["uid"]: each["type"] for each in _sources(sources)}
    faults, uids, asked = [], Counter[str](), []
    for each in _sources(sources):
        where = f"{tree.name(sources)}: {each['name']}"
        faults += [Fault(where, what) for what in _links(each, provisioned)]
        asked += [(where, "logql", query) for query in _log_queries(each)]
    for path in sorted(folder.glob("*.json")):
        place = tree.name(path)
        try:
            board = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            faults.append(Fault(place, f"is no JSON: {error}"))
            continue
        uids[board.get("uid", "")] += 1
        if not isinstance(board.get("schemaVersion"), int) or not board.get("title"):
            faults.append(Fault(place, "has no schemaVersion or no title"))
        for panel, source, query, legend in _queries(board):
            where = f"{place}: {panel}"
            if provisioned.get(source.get("uid", "")) != source.get("type"):
                faults.append(Fault(where, f"asks the data source {source.get('uid')}, which is not provisioned"))
            elif source["type"] == "prometheus":
                faults += [Fault(where, what) for what in _promql(query, legend)]
            else:
                asked.append((where, {"loki": "logql", "tempo": "traceql"}[source["type"]], query))
    faults += [
        Fault(tree.name(folder), f"the uid {uid!r} is there {count} times") for uid, count in uids.items() if count > 1
    ]
    wrong = grafana_faults([(language, query) for _, language, query in asked])
    return faults + [Fault(where, what) for (where, _, _), what in zip(asked, wrong, strict=True) if what]


def _promql(query: str, legend: str) -> Iterator[str]:
    if (wrong := promql_fault(query)) is not None:
        yield f"{wrong}: {query}"
        return
    yield from faults_of(query)
    yield from legend_faults(query, legend)


def _queries(board: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str], str, str]]:
    for panel in board.get("panels", []):
        for target in panel.get("targets", []):
            query = target.get("expr") or target.get("query") or ""
            yield panel.get("title", "?"), target.get("datasource", {}), query, target.get("legendFormat", "")


def _sources(path: Path) -> list[Mapping[str, Any]]:
    sources: list[Mapping[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["datasources"]
    return sources


def _links(source: Mapping[str, Any], provisioned: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the links of a data source to others: where they lead, and what they ask for there."""
    settings = source.get("jsonData", {})
    lists = [settings.get("derivedFields", []), settings.get("exemplarTraceIdDestinations", [])]
    single = [settings[name] for name in ("tracesToLogsV2", "tracesToMetrics", "serviceMap") if name in settings]
    for link in [*(each for several in lists for each in several), *single]:
        if link.get("datasourceUid") not in provisioned:
            yield f"links to the data source {link.get('datasourceUid')}, which is not provisioned"
    for query in settings.get("tracesToMetrics", {}).get("queries", []):
        yield from _promql(query["query"], "")


def _log_queries(source: Mapping[str, Any]) -> Iterator[str]:
    """The LogQL behind a link from a trace, with an id in the place of Grafana's variable."""
    query = source.get("jsonData", {}).get("tracesToLogsV2", {}).get("query")
    if query:
        yield query.replace("$${__trace.traceId}", "0af7651916cd43dd8448eb211c80319c")
