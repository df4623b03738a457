"""The link that opens a trace in Grafana Explore (Grafana 10 and later: `panes`, schema version 1)."""

import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
class TraceExplore:
    """Where Grafana is, and the uid of its Tempo data source."""

    grafana_url: str
    datasource: str = "tempo"

    def link(self, trace_id: str) -> str:
        """The address that opens this trace; its id is looked up whatever the range says."""
        source = {"type": "tempo", "uid": self.datasource}
        pane = {
            "datasource": self.datasource,
            "queries": [{"refId": "A", "query": trace_id, "queryType": "traceql", "datasource": source}],
            "range": {"from": "now-1h", "to": "now"},
        }
        parameters = {"schemaVersion": "1", "panes": json.dumps({"trace": pane}, separators=(",", ":"))}
        return f"{self.grafana_url.rstrip('/')}/explore?{urlencode(parameters, quote_via=quote, safe='')}"
