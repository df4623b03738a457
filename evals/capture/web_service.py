"""A small web service on uvicorn: a bug, a missing setting, a dependency that is late or gone, odd searches."""

import sys

from evals.capture.http_traffic import send, wait_until_ready
from evals.capture.loopback_server import Page, serving
from evals.capture.process import Server
from evals.capture.program import PythonProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

UVICORN = PythonProgram("uvicorn", module="uvicorn", distribution="uvicorn")

POD = Labels(namespace="shop", pod="order-api-58c9d7f6b4-h7q2m", container="order-api", node="node-2", app="order-api")

SOURCE = """
import asyncio, json, logging, os, sys, urllib.parse, urllib.request

logging.basicConfig(level="INFO", stream=sys.stdout, format="%(asctime)s %(levelname)s %(name)s %(message)s")
log = logging.getLogger("order_api")
ORDERS = {1: {"total": 40, "coupon": {"percent": 10}}, 2: {"total": 12, "coupon": None}, 3: {"total": 7, "coupon": None}}


def discount(order):
    return order["total"] * order["coupon"]["percent"] / 100


def price(order_id):
    order = ORDERS[order_id]
    return order["total"] - discount(order)


def answer(path, query):
    if path == "/healthz":
        return 200, "ok"
    if path == "/search":
        log.info("search for %r found %d products", urllib.parse.parse_qs(query.decode()).get("q", [""])[0], 3)
        return 200, "[]"
    if path.startswith("/orders/"):
        try:
            return 200, json.dumps({"price": price(int(path.rsplit("/", 1)[1]))})
        except Exception:
            log.exception("request failed: GET %s", path)
            return 500, "internal error"
    return 404, "not found"


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    status, text = answer(scope["path"], scope["query_string"])
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text.encode()})


def wait_for_catalog(url, attempts):
    for attempt in range(1, attempts + 1):
        try:
            urllib.request.urlopen(url, timeout=2).read()
        except OSError as error:
            log.warning("catalog at %s not reachable (attempt %d of %d): %s", url, attempt, attempts, error)
            if attempt == attempts:
                log.critical("giving up: catalog is required")
                raise SystemExit(1)
            import time
            time.sleep(0.6)
        else:
            log.info("connected to catalog at %s", url)
            return


if __name__ == "__main__":
    import uvicorn
    currency = os.environ["SHOP_CURRENCY"]
    log.info("prices are in %s", currency)
    if "CATALOG_URL" in os.environ:
        wait_for_catalog(os.environ["CATALOG_URL"], int(os.environ.get("CATALOG_ATTEMPTS", "5")))
    uvicorn.run(app, host=sys.argv[1], port=int(sys.argv[2]), lifespan="off")
"""  # noqa: E501


def words(stage: Stage, at: Address, **settings: str) -> list[str]:
    """The command of the service with its settings as variables."""
    program = stage.file("order_api.py", SOURCE)
    variables = [f"{name}={value}" for name, value in settings.items()]
    return ["/usr/bin/env", "PYTHONUNBUFFERED=1", *variables, sys.executable, str(program), at.host, str(at.port)]


def start(stage: Stage, at: Address, **settings: str) -> Server:
    """Starts the service and waits until it answers."""
    server = stage.start(words(stage, at, SHOP_CURRENCY="EUR", **settings), POD)
    wait_until_ready(f"{at.url}/healthz")
    return server


def orders_without_coupon(stage: Stage) -> None:
    """An order without a coupon meets code that takes one for granted."""
    at = free_address(8000)
    start(stage, at)
    for order in (1, 1, 2, 1, 3, 1, 2):
        send("GET", f"{at.url}/orders/{order}")


def setting_missing(stage: Stage) -> None:
    """A variable that the new version needs is not in the deployment."""
    at = free_address(8000)
    start(stage, at).stop()
    stage.crash(words(stage, at), POD)


def catalog_gone(stage: Stage) -> None:
    """The service that this one needs at its start does not listen."""
    at, catalog = free_address(8000), free_address(8001)
    stage.crash(words(stage, at, SHOP_CURRENCY="EUR", CATALOG_URL=f"{catalog.url}/v1", CATALOG_ATTEMPTS="3"), POD)


def catalog_late(stage: Stage) -> None:
    """The service that this one needs comes up a little later."""
    at, catalog = free_address(8000), free_address(8001)
    settings = {"SHOP_CURRENCY": "EUR", "CATALOG_URL": f"{catalog.url}/v1", "CATALOG_ATTEMPTS": "10"}
    stage.start(words(stage, at, **settings), POD)
    stage.wait_for(r"not reachable", times=2)
    with serving(Page("[]"), catalog):
        wait_until_ready(f"{at.url}/healthz")
        for order in (1, 1, 1):
            send("GET", f"{at.url}/orders/{order}")


def odd_searches(stage: Stage) -> None:
    """People search for words that look like trouble, and robots for pages that are not there."""
    at = free_address(8000)
    start(stage, at)
    for words_ in ("fatal+error+handling", "out+of+memory+book", "panic+attack", "kettle", "connection+refused+mug"):
        send("GET", f"{at.url}/search?q={words_}")
        send("GET", f"{at.url}/orders/1")
    for path in ("/wp-login.php", "/.env", "/admin/error.log"):
        send("GET", f"{at.url}{path}")


SCENARIOS = (
    Scenario(
        id="uvicorn-orders-without-coupon",
        program=UVICORN,
        question="Some customers cannot see their order, others can. What is different?",
        fault="code takes for granted what may be missing",
        severity=Severity.ERROR,
        category=Category.APPLICATION_BUG,
        component="order-api",
        root_cause="discount() subscripts the coupon of an order that has none (TypeError: 'NoneType' object is not "
        "subscriptable).",
        summary="Orders without a coupon end in HTTP 500 because the code computes a discount for each; orders with "
        "one work.",
        key_lines=(r"TypeError: 'NoneType' object is not subscriptable",),
        act=orders_without_coupon,
        tags=("exception",),
    ),
    Scenario(
        id="uvicorn-setting-missing",
        program=UVICORN,
        question="The new version of order-api does not start. What does it want?",
        fault="an environment variable is not set",
        severity=Severity.ERROR,
        category=Category.CONFIG_ERROR,
        component="order-api",
        root_cause="The environment variable SHOP_CURRENCY is not set, and the service needs it at its start.",
        summary="order-api ends at once with KeyError: 'SHOP_CURRENCY'.",
        key_lines=(r"KeyError: 'SHOP_CURRENCY'",),
        act=setting_missing,
        tags=("configuration", "crash"),
    ),
    Scenario(
        id="uvicorn-catalog-gone",
        program=UVICORN,
        question="Why does order-api restart over and over?",
        fault="a service that is needed at start does not listen",
        severity=Severity.ERROR,
        category=Category.MISSING_DEPENDENCY,
        component="order-api",
        root_cause="The catalog service refuses connections, and order-api gives up at its start without it.",
        summary="order-api tries to reach the catalog, is refused, and ends; it is restarted with the same result.",
        key_lines=(r"not reachable", r"giving up: catalog is required"),
        act=catalog_gone,
        tags=("peer-gone", "crash"),
    ),
    Scenario(
        id="uvicorn-catalog-late",
        program=UVICORN,
        question="order-api had trouble at its start. Is it all right now?",
        fault="a service that is needed at start comes a little later",
        severity=Severity.WARN,
        category=Category.MISSING_DEPENDENCY,
        component="order-api",
        root_cause="The catalog was not reachable for a moment at the start and then was; the service runs.",
        summary="A few attempts were refused before the catalog was up; order-api connected and serves.",
        key_lines=(r"not reachable", r"connected to catalog"),
        act=catalog_late,
        tags=("recovered",),
    ),
    Scenario(
        id="uvicorn-odd-searches",
        program=UVICORN,
        question="The log of order-api is full of fatal error and out of memory. Is it dying?",
        fault="none: people search for words that look like trouble",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="order-api",
        root_cause="The words are what people searched for; every search and order was answered with 200.",
        summary="Alarming words stand in search terms only; robots got 404 for pages that do not exist.",
        key_lines=(r"search for '(fatal|out of|panic|connection)",),
        act=odd_searches,
        tags=("healthy", "red-herring"),
    ),
)
