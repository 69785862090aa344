"""Open a page in real Chromium and measure how soon it answers and how long it blocks."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chargeplan.publish.report.pdf import find_chromium

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
Screen = tuple[str, dict[str, Any], int]  # name, options of the context, how many times slower
SCREENS: tuple[Screen, ...] = (
    ("desktop", DESKTOP, 1),
    ("phone", PHONE, 1),
    ("desktop, processor slowed 4 times", DESKTOP, 4),
    ("phone, processor slowed 4 times", PHONE, 4),
)
LONGEST_WAIT_MS = 90_000
REST_MS = 350  # between two movements, as a hand rests; late drawing belongs to the movement before it
# Sets window.readyMs at the first frame after the page has drawn all it shows; clicks a station as soon as its
# mark is drawn, and sets window.answeredMs at the first frame that shows its card.
NOTE_ANSWER = """
(() => {
  const afterFrame = act => requestAnimationFrame(() => setTimeout(act));
  window.longTasks = [];
  new PerformanceObserver(list => {
    list.getEntries().forEach(one => window.longTasks.push([one.startTime, one.duration]));
  }).observe({ type: "longtask", buffered: true });
  const clear = one => {
    const box = one.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    const top = document.elementFromPoint(x, y);
    return top && one.contains(top);
  };
  // Of too many stations for markers the marks themselves are clicked; they tell where they lie on their canvas.
  const findMark = () => {
    const canvas = document.querySelector(".leaflet-marks-pane canvas").getBoundingClientRect();
    return chargeplan.state.placedMarks.map(mark => ({
      contains: top => top.closest(".leaflet-container") && !top.closest("#panel, .leaflet-control"),
      getBoundingClientRect: () => ({ x: canvas.x + mark.x, y: canvas.y + mark.y, width: 0, height: 0 }),
    })).find(clear);
  };
  const clickStation = () => {
    const marks = document.querySelector(".leaflet-marks-pane canvas"), isDrawn = marks && marks.width > 1;
    const station = isDrawn && ([...document.querySelectorAll("[data-site]")].find(clear) || findMark());
    if (station) {
      const box = station.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
      document.elementFromPoint(x, y).dispatchEvent(new MouseEvent("click", { bubbles: true, clientX: x, clientY: y }));
      look();
    } else if (window.readyMs) window.answeredMs = -1;
    else setTimeout(clickStation, 4);
  };
  const look = () => document.querySelector(".popup-card") ? afterFrame(() => {
    window.answeredMs = performance.now();
  }) : setTimeout(look, 4);
  new MutationObserver((_, observer) => {
    if (document.documentElement.getAttribute("data-map") !== "ready") return;
    observer.disconnect();
    afterFrame(() => { window.readyMs = performance.now(); });
  }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-map"] });
  document.addEventListener("DOMContentLoaded", clickStation);
})();
"""


def launch(driver: Any) -> Any:
    """Start Chromium without a window."""
    return driver.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))


def wait_for(page: Any, expression: str, faults: list[str]) -> Any:
    """Wait until an expression is neither null nor undefined; return it."""
    waited_ms = 0
    while (found := page.evaluate(f"({expression}) ?? null")) is None:
        if waited_ms > LONGEST_WAIT_MS:
            raise TimeoutError(f"{expression} is still null after {LONGEST_WAIT_MS} ms; {faults}")
        page.wait_for_timeout(50)
        waited_ms += 50
    return found


def move_about(page: Any) -> None:
    """Pan and zoom as a hand does: drags, wheel inwards, drags, wheel outwards."""
    size = page.viewport_size
    x, y = size["width"] * 0.66, size["height"] * 0.62

    def drag(dx: float, dy: float) -> None:
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 13):
            page.mouse.move(x + dx * step / 12, y + dy * step / 12)
            page.wait_for_timeout(12)
        page.mouse.up()
        page.wait_for_timeout(REST_MS)

    def wheel(amount: int) -> None:
        page.mouse.move(x, y)
        page.mouse.wheel(0, amount)
        page.wait_for_timeout(REST_MS + 250)  # the zoom's animation

    page.keyboard.press("Escape")
    for dx, dy in ((-180, -90), (150, 120)):
        drag(dx, dy)
    for _ in range(4):
        wheel(-240)
        drag(-140, 60)
    for _ in range(5):
        wheel(240)
    drag(120, -80)


def find_longest_task(trace: bytes) -> dict[str, float]:
    """Find the longest task of the page's main thread in a trace, and the most processor time of one."""
    events = json.loads(trace)["traceEvents"]
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"].get("name") == "CrRendererMain"
    }
    tasks = [
        event
        for event in events
        if event.get("name") == "RunTask" and event.get("ph") == "X" and (event["pid"], event["tid"]) in main
    ]
    return {
        "longest_task_ms": max((event["dur"] for event in tasks), default=0) / 1000,
        "most_processor_ms": max((event.get("tdur", 0) for event in tasks), default=0) / 1000,
        "tasks_above_50_ms": sum(event["dur"] > 50_000 for event in tasks),
    }


def open_once(
    browser: Any, page_path: Path, options: dict[str, Any], slower: int, *, trace: bool
) -> dict[str, Any]:
    """Open a map in a fresh context, click a station, move about; return what was measured.

    With `trace` the movement is traced, which costs time of its own; opening never is.
    """
    url = page_path.resolve().as_uri()
    requests: list[str] = []
    faults: list[str] = []
    context = browser.new_context(**options)
    page = context.new_page()
    page.add_init_script(NOTE_ANSWER)
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    if slower > 1:
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(url)
    measured = {
        "ready_ms": wait_for(page, "window.readyMs", faults),
        "answered_ms": wait_for(page, "window.answeredMs", faults),
    }
    if measured["answered_ms"] < 0:
        raise ValueError(f"{page_path}: no station of the first view can be clicked")
    page.wait_for_timeout(REST_MS)
    measured["longest_task_opening_ms"] = max((one[1] for one in page.evaluate("longTasks")), default=0)
    page.evaluate("longTasks.length = 0")
    if trace:
        browser.start_tracing(page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"])
    move_about(page)
    if trace:
        measured |= find_longest_task(browser.stop_tracing())
    page.wait_for_timeout(REST_MS)
    measured["long_tasks_moving_ms"] = sorted(
        (round(one[1]) for one in page.evaluate("longTasks")), reverse=True
    )
    context.close()
    measured["leaving"] = [one for one in requests if one != url and not one.startswith(("data:", "blob:"))]
    return measured | {"faults": faults}


def measure_page(
    browser: Any, page_path: Path, *, runs: int, screens: Sequence[Screen] = SCREENS
) -> dict[str, Any]:
    """Measure a map on each screen; medians over the runs, movements traced in each."""
    found: dict[str, Any] = {}
    for name, options, slower in screens:
        opened = [open_once(browser, page_path, options, slower, trace=True) for _ in range(runs)]

        def find_median(key: str, ones: list[dict[str, Any]] = opened) -> float:
            return float(statistics.median(one[key] for one in ones))

        found[name] = {
            "ready_median_s": find_median("ready_ms") / 1000,
            "interactive_median_s": find_median("answered_ms") / 1000,
            "interactive_slowest_s": max(one["answered_ms"] for one in opened) / 1000,
            "longest_task_opening_ms": find_median("longest_task_opening_ms"),
            "longest_task_moving_ms": find_median("longest_task_ms"),
            "most_processor_of_a_task_moving_ms": find_median("most_processor_ms"),
            "tasks_above_50_ms": find_median("tasks_above_50_ms"),
            "requests_leaving": sorted({url for one in opened for url in one["leaving"]}),
            "faults": sorted({text for one in opened for text in one["faults"]}),
        }
    return {"bytes": page_path.stat().st_size, "screens": found}
