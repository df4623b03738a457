"""A container registry of one's own: images that are not there, a pull-through cache without its origin, no disk."""

from evals.capture.http_traffic import send, wait_until_ready
from evals.capture.program import SystemProgram
from evals.capture.scenario import Scenario
from evals.capture.stage import Address, Stage, free_address
from evals.dataset.cases import Labels
from retrieval.taxonomy import Category, Severity, Status

REGISTRY = SystemProgram("Distribution registry", ("docker-registry",), "docker-registry")

POD = Labels(namespace="registry", pod="registry-7c5b9d8f64-p2wvx", container="registry", node="node-1", app="registry")

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def words(stage: Stage, at: Address, folder: str, extra: str = "") -> list[str]:
    """The command of a registry with its images in a folder."""
    text = (
        f"version: 0.1\nlog:\n  level: info\n  formatter: text\n  accesslog:\n    disabled: false\nstorage:\n"
        f"  filesystem:\n    rootdirectory: {folder}\nhttp:\n  addr: {at}\n{extra}"
    )
    return [REGISTRY.path(), "serve", str(stage.file("config.yml", text))]


def start(stage: Stage, at: Address, folder: str) -> None:
    """Starts the registry and waits until it answers."""
    stage.start(words(stage, at, folder), POD)
    wait_until_ready(f"{at.url}/v2/")


def pull(at: Address, name: str, tag: str) -> int:
    """Asks for a manifest as containerd does."""
    return send("GET", f"{at.url}/v2/{name}/manifests/{tag}", headers={"Accept": _MANIFEST}, timeout=8.0)


def push(at: Address, name: str) -> int:
    """Starts to upload a layer."""
    return send("POST", f"{at.url}/v2/{name}/blobs/uploads/", timeout=5.0)


def tag_missing(stage: Stage) -> None:
    """A deployment names a tag that was never pushed."""
    at = free_address(5000)
    start(stage, at, str(stage.subfolder("images")))
    push(at, "shop/order-api")
    for _ in range(4):
        pull(at, "shop/order-api", "v1.8.3")
        stage.pause(0.3)


def origin_gone(stage: Stage) -> None:
    """The pull-through cache cannot reach the registry that it is a cache of, and will not start without it."""
    at, origin = free_address(5000), free_address(5001)
    proxy = f"proxy:\n  remoteurl: {origin.url}\n"
    stage.crash(words(stage, at, str(stage.subfolder("images")), proxy), POD)


def volume_not_writable(stage: Stage) -> None:
    """The volume of the images is mounted read-only."""
    at = free_address(5000)
    start(stage, at, str(stage.forbidden_folder("images")))
    for _ in range(3):
        push(at, "shop/order-api")


def ordinary(stage: Stage) -> None:
    """Clients look whether layers are there before they push them."""
    at = free_address(5000)
    start(stage, at, str(stage.subfolder("images")))
    for nth in range(4):
        send("HEAD", f"{at.url}/v2/shop/order-api/blobs/sha256:{nth:064d}")
        push(at, "shop/order-api")


SCENARIOS = (
    Scenario(
        id="registry-tag-missing",
        program=REGISTRY,
        question="The pods of order-api are in ImagePullBackOff. Is it the registry?",
        fault="a tag is pulled that was never pushed",
        severity=Severity.ERROR,
        category=Category.IMAGE_PULL,
        component="registry",
        root_cause="The tag v1.8.3 of shop/order-api does not exist in the registry.",
        summary="Each pull of shop/order-api:v1.8.3 ends in manifest unknown (404); the registry itself works.",
        key_lines=(r"manifest unknown",),
        act=tag_missing,
        tags=("missing",),
    ),
    Scenario(
        id="registry-origin-gone",
        program=REGISTRY,
        question="Nodes cannot pull nginx through our cache. What is wrong?",
        fault="the registry behind a pull-through cache does not listen",
        severity=Severity.ERROR,
        category=Category.IMAGE_PULL,
        component="registry",
        root_cause="The pull-through cache cannot reach the registry it is a cache of (connection refused) and panics.",
        summary="The cache asks its origin at start, is refused, and ends in a panic; nodes have nowhere to pull from.",
        key_lines=(r"connection refused",),
        act=origin_gone,
        tags=("peer-gone", "crash"),
    ),
    Scenario(
        id="registry-volume-not-writable",
        program=REGISTRY,
        question="CI can no longer push images. What changed?",
        fault="the volume of the images is read-only",
        severity=Severity.ERROR,
        category=Category.STORAGE_VOLUME,
        component="registry",
        root_cause="The registry's volume cannot be written to, so uploads end in HTTP 500.",
        summary="Every upload fails because the file system under the registry is not writable.",
        key_lines=(r"read-only file system|permission denied",),
        act=volume_not_writable,
        tags=("volume",),
    ),
    Scenario(
        id="registry-ordinary-pushes",
        program=REGISTRY,
        question="The registry logs blob unknown at level error during each build. Is it losing images?",
        fault="none: clients look before they push",
        status=Status.HEALTHY,
        severity=Severity.INFO,
        category=Category.BENIGN_NOISE,
        component="registry",
        root_cause="Clients ask whether a layer is there before they push it; the answer 404 is logged as an error.",
        summary="Each blob unknown is followed by an accepted upload; nothing is lost.",
        key_lines=(r"blob unknown",),
        act=ordinary,
        tags=("healthy", "red-herring"),
    ),
)
