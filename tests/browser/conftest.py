"""Chromium, without a network; whatever a page asks for, complains about or pops up is a fault."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chargeplan.errors import ChargeplanError
from chargeplan.publish.report.pdf import find_chromium
from chargeplan.publish.run_folder import publish_run

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STEP_TIMEOUT_MS = 10_000
OWN_WARNING = "willReadFrequently"  # about the tests' own reading of pixels


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install 'chargeplan[browser]'"
    )
    try:
        executable = find_chromium()
    except ChargeplanError as error:
        pytest.skip(str(error))
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def wait_until() -> Callable[[Any, str], None]:
    """Wait until an expression is true on a page (Playwright's own way needs what our policy forbids)."""

    def wait(page: Any, expression: str) -> None:
        for _ in range(STEP_TIMEOUT_MS // 25):
            if page.evaluate(expression):
                return
            page.wait_for_timeout(25)
        pytest.fail(f"never true: {expression}")

    return wait


@pytest.fixture(scope="session")
def sample() -> Any:
    """Twelve stations of every status, nine zones; the run below has it published, only to be read."""
    from sample_bundle import build_sample_bundle

    return build_sample_bundle()


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, sample: Any) -> Path:
    return publish_run(tmp_path_factory.mktemp("maps") / "sample", sample)


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with names that attack."""
    from sample_bundle import build_sample_bundle

    return publish_run(tmp_path_factory.mktemp("maps") / "hostile", build_sample_bundle(hostile=True))


@pytest.fixture(scope="session")
def stations(run: Path) -> Any:
    """The features of the run's GeoJSON."""
    return json.loads((run / "sites.geojson").read_text(encoding="utf-8"))["features"]


@pytest.fixture(scope="session")
def give_context(browser: Any) -> Iterator[Callable[..., Any]]:
    """Give the context of a screen: a new one takes Chromium longer than to open the map, so each is kept.

    Tests share nothing by it: our pages store nothing (a test holds them to it), and each test has pages of its own.
    """
    kept: dict[str, Any] = {}

    def give(**options: Any) -> Any:
        key = json.dumps(options, sort_keys=True)
        if key not in kept:
            kept[key] = browser.new_context(offline=True, **options)
            kept[key].set_default_timeout(STEP_TIMEOUT_MS)
        return kept[key]

    yield give
    for context in kept.values():
        context.close()


@pytest.fixture
def open_map(give_context: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Open a page file and wait until its map is ready; at the end no fault may have come up.

    The function takes the path and the options of a Playwright context, such as `viewport`, and what
    to wait for where the page has no map.
    """
    faults: list[str] = []
    contexts: list[Any] = []

    def watch(page: Any, url: str) -> None:
        def check_request(request: Any) -> None:
            if request.url != url and not request.url.startswith("data:"):
                faults.append(f"request: {request.url}")

        def dismiss(dialog: Any) -> None:
            faults.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("request", check_request)
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("dialog", dismiss)
        page.on("popup", lambda other: faults.append(f"window: {other.url}"))
        page.on(
            "console",
            lambda message: (
                faults.append(f"console {message.type}: {message.text}")
                if message.type in {"error", "warning"} and OWN_WARNING not in message.text
                else None
            ),
        )

    def open_page(path: Path, *, ready: str = "html[data-map=ready]", **options: Any) -> Any:
        context = give_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        contexts.append(context)
        page = context.new_page()
        url = path.resolve().as_uri()
        watch(page, url)
        page.goto(url)
        page.wait_for_selector(ready, state="attached")
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            page.wait_for_timeout(50)  # late events
            page.close()
    assert faults == []
