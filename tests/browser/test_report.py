"""The HTML report of a run in a real Chromium: it asks nothing of anybody, and fits a narrow screen."""

import pytest

from evals.triage.baselines import first_error
from evals.triage.prediction import Record, Scored
from evals.triage.run_folder import RunFolder
from evals.triage.scoring import score
from tests.evals.triage.test_experiment import CASES, CONFIG

pytestmark = [pytest.mark.browser, pytest.mark.timeout(100)]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    run = RunFolder(tmp_path_factory.mktemp("report") / "run", CONFIG)
    run.start(None)
    scored = [
        Scored(case, Record(id=case.id, prediction=first_error(case), latency_ms=5, usage=None, error=None))
        for case in CASES
    ]
    run.finish(scored, score(scored))
    return (run.out / "report.html").as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_report_opens_offline_and_fits(browser, report, results, width, scheme):
    """Nothing but the file itself is asked for, nothing is cut off, and a case unfolds to its lines."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report)
    case = page.locator("details:not([open])", has=page.locator("ol.lines code")).first
    name = case.locator("summary code").inner_text()
    case.locator("summary").click()
    assert page.locator("details[open]", has_text=name).locator("ol.lines code").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg").count() == 3
    page.screenshot(path=results / f"report-{width}-{scheme}.png", full_page=True)
    assert asked == [report]
    page.close()
