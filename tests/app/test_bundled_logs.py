"""The recorded logs that the demo answers from."""

import py_compile

from app.bootstrap import bundled_logs, log_source
from app.settings import Settings
from evals.captures import folder
from retrieval.logs.source import LogQuery


async def test_only_captures_are_logs(tmp_path, monkeypatch):
    """The folder of captures is a Python package: its module and its cache are neither read as logs nor warned of."""
    monkeypatch.setenv("LOGAGENT_HOME", str(tmp_path))
    py_compile.compile(str(folder() / "__init__.py"))
    source = log_source(Settings.read(), None, demo=True)
    window = await source.extent()
    answer = await source.read(LogQuery(window))
    await source.aclose()
    assert {path.suffix for path in bundled_logs()} == {".jsonl"}
    assert len(answer.warnings) == 1
    assert answer.warnings[0].startswith("recorded logs, shifted in time")
