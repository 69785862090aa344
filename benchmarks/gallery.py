"""The pictures of docs/gallery.md: maps, a station, the report and comparisons, as a browser shows them.

    python -m benchmarks.gallery --runs FOLDER        # all pictures
    python -m benchmarks.gallery --only demo          # those of the embedded city alone
    python -m benchmarks.gallery --only demo-report   # one of them

Runs of the embedded city are made here. Those of real cities come from FOLDER (or the folder that
CHARGEPLAN_GALLERY_RUNS names), for their data are not ours to carry: finished runs of the names in `REAL_RUNS`.
Whatever is missing is named with the command that makes it, before the first picture is taken.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.publish.page_speed import launch
from chargeplan.errors import ChargeplanError
from chargeplan.publish.report.pdf import find_chromium

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
LARGEST_BYTES = 300_000
READY = "html[data-map=ready]"
DESKTOP, PHONE = (1280, 800), (390, 844)
# Printed pages lie side by side on grey, each with a thin border.
SHEETS_WIDTH, SHEETS_GAP = 1280, 24
SHEETS_GROUND, SHEETS_BORDER = "#d9dadb", "#a9abad"

# Runs of the embedded city: folder below the temporary one, and what is asked for.
DEMO_RUNS = {
    "demo": (),
    "demo-small": ("--set", "model.budget_pkr=80M"),
}
REAL_RUNS = {
    "islamabad": "chargeplan run configs/islamabad.yaml --set publish.folder=FOLDER/islamabad",
    "islamabad-small": "chargeplan run configs/islamabad.yaml --set publish.folder=FOLDER/islamabad-small "
    "--set model.budget_pkr=LESS",
    "karachi": "chargeplan run configs/karachi.yaml --set publish.folder=FOLDER/karachi",
}


def show_station(page: Any) -> None:
    """Open the card of the second station."""
    page.locator("#tab-stations").click()
    page.locator("#station-table tbody button").nth(1).click()


def show_summary(page: Any) -> None:
    """Open the summary of a phone."""
    page.locator("#tab-summary").click()


def speak_urdu(page: Any) -> None:
    """Show the page in Urdu, with its stations."""
    page.locator("#language").click()
    page.locator("#tab-stations").click()


def move_divider(page: Any) -> None:
    """Bring the maps of a comparison into view, the divider a little to the left."""
    page.locator("#map-frame").scroll_into_view_if_needed()
    page.evaluate("compare.setShare(0.45)")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a page.

    Parameters
    ----------
    name : str
        File below docs/images, without its ending.
    runs : tuple of str
        One run for its own pages, two for a comparison.
    page : str
        File of the run's folder.
    size : tuple of int
    scheme : str
    sheets : int
        So many printed pages instead of what the screen shows.
    act : callable or None
        What is done on the page first.
    ready : str
        What to wait for.
    """

    name: str
    runs: tuple[str, ...]
    page: str = "index.html"
    size: tuple[int, int] = DESKTOP
    scheme: str = "light"
    sheets: int = 0
    act: Callable[[Any], None] | None = None
    ready: str = READY

    @property
    def is_demo(self) -> bool:
        """Tell whether it needs no run of a real city."""
        return all(run in DEMO_RUNS for run in self.runs)


PICTURES = (
    Picture("demo-map", ("demo",)),
    Picture("demo-station", ("demo",), act=show_station),
    Picture("demo-phone", ("demo",), size=PHONE),
    Picture("demo-dark", ("demo",), scheme="dark"),
    Picture("demo-print", ("demo",), sheets=1),
    Picture("demo-report", ("demo",), page="report.html", sheets=2, ready="main"),
    Picture("demo-compare", ("demo-small", "demo"), size=(1280, 1000), act=move_divider),
    Picture("islamabad-map", ("islamabad",)),
    Picture("islamabad-urdu", ("islamabad",), act=speak_urdu),
    Picture("islamabad-phone", ("islamabad",), size=PHONE, act=show_summary),
    Picture("islamabad-compare", ("islamabad-small", "islamabad"), size=(1280, 1000), act=move_divider),
    Picture("karachi-dark", ("karachi",), scheme="dark"),
)

# Pictures of other programs, which are taken by hand.
BY_HAND = ("qgis-demo",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures; return 2 when something is missing."""
    asked = _parse(arguments)
    pictures = [picture for picture in PICTURES if _is_asked(picture, asked.only)]
    missing = _find_missing(pictures, asked.runs)
    if missing:
        print("\n".join(["no picture was taken:", *missing]), file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        runs = _make_demo_runs(pictures, Path(folder))
        for name in REAL_RUNS:
            if asked.runs is not None:
                runs[name] = find_run(asked.runs, name)
        faults = _take_all(pictures, runs, Path(folder))
    print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
    return 2 if faults else 0


def _is_asked(picture: Picture, only: str | None) -> bool:
    return only in (None, picture.name) or (only == "demo" and picture.is_demo)


def find_run(folder: Path, name: str) -> Path:
    """Find a run by its name: FOLDER/islamabad, or FOLDER/islamabad-small/islamabad as a study writes it."""
    inner = folder / name / name.partition("-")[0]
    return inner if (inner / "run.json").is_file() else folder / name


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    named = os.environ.get("CHARGEPLAN_GALLERY_RUNS")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--runs", type=Path, default=Path(named) if named else None, help="finished runs of real cities"
    )
    parser.add_argument(
        "--only",
        choices=["demo", *(picture.name for picture in PICTURES)],
        metavar="NAME",
        help="one picture, or with 'demo' all but those of real cities; the others stay as they are",
    )
    return parser.parse_args(arguments)


def _find_missing(pictures: Sequence[Picture], folder: Path | None) -> list[str]:
    """Name everything that the pictures need and that is not there."""
    missing = []
    try:
        find_chromium()
    except ChargeplanError as error:
        missing.append(f"  Chromium: {error}")
    if any(picture.sheets for picture in pictures) and shutil.which("pdftoppm") is None:
        missing.append("  pdftoppm: install the package poppler-utils")
    for module, package in (("playwright", "playwright"), ("PIL", "pillow")):
        try:
            __import__(module)
        except ImportError:
            missing.append(f"  {package}: pip install 'chargeplan[browser]'")
    for name in dict.fromkeys(run for picture in pictures for run in picture.runs if run in REAL_RUNS):
        if folder is None or not (find_run(folder, name) / "run.json").is_file():
            where = "FOLDER" if folder is None else str(folder)
            missing.append(f"  the run {where}/{name}: {REAL_RUNS[name]}")
    if folder is None and missing:
        missing.append(
            "  name the folder of the runs by --runs, or take the demo pictures alone by --only demo"
        )
    return missing


def _make_demo_runs(pictures: Sequence[Picture], folder: Path) -> dict[str, Path]:
    wanted = {run for picture in pictures for run in picture.runs}
    runs = {}
    for name, changes in DEMO_RUNS.items():
        if name in wanted:
            print(f"planning {name}")
            _run_chargeplan("demo", "--folder", str(folder / name), *changes)
            runs[name] = folder / name / "demo"
    return runs


def _run_chargeplan(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chargeplan", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"chargeplan {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")


def _take_all(pictures: Sequence[Picture], runs: dict[str, Path], folder: Path) -> list[str]:
    """Take each picture; return what was wrong."""
    from playwright.sync_api import sync_playwright

    faults = []
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        chromium = launch(driver)
        for picture in pictures:
            page_file = _find_page(picture, runs, folder)
            if not page_file.is_file():
                faults.append(f"{picture.name}: {page_file} is missing; run the study again")
                continue
            content = shrink(_take(chromium, picture, page_file))
            if len(content) > LARGEST_BYTES:
                faults.append(f"{picture.name}: {len(content):,} bytes, at most {LARGEST_BYTES:,} are wanted")
            (IMAGES / f"{picture.name}.png").write_bytes(content)
            print(f"{picture.name}.png  {len(content):,} bytes")
        chromium.close()
    return faults


def _find_page(picture: Picture, runs: dict[str, Path], folder: Path) -> Path:
    """Find the page of a picture; a comparison is made for it."""
    if len(picture.runs) == 1:
        return runs[picture.runs[0]] / picture.page
    out = folder / picture.name
    _run_chargeplan("compare", *(str(runs[name]) for name in picture.runs), "--out", str(out))
    return out / picture.page


def _take(chromium: Any, picture: Picture, page_file: Path) -> bytes:
    width, height = picture.size
    context = chromium.new_context(
        offline=True,
        viewport={"width": width, "height": height},
        color_scheme=picture.scheme,
        reduced_motion="reduce",
        device_scale_factor=2 if picture.size == PHONE else 1,
    )
    page = context.new_page()
    page.goto(page_file.resolve().as_uri())
    page.wait_for_selector(picture.ready, state="attached")
    if picture.sheets:
        content = lay_out_sheets(page.pdf(prefer_css_page_size=True, print_background=True), picture.sheets)
        context.close()
        return content
    if picture.act is not None:
        picture.act(page)
    page.wait_for_timeout(1500)  # drawn in slices, by several copies of the map's code
    content = bytes(page.screenshot())
    context.close()
    return content


def lay_out_sheets(pdf: bytes, count: int) -> bytes:
    """Paint the first pages of a PDF side by side, as sheets of paper on a grey ground."""
    from PIL import Image, ImageOps

    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-r", "150", "-png", "-l", str(count), "-", f"{folder}/page"]
        subprocess.run(command, input=pdf, check=True)
        pages = [Image.open(path).convert("RGB") for path in sorted(Path(folder).glob("page*.png"))]
    wide = (SHEETS_WIDTH - SHEETS_GAP * (len(pages) + 1)) // len(pages) - 2
    sheets = [
        ImageOps.expand(ImageOps.contain(page, (wide, 10 * wide), Image.Resampling.LANCZOS), 1, SHEETS_BORDER)
        for page in pages
    ]
    ground = Image.new(
        "RGB", (SHEETS_WIDTH, max(sheet.height for sheet in sheets) + 2 * SHEETS_GAP), SHEETS_GROUND
    )
    for row, sheet in enumerate(sheets):
        ground.paste(sheet, (SHEETS_GAP + row * (wide + 2 + SHEETS_GAP), SHEETS_GAP))
    out = io.BytesIO()
    ground.save(out, "PNG")
    return out.getvalue()


def shrink(content: bytes) -> bytes:
    """Write a picture with 256 colours of its own, which a map of few colours does not miss."""
    from PIL import Image

    image = Image.open(io.BytesIO(content)).convert("RGB")
    out = io.BytesIO()
    reduced = image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    reduced.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
