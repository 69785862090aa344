"""The map of the city as a drawing: its larger roads, its demand, its stations by rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h3
import numpy as np
import shapely
from markupsafe import Markup

from chargeplan.geo import to_metric
from chargeplan.publish.hexagons import find_outlines
from chargeplan.publish.map_cells import LEAST_LEFT_KWH_DAY, find_class_breaks, find_full_dot, list_left
from chargeplan.publish.report.drawing import draw_mark, wrap_picture, write_lines, write_steps, write_text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from chargeplan.publish.bundle import RunBundle
    from chargeplan.publish.report.roads import RoadLines
    from chargeplan.records import Floats

WIDTH = 1000.0
_TALLEST = 760.0
_MARGIN = 14.0
_MOST_HEXAGONS = 1400
_MOST_POINTS = 14_000  # of the roads; more would make the page heavy and the print black
_DOT_RADIUS = 4.0  # of a station without room for its rank; the list has all
_ROAD_RANKS = ("motorway", "trunk", "primary", "secondary", "tertiary")
# As the map draws what is left (demand.js): the largest dot as part of a hexagon and at most, and the smallest drawn.
_DOT_PART, _MOST_DOT, _LEAST_DOT = 0.66, 12.0, 0.8
_LAST_CLASS, _ONLY_CLASS = 5, 3


class Frame:
    """Where metres lie on the picture.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north in metres.
    width, tallest : float
        The picture is as wide as this unless it would become too tall.
    """

    def __init__(
        self, bounds: tuple[float, ...], width: float, tallest: float, margin: float = _MARGIN
    ) -> None:
        west, south, east, north = bounds
        self.west, self.north, self.margin = west, north, margin
        inner = width - 2 * margin
        self.scale = min(inner / max(east - west, 1.0), (tallest - 2 * margin) / max(north - south, 1.0))
        self.width = (east - west) * self.scale + 2 * margin
        self.height = (north - south) * self.scale + 2 * margin

    def place(self, x_m: Floats, y_m: Floats) -> Floats:
        """Turn metres into points of the picture, shape (n, 2)."""
        return np.column_stack(
            [(x_m - self.west) * self.scale + self.margin, (self.north - y_m) * self.scale + self.margin]
        )


def draw_sketch(bundle: RunBundle, ranked: pd.DataFrame, roads: RoadLines) -> dict[str, Any]:
    """Draw the map of the summary page.

    Parameters
    ----------
    bundle : RunBundle
    ranked : pandas.DataFrame
        Stations by rank, see `stations.collect_stations`.
    roads : RoadLines

    Returns
    -------
    dict
        ``svg``; ``is_joined``, whether hexagons were joined to larger ones for the drawing; ``marks`` of its
        key with their words; ``full_dot``, what its largest dot stands for in words, empty where nothing is
        left; ``width`` and ``height``.
    """
    crs = bundle.area.crs
    boundary = _project(bundle.area.boundary, crs)
    frame = Frame(tuple(shapely.bounds(boundary)), WIDTH, _TALLEST)
    demand = _sum_demand(bundle)
    parts = [
        '<g id="sketch-drawing">',  # the Urdu page shows it again
        *_draw_demand(demand, bundle.area.crs, frame),
        *_draw_roads(roads, frame, boundary),
        write_lines(_place_geometry(shapely.boundary(boundary), frame, 2.0), "sk-boundary"),
        *_draw_stations(ranked, crs, frame),
        _draw_scale(frame),
        "</g>",
    ]
    svg = wrap_picture(
        parts,
        name="sketch",
        width=round(frame.width),
        height=round(frame.height),
        title="Map of the plan",
        description=f"Roads, demand and {len(ranked)} stations by rank; all are listed with coordinates below.",
    )
    size = {"width": round(frame.width), "height": round(frame.height)}
    has_dots = bool((demand.left_kwh_day > LEAST_LEFT_KWH_DAY).any())
    return {
        "svg": svg,
        "is_joined": demand.is_joined,
        "marks": _list_marks(ranked),
        "full_dot": f"{demand.full_dot_kwh_day:,g} kWh/day" if has_dots else "",
    } | size


def _list_marks(ranked: pd.DataFrame) -> list[tuple[Markup, str]]:
    """List the marks of the key: those of the stations that there are."""
    there = set(ranked["status"])
    words = {
        "candidate": "new station with its rank; a dot where there is no room for it",
        "required": "new station, required",
        "existing": "existing station",
    }
    return [
        (Markup(draw_mark(status, 11, 11, 9)), text)  # noqa: S704  # numbers alone
        for status, text in words.items()
        if status in there
    ]


def _project(shape: Any, crs: str) -> Any:
    return shapely.transform(
        shape, lambda lonlat: np.column_stack(to_metric(lonlat[:, 0], lonlat[:, 1], crs))
    )


def _place_geometry(shape: Any, frame: Frame, thinning: float) -> Any:
    placed = shapely.transform(shape, lambda xy: frame.place(xy[:, 0], xy[:, 1]))
    return shapely.simplify(placed, thinning, preserve_topology=False)


def _draw_roads(roads: RoadLines, frame: Frame, boundary: Any) -> list[str]:
    """Draw the widest classes, as many as stay light; the widest last."""
    box = shapely.box(*shapely.bounds(boundary))
    paths: list[str] = []
    points = 0
    for name in _ROAD_RANKS:
        lines = roads.select(name)
        if len(lines) == 0:
            continue
        cut = shapely.clip_by_rect(lines, *shapely.bounds(box))
        merged = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(cut)))
        thinned = _place_geometry(merged, frame, 1.0)
        points += int(shapely.get_num_coordinates(thinned))
        if points > _MOST_POINTS and paths:
            break
        paths.append(write_lines(thinned, f"sk-road sk-{name}"))
    return paths[::-1]


@dataclass(frozen=True, slots=True)
class _Demand:
    """Demand by hexagon of the drawing, kWh per day; what the largest dot stands for is that of the map."""

    cell_id: Any
    kwh_day: Floats
    left_kwh_day: Floats
    full_dot_kwh_day: float
    is_joined: bool


def _sum_demand(bundle: RunBundle) -> _Demand:
    """Sum the demand of the last year and what is left of it, by hexagons few enough for the drawing."""
    ids, demand, left = bundle.cells.cell_id, bundle.cells.total_kwh_day, list_left(bundle)
    is_joined = len(ids) > _MOST_HEXAGONS
    while len(ids) > _MOST_HEXAGONS:
        resolution = h3.get_resolution(str(ids[0])) - 1
        parents = np.array([h3.cell_to_parent(str(cell), resolution) for cell in ids])
        ids, group = np.unique(parents, return_inverse=True)
        demand, *left = (np.bincount(group, weights=kwh).astype(np.float64) for kwh in (demand, *left))
    return _Demand(ids, demand, left[-1], find_full_dot(left), is_joined)


def _draw_demand(cells: _Demand, crs: str, frame: Frame) -> list[str]:
    """Draw the hexagons by class of demand, and a dot for what is left of each, as the map has them."""
    demand = cells.kwh_day
    breaks = find_class_breaks(demand)
    found = np.searchsorted(breaks, demand, side="right")
    # With fewer classes than colours the ramp is stretched over them.
    level = np.floor(_LAST_CLASS * found / len(breaks) + 0.5) if breaks else np.full(len(demand), _ONLY_CLASS)
    outlines = [frame.place(*to_metric(ring[:, 0], ring[:, 1], crs)) for ring in find_outlines(cells.cell_id)]
    whole = [np.rint(outline).astype(np.int64) for outline in outlines]
    paths = [
        _join_hexagons(
            [whole[pos] for pos in np.flatnonzero((level == number) & (demand > 0))],
            f"sk-demand sk-demand-{number}",
        )
        for number in range(_LAST_CLASS + 1)
    ]
    dots = _draw_left(outlines, cells.left_kwh_day, cells.full_dot_kwh_day)
    return [path for path in [*paths, dots] if path]


def _draw_left(outlines: list[Any], left_kwh_day: Floats, full_dot_kwh_day: float) -> str:
    """Draw what is not served as dots whose area grows with the energy."""
    dots = []
    for row in np.flatnonzero(left_kwh_day > LEAST_LEFT_KWH_DAY).tolist():
        corners = outlines[row]
        x, y = corners.mean(axis=0)
        most = min(_DOT_PART * float(np.hypot(*(corners - (x, y)).T).max()), _MOST_DOT)
        radius = most * min(left_kwh_day[row] / full_dot_kwh_day, 1.0) ** 0.5
        if radius >= _LEAST_DOT:
            dots.append(
                f"M{x - radius:.1f} {y:.1f}a{radius:.1f} {radius:.1f} 0 1 0 {2 * radius:.1f} 0"
                f"a{radius:.1f} {radius:.1f} 0 1 0-{2 * radius:.1f} 0"
            )
    return f'<path class="sk-unserved" d="{"".join(dots)}"/>' if dots else ""


def _join_hexagons(outlines: list[Any], name: str) -> str:
    path = "".join(write_steps(outline, closed=True) for outline in outlines)
    return f'<path class="{name}" d="{path}"/>' if path else ""


def _draw_stations(ranked: pd.DataFrame, crs: str, frame: Frame) -> list[str]:
    """Draw the stations, the best on top, with the marks of the map; the power decides the area.

    As on the map, a station that lies on a better one is a dot.
    """
    if len(ranked) == 0:
        return []
    x_m, y_m = to_metric(ranked["lon"].to_numpy(), ranked["lat"].to_numpy(), crs)
    places = frame.place(x_m, y_m)
    radii = np.array([measure_mark(power_kw) for power_kw in ranked["power_kw"]])
    has_number = _find_room(places, radii) & np.isfinite(ranked["rank"].to_numpy())
    dots, numbered = [], []
    rows = zip(places.tolist(), radii.tolist(), has_number, ranked["rank"], ranked["status"], strict=True)
    for (x, y), radius, is_numbered, rank, status in list(rows)[::-1]:
        if not is_numbered:
            dots.append(draw_mark(status, x, y, _DOT_RADIUS))
            continue
        numbered.append(draw_mark(status, x, y, radius))
        numbered.append(write_text(x, y + 4.4, f"{int(rank)}", "middle", "sk-rank"))
    return dots + numbered


def _find_room(places: Floats, radii: Floats) -> NDArray[np.bool_]:
    """Find which marks lie on no mark before them that has room."""
    has_room = np.zeros(len(radii), np.bool_)
    for row in range(len(radii)):
        apart = np.hypot(*(places[has_room] - places[row]).T)
        has_room[row] = bool((apart > radii[has_room] + radii[row] + 1.0).all())
    return has_room


def measure_mark(power_kw: float) -> float:
    """Measure the radius of a mark as the map does (measureMark), never too small for its number."""
    return round(float(np.clip(7.5 + 0.38 * np.sqrt(np.nan_to_num(power_kw)), 9.0, 16.0)), 1)


def _draw_scale(frame: Frame) -> str:
    """Draw a scale bar of a round length."""
    wanted_m = 0.2 * frame.width / frame.scale
    length_m = max(
        (size for size in (500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 20_000.0) if size <= wanted_m),
        default=500.0,
    )
    x, y = frame.margin, frame.height - 10
    return (
        f'<path class="sk-scale" d="M{x:.0f} {y - 6:.0f}v6h{length_m * frame.scale:.0f}v-6"/>'
        + write_text(x + length_m * frame.scale + 8, y + 1, f"{length_m / 1000:g} km", name="sk-scale-text")
    )
