"""The label map: names as Promtail, Alloy and OTLP ship them become ours, and ours theirs."""

from collections.abc import Callable

import pytest

from retrieval.errors import BadInput
from retrieval.logs.loki import LabelMap, LokiSource
from retrieval.logs.source import LogQuery
from retrieval.time_window import TimeWindow
from retrieval.timestamps import to_datetime
from tests.loki_double import LokiDouble
from tests.retrieval.loki.pushing import Line, push

START = 1_795_200_000 * 10**9
WINDOW = TimeWindow(START, START + 60 * 10**9)
WINDOW_END = to_datetime(WINDOW.end)
Make = Callable[..., LokiSource]


async def test_otlp_names_are_discovered(double: LokiDouble, source_of: Make) -> None:
    """Where the namespace is `k8s_namespace_name`, the selector says so and the lines carry our names."""
    labels = {"k8s_namespace_name": "llm", "k8s_pod_name": "a-1", "k8s_container_name": "c", "service_name": "api"}
    push(double.url, [Line(START, "line", labels)])
    read = await source_of(double.url).read(LogQuery(WINDOW, {"namespace": "llm", "pod": "a-1"}))
    assert read.query == '{k8s_namespace_name="llm", k8s_pod_name="a-1"}'
    line = next(iter(read.table))
    assert line.labels == {"namespace": "llm", "pod": "a-1", "container": "c", "app": "api"}


async def test_a_pod_in_structured_metadata_is_filtered_for(double: LokiDouble, source_of: Make) -> None:
    """Where no pod label is indexed, as in Alloy's chart, the pod is filtered for after the selector."""
    labels = {"namespace": "llm", "container": "c"}
    push(double.url, [Line(START + nth, f"line {nth}", labels, {"pod": f"web-{nth % 2}"}) for nth in range(6)])
    read = await source_of(double.url).read(LogQuery(WINDOW, {"namespace": "llm", "pod": "web-1"}))
    assert [(line.text, line.labels["pod"]) for line in read.table] == [(f"line {n}", "web-1") for n in (1, 3, 5)]
    assert read.query is not None
    assert read.query.startswith('{namespace="llm"} | pod="web-1" or k8s_pod_name="web-1"')


async def test_a_pod_alone_in_structured_metadata_has_a_selector(double: LokiDouble, source_of: Make) -> None:
    """A query that only filters still has a matcher that Loki accepts."""
    push(double.url, [Line(START, "line", {"namespace": "llm"}, {"k8s_pod_name": "a"})])
    read = await source_of(double.url).read(LogQuery(WINDOW, {"pod": "a"}))
    assert read.coverage.lines_read == 1
    assert (read.query or "").startswith('{service_name=~".+"} | pod="a" or ')


async def test_two_collectors_side_by_side_are_both_read(double: LokiDouble, source_of: Make) -> None:
    """A namespace that goes by two label names in one window is read under both."""
    push(double.url, [Line(START, "old", {"namespace": "llm"}), Line(START + 1, "new", {"k8s_namespace_name": "llm"})])
    read = await source_of(double.url).read(LogQuery(WINDOW, {"namespace": "llm"}))
    assert [line.text for line in read.table] == ["old", "new"]
    assert {line.labels["namespace"] for line in read.table} == {"llm"}


async def test_an_app_is_found_under_the_name_that_has_it(double: LokiDouble, source_of: Make) -> None:
    """Of several label names that are indexed, the one that has the value is selected by."""
    push(double.url, [Line(START, "one", {"app": "web"}), Line(START, "two", {"app_kubernetes_io_name": "api"})])
    source = source_of(double.url)
    assert (await source.read(LogQuery(WINDOW, {"app": "api"}))).query == '{app_kubernetes_io_name="api"}'
    assert (await source.read(LogQuery(WINDOW, {"app": "web"}))).query == '{app="web"}'


async def test_several_values_select_lines_of_each(double: LokiDouble, source_of: Make) -> None:
    """Also where a label goes by two names, or is structured metadata; a value that is not there is named."""
    push(
        double.url,
        [
            Line(START, "one", {"namespace": "llm"}, {"pod": "a"}),
            Line(START + 1, "two", {"namespace": "shop"}, {"pod": "b"}),
            Line(START + 2, "three", {"namespace": "web"}, {"pod": "c"}),
        ],
    )
    source = source_of(double.url)
    read = await source.read(LogQuery(WINDOW, {"namespace": ("llm", "shop", "n.o")}))
    assert [line.text for line in read.table] == ["one", "two"]
    assert read.query == '{namespace=~"llm|shop|n\\\\.o"}'
    assert read.warnings == ("Loki has no lines of namespace “n.o” in this window; it has llm, shop, web.",)
    pods = await source.read(LogQuery(WINDOW, {"pod": ("a", "c")}))
    assert [line.text for line in pods.table] == ["one", "three"]
    push(double.url, [Line(START + 3, "four", {"k8s_namespace_name": "shop"})])
    both = await source_of(double.url).read(LogQuery(WINDOW, {"namespace": ("llm", "shop")}))
    assert [line.text for line in both.table] == ["one", "two", "four"]


async def test_own_label_names_come_from_the_label_map(double: LokiDouble, source_of: Make) -> None:
    """A cluster with names of its own gives them as an argument."""
    push(double.url, [Line(START, "line", {"kube_ns": "llm", "job": "events"})])
    labels = LabelMap({"namespace": ("kube_ns",)})
    read = await source_of(double.url, labels=labels).read(LogQuery(WINDOW, {"namespace": "llm"}))
    assert read.query == '{kube_ns="llm"}'
    assert next(iter(read.table)).labels == {"namespace": "llm", "job": "events"}


async def test_pods_of_one_stream_are_told_apart(double: LokiDouble, source_of: Make) -> None:
    """Where the pod is structured metadata, lines of one Loki stream belong to the pod that wrote them."""
    pods = [None, "a", "b", "a", None]
    lines = [Line(START + n, f"{n}", {"namespace": "llm"}, {"pod": pod} if pod else {}) for n, pod in enumerate(pods)]
    push(double.url, lines)
    read = await source_of(double.url).read(LogQuery(WINDOW))
    assert [line.labels.get("pod") for line in read.table] == pods


async def test_trace_ids_do_not_split_streams(double: LokiDouble, source_of: Make) -> None:
    """Structured metadata that names no place is left out of the labels, so a pod stays one stream."""
    labels = {"namespace": "llm", "pod": "a"}
    push(double.url, [Line(START + nth, f"line {nth}", labels, {"trace_id": str(nth)}) for nth in range(20)])
    read = await source_of(double.url).read(LogQuery(WINDOW))
    assert list(read.table.streams) == [labels | {"app": "unknown_service"}]


async def test_label_values_are_those_of_the_index(double: LokiDouble, source_of: Make) -> None:
    """Known values are given by our names; a label that is not indexed is left out."""
    push(double.url, [Line(START, "x", {"namespace": "llm", "app": "a"}, {"pod": "p"})])
    source = source_of(double.url, clock=lambda: WINDOW_END)
    assert await source.label_values() == {"namespace": ["llm"], "app": ["a"]}
    assert await source.discover() == {"namespace", "app", "service_name"}
    assert await source.extent() is None


def test_a_label_map_takes_label_names_only() -> None:
    """A name that could leave the selector is refused in the settings already."""
    with pytest.raises(BadInput, match="not a label name"):
        LabelMap({"pod": ('pod="} or {a',)})
    with pytest.raises(BadInput, match="it maps namespace, pod"):
        LabelMap({"cluster": ("cluster",)})
