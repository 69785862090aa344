"""index.html: a folium map that carries everything inside one file."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Figure, MacroElement
from folium.utilities import camelize
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chargeplan.errors import ChargeplanError
from chargeplan.publish.map_cells import build_cell_data
from chargeplan.publish.map_data import build_plan_data
from chargeplan.publish.map_roads import pack_road_names, pack_roads
from chargeplan.publish.map_settlements import list_settlements
from chargeplan.publish.map_words import build_words
from chargeplan.text import clean_text, safe_html, to_script_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.publish.bundle import RunBundle

PlanFile = tuple[str, str]  # name, what it holds

TEMPLATE_FOLDER = Path(__file__).resolve().parent / "templates"
LIBRARY_SCRIPTS = (
    "core.js",
    "view.js",
    "language.js",
    "canvas.js",
    "roads.js",
    "labels.js",
    "places.js",
    "cells.js",
    "demand.js",
    "glyphs.js",
    "marks.js",
    "callouts.js",
    "sites.js",
    "other_sites.js",
    "card.js",
    "grid.js",
    "zones.js",
    "years.js",
    "key.js",
    "legend.js",
    "panel.js",
    "summary.js",
    "tables.js",
    "search.js",
    "permalink.js",
    "print.js",
    "print_sheet.js",
)
STYLE_SHEETS = ("page.css", "controls.css", "legend.css", "print.css")
TILE_URL = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
TILE_ATTRIBUTION = "Background © OpenStreetMap contributors"
_TILE_HOST = "https://tile.openstreetmap.org"
CSP_MARK = "@@SCRIPT_HASHES@@"
_JINJA_OPENER = re.compile(r"\{(?=[{%#])")
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@lru_cache(maxsize=1)
def _get_environment() -> Environment:
    # No automatic escaping: the templates hold our own code; text from data enters through
    # `to_script_json` and `safe_html` only.
    return Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701
    )


class _PlanMap(folium.Map):
    """A folium map with a fixed id, no scripts from elsewhere, and a page that may be zoomed."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  # overrides folium's links to four hosts
    default_css: list[tuple[str, str]] = []  # noqa: RUF012
    _template = _get_environment().get_template("map.jinja")


class _PlanLayer(MacroElement):
    """A layer of the page: its data as a JSON block, and the call that draws it."""

    _template = _get_environment().get_template("layer.jinja")

    def __init__(self, layer_id: str, function: str, data: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "PlanLayer"
        self._id = layer_id
        self.function = function
        self.json = protect_from_jinja(to_script_json(data))


class _PlanFrame(MacroElement):
    """The cards, the key and the tables around the map."""

    _template = _get_environment().get_template("frame.jinja")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "PlanFrame"
        self._id = "page"


def build_map_page(bundle: RunBundle, *, files: Sequence[PlanFile] = ()) -> str:
    """Build the page: folium draws up the map and its layers, the figure holds all code.

    The same bundle gives the same bytes: every id is fixed. A content security policy with
    the hashes of the page's own scripts forbids everything else, all requests included,
    unless online tiles were asked for, which opens the tile server for images.

    Parameters
    ----------
    bundle : RunBundle
    files : sequence of (name, what it holds)
        Files beside the page, which it links to.
    """
    plan = build_plan_data(bundle)
    west, south, east, north = plan["bounds"]
    page_map = _PlanMap(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=11,
        zoom_control=False,
        zoom_snap=0.25,
        attribution_control=False,
    )
    page_map.options |= {"min_zoom": 8, "max_zoom": 18}  # folium keeps its own for tiles
    page_map._id = "plan"
    # Our template writes the options as they are; Leaflet knows them in camel case only.
    page_map.options = {camelize(name): value for name, value in page_map.options.items()}
    layers: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("words-data", "addWords", build_words(bundle)),
        (
            "plan-data",
            "start",
            {**plan, "onlineTiles": _describe_tiles(bundle), "files": [list(file) for file in files]},
        ),
        ("cells-data", "addCells", build_cell_data(bundle)),
        ("roads-data", "addRoads", pack_roads(bundle.network)),
        (
            "names-data",
            "addLabels",
            {**pack_road_names(bundle.network), "places": list_settlements(bundle)},
        ),
        ("sites-data", "addSites", {}),
        ("print-data", "addPrint", {}),
        ("link-data", "addPermalink", {}),
    )
    figure = _build_figure(bundle)
    figure.add_child(page_map)
    _PlanFrame().add_to(page_map)
    for layer_id, function, data in layers:
        _PlanLayer(layer_id, function, data).add_to(page_map)
    return fill_script_hashes(figure.render())


def _build_figure(bundle: RunBundle) -> Any:
    figure: Any = Figure(title=safe_html(bundle.area.title))
    figure._id = "page"
    figure._template = _get_environment().get_template("page.jinja")
    figure.header._children.clear()
    figure.csp = CSP_MARK
    figure.tile_host = _TILE_HOST if bundle.online_tiles else ""
    figure.description = safe_html(f"Charging plan: {clean_text(bundle.area.title)}")
    figure.leaflet_js, figure.leaflet_css = read_leaflet()
    figure.styles = "\n".join(read_template(name) for name in STYLE_SHEETS)
    figure.page_code = "\n".join(read_template(name) for name in LIBRARY_SCRIPTS)
    return figure


def _describe_tiles(bundle: RunBundle) -> dict[str, str] | None:
    return {"url": TILE_URL, "attribution": TILE_ATTRIBUTION} if bundle.online_tiles else None


def protect_from_jinja(json_text: str) -> str:
    r"""Escape what Jinja would run in JSON text: branca renders the output of a macro once more.

    Outside texts JSON never has a brace before a brace, a percent sign or a hash.

    Examples
    --------
    >>> protect_from_jinja('{"name":"{{7*7}}"}')
    '{"name":"\\u007b{7*7}}"}'
    """
    return _JINJA_OPENER.sub(r"\\u007b", json_text)


@lru_cache(maxsize=1)
def read_leaflet() -> tuple[str, str]:
    """Read Leaflet's script and style sheet, without its links to image and source-map files.

    Raises
    ------
    ChargeplanError
        When the package XStatic-Leaflet is damaged.
    """
    from xstatic.pkg import leaflet

    folder = Path(leaflet.BASE_DIR)
    try:
        script = (folder / "leaflet.js").read_text(encoding="utf-8")
        styles = (folder / "leaflet.css").read_text(encoding="utf-8")
    except OSError as error:
        msg = f"the package XStatic-Leaflet is damaged ({error}); install it again"
        raise ChargeplanError(msg) from error
    script = re.sub(r"//# sourceMappingURL=\S+", "", script)
    return script.strip(), re.sub(r"url\([^)]*\)", "none", styles).strip()


def read_template(name: str) -> str:
    """Read a template of the pages by its file name."""
    return (TEMPLATE_FOLDER / name).read_text(encoding="utf-8").strip()


def fill_script_hashes(page: str) -> str:
    """Put the hashes of a page's own scripts where its content security policy has `CSP_MARK`."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _SCRIPT.findall(page)
    )
    return page.replace(CSP_MARK, hashes, 1)
