"""The link that opens a trace in Grafana."""

import json
from urllib.parse import parse_qs, urlsplit

from app.telemetry.trace_explore import TraceExplore


def test_the_link_asks_tempo_for_the_trace():
    """By its id, at the data source with this uid, below the path that Grafana has."""
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    link = urlsplit(TraceExplore("https://home.test/grafana/", "traces-here").link(trace_id))
    assert (link.netloc, link.path) == ("home.test", "/grafana/explore")
    ((pane,),) = (json.loads(text).values() for text in parse_qs(link.query)["panes"])
    (query,) = pane["queries"]
    assert query["query"] == trace_id
    assert (
        query["datasource"]
        == {"type": "tempo", "uid": "traces-here"}
        == {**query["datasource"], "uid": pane["datasource"]}
    )
