"""Drawing in SVG: paths of whole numbers, patterns that read in grey print, titles for screen readers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely
from markupsafe import Markup

from chargeplan.text import safe_html

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints

# Drawn once on the page, used by every picture: hatching tells what grey alone cannot.
PATTERNS = Markup(
    '<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>'
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="pattern-ground" width="6" height="6"/><rect class="pattern-line" width="2" height="6"/></pattern>'
    '<pattern id="cross" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect class="pattern-ground" width="7" height="7"/><path class="pattern-thin" d="M0 0L7 7M7 0L0 7"/></pattern>'
    '<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect class="pattern-ground" width="6" height="6"/><circle class="pattern-dot" cx="3" cy="3" r="1.1"/></pattern>'
    "</defs></svg>"
)


def wrap_picture(
    parts: list[str], *, name: str, width: float, height: float, title: str, description: str = ""
) -> Markup:
    """Wrap the parts of a picture with a title and a description for screen readers.

    Parameters
    ----------
    parts : list of str
        SVG elements.
    name : str
        Id of the picture on the page; a word of our own.
    width, height : float
    title, description : str
    """
    told = f'<desc id="{name}-d">{safe_html(description)}</desc>' if description else ""
    labels = f"{name}-t {name}-d" if description else f"{name}-t"
    return Markup(  # noqa: S704  # texts in it were escaped where they were written
        f'<svg class="picture" id="{name}" viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{labels}">'
        f'<title id="{name}-t">{safe_html(title)}</title>{told}{"".join(parts)}</svg>'
    )


def write_text(x: float, y: float, text: str, anchor: str = "start", name: str = "") -> str:
    """Write a text; it is escaped here."""
    kind = f' class="{name}"' if name else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{safe_html(text)}</text>'


def draw_box(name: str, x: float, y: float, width: float, height: float) -> str:
    """Draw a rectangle of a class."""
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


# Corners by status, as the map has them (describeMark): new stations are round, required square, existing six-sided.
_CORNERS = {
    "existing": ((1.1, 0.0), (0.55, 0.95), (-0.55, 0.95), (-1.1, 0.0), (-0.55, -0.95), (0.55, -0.95)),
    "required": (
        (-0.6, -0.93),
        (0.6, -0.93),
        (0.93, -0.6),
        (0.93, 0.6),
        (0.6, 0.93),
        (-0.6, 0.93),
        (-0.93, 0.6),
        (-0.93, -0.6),
    ),
}


def draw_mark(status: str, x: float, y: float, radius: float) -> str:
    """Draw the mark of a station, with the outline and the colour that its status has on the map."""
    corners = _CORNERS.get(status)
    if corners is None:
        return f'<circle class="sk-mark sk-candidate" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>'
    path = "L".join(f"{x + radius * east:.1f} {y + radius * south:.1f}" for east, south in corners)
    return f'<path class="sk-mark sk-{status}" d="M{path}z"/>'


def write_lines(lines: object, name: str) -> str:
    """Write lines (whose coordinates are those of the picture) as one path of whole numbers."""
    parts = shapely.get_parts(lines)
    path = "".join(write_steps(np.rint(shapely.get_coordinates(line)).astype(np.int64)) for line in parts)
    return f'<path class="{name}" d="{path}"/>' if path else ""


def write_steps(points: Floats | Ints, *, closed: bool = False) -> str:
    """Write a line as a first point and steps; nothing where it does not leave its pixel."""
    steps = np.diff(points, axis=0)
    steps = steps[np.any(steps != 0, axis=1)]
    if len(steps) == 0:
        return ""
    written = "".join(f" {x:g} {y:g}" for x, y in steps.tolist()).replace(" -", "-")
    return f"M{points[0][0]:g} {points[0][1]:g}l{written.strip()}{'z' if closed else ''}"


def draw_bar(share: float, *, mark_share: float | None = None, name: str = "") -> str:
    """Draw a small bar for a cell of a table: a share of its length, and a mark at a limit.

    The number stands beside it in the table, so that the bar is hidden from screen readers.
    """
    if not math.isfinite(share):
        return ""
    mark = ""
    if mark_share is not None and math.isfinite(mark_share):
        x = 100 * min(mark_share, 1.0)
        mark = f'<path class="bar-mark" d="M{x:.1f} 0V10"/>'
    kind = f"bar {name}".strip()
    return (
        f'<svg class="{kind}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="bar-ground" y="1" width="100" height="8"/>'
        f'<rect class="bar-fill" y="1" width="{100 * min(max(share, 0.0), 1.0):.1f}" height="8"/>{mark}</svg>'
    )
