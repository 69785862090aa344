"""The map of the city as a drawing: its larger roads, its demand, its stations by rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h3
import numpy as np
import shapely

from chargeplan.geo import to_metric
from chargeplan.publish.hexagons import find_outlines
from chargeplan.publish.map_cells import find_class_breaks
from chargeplan.publish.report.drawing import draw_box, wrap_picture, write_lines, write_steps, write_text

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.publish.bundle import RunBundle
    from chargeplan.publish.report.roads import RoadLines
    from chargeplan.records import Floats

WIDTH = 1000.0
_TALLEST = 760.0
_MARGIN = 14.0
_MOST_HEXAGONS = 1400
_MOST_POINTS = 14_000  # of the roads; more would make the page heavy and the print black
_RANKED = 30  # stations that carry their rank; the list has all
_ROAD_RANKS = ("motorway", "trunk", "primary", "secondary", "tertiary")
_HALF = 0.5


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
        ``svg``; ``is_joined``, whether hexagons were joined to larger ones for the drawing; ``ranked``,
        up to which rank stations carry a number.
    """
    crs = bundle.area.crs
    boundary = _project(bundle.area.boundary, crs)
    frame = Frame(tuple(shapely.bounds(boundary)), WIDTH, _TALLEST)
    hexagons, is_joined = _draw_demand(bundle, frame)
    shown = int(min(len(ranked), _RANKED))
    parts = [
        '<g id="sketch-drawing">',  # the Urdu page shows it again
        *hexagons,
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
    return {"svg": svg, "is_joined": is_joined, "ranked": shown} | size


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


def _draw_demand(bundle: RunBundle, frame: Frame) -> tuple[list[str], bool]:
    """Draw the hexagons by class of demand, and hatch those of which less than half is served."""
    cells, served = bundle.cells, bundle.evaluation.cell_served_kwh_day
    ids, demand = cells.cell_id, cells.total_kwh_day
    is_joined = len(ids) > _MOST_HEXAGONS
    while len(ids) > _MOST_HEXAGONS:
        resolution = h3.get_resolution(str(ids[0])) - 1
        parents = np.array([h3.cell_to_parent(str(cell), resolution) for cell in ids])
        ids, group = np.unique(parents, return_inverse=True)
        demand, served = (np.bincount(group, weights=kwh).astype(np.float64) for kwh in (demand, served))
    breaks = find_class_breaks(demand)
    level = np.searchsorted(breaks, demand, side="right")
    outlines = [
        np.rint(frame.place(*to_metric(ring[:, 0], ring[:, 1], bundle.area.crs))).astype(np.int64)
        for ring in find_outlines(ids)
    ]
    paths = [
        _join_hexagons(
            [outlines[pos] for pos in np.flatnonzero((level == number) & (demand > 0))], f"sk-demand-{number}"
        )
        for number in range(1, len(breaks) + 1)
    ]
    lacking = np.flatnonzero((level >= 2) & (served < _HALF * demand))
    paths.append(_join_hexagons([outlines[pos] for pos in lacking], "sk-unserved"))
    return [path for path in paths if path], is_joined


def _join_hexagons(outlines: list[Any], name: str) -> str:
    path = "".join(write_steps(outline, closed=True) for outline in outlines)
    return f'<path class="{name}" d="{path}"/>' if path else ""


def _draw_stations(ranked: pd.DataFrame, crs: str, frame: Frame) -> list[str]:
    """Draw the stations, the best on top; new ones filled, existing ones as squares."""
    if len(ranked) == 0:
        return []
    x_m, y_m = to_metric(ranked["lon"].to_numpy(), ranked["lat"].to_numpy(), crs)
    places = frame.place(x_m, y_m)
    drawn = []
    for (x, y), rank, is_new in list(zip(places.tolist(), ranked["rank"], ranked["is_new"], strict=True))[
        ::-1
    ]:
        has_number = np.isfinite(rank) and rank <= _RANKED
        size = 11.0 if has_number else 5.0
        if is_new:
            drawn.append(f'<circle class="sk-new" cx="{x:.0f}" cy="{y:.0f}" r="{size:g}"/>')
        else:
            drawn.append(draw_box("sk-existing", x - size, y - size, 2 * size, 2 * size))
        if has_number:
            name = "sk-rank" if is_new else "sk-rank sk-rank-existing"
            drawn.append(write_text(x, y + 4.4, f"{int(rank)}", "middle", name))
    return drawn


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
