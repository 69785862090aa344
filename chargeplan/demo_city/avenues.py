"""Avenues between the sectors, and the roads that leave the grid."""

from __future__ import annotations

from dataclasses import dataclass

from chargeplan.demo_city.grid import find_grid_point
from chargeplan.demo_city.plan import GridPoint, StreetPlan
from chargeplan.demo_city.tables import read_rows

# Half the distance between the carriageways of a dual road: 0.009 of 1.9 km, some 17 m.
_HALF_DUAL_GRID = 0.009
_SPAN_TOLERANCE_GRID = 1e-9
_JOIN_GRID = 0.12


@dataclass(frozen=True, slots=True)
class Line:
    """One carriageway of an avenue: a straight line of the grid.

    Parameters
    ----------
    axis : str
        "row" when the row is fixed and the line runs along the columns, else "column".
    at, start, end : float
        Fixed coordinate and ends of the other one, start < end.
    direction : int
        0 both ways, 1 open towards rising coordinates, -1 towards falling ones.
    tags : dict
    """

    axis: str
    at: float
    start: float
    end: float
    direction: int
    tags: dict[str, str]


def read_lines() -> list[Line]:
    """Read the avenues; a dual one becomes two lines, driven on the left as in Pakistan."""
    lines = []
    for row in read_rows("avenues.csv"):
        tags = {"highway": row["class"], "name": row["name"], "name__ur": row["name_ur"]}
        at, start, end = float(row["at"]), float(row["from"]), float(row["to"])
        if row["is_dual"] == "no":
            lines.append(Line(row["axis"], at, start, end, 0, tags))
            continue
        # Columns rise to the west-south-west and rows to the south-south-east: heading along
        # rising columns the left is the higher row, along rising rows the lower column.
        left_of_rising = _HALF_DUAL_GRID if row["axis"] == "row" else -_HALF_DUAL_GRID
        lines.append(Line(row["axis"], at + left_of_rising, start, end, 1, tags))
        lines.append(Line(row["axis"], at - left_of_rising, start, end, -1, tags))
    return lines


def draw_avenues(plan: StreetPlan, side_points: dict[tuple[str, float], set[float]]) -> None:
    """Draw the avenues with a node wherever two cross and wherever a sector's road joins.

    Parameters
    ----------
    plan : StreetPlan
    side_points : dict
        For an avenue's axis and coordinate, the other coordinates at which roads of the
        sectors join it; both carriageways of a dual avenue get a node there.
    """
    lines = read_lines()
    for line in lines:
        stops = {line.start, line.end}
        for other in lines:
            if other.axis != line.axis and _holds(other, line.at) and _holds(line, other.at):
                stops.add(other.at)
        for (axis, at), joins in side_points.items():
            if axis == line.axis and abs(at - line.at) <= 2 * _HALF_DUAL_GRID:
                stops |= {stop for stop in joins if _holds(line, stop)}
        ordered = sorted(stops, reverse=line.direction < 0)
        points = [(line.at, stop) if line.axis == "row" else (stop, line.at) for stop in ordered]
        plan.add_way(points, **line.tags, oneway="yes" if line.direction else "")
    _close_dual_ends(plan, lines)


def _holds(line: Line, coordinate: float) -> bool:
    """Tell whether a line reaches a coordinate; a crossing dual road is reached with both sides."""
    slack = 2 * _HALF_DUAL_GRID + _SPAN_TOLERANCE_GRID
    return line.start - slack <= coordinate <= line.end + slack


def _close_dual_ends(plan: StreetPlan, lines: list[Line]) -> None:
    """Join both carriageways at their ends, so that nobody is caught on a one-way road."""
    forward = [line for line in lines if line.direction > 0]
    for line in forward:
        twin = next(
            other
            for other in lines
            if other.direction < 0 and other.tags["name"] == line.tags["name"] and other.axis == line.axis
        )
        for end in (line.start, line.end):
            pair = [(line.at, end), (twin.at, end)]
            points = pair if line.axis == "row" else [(column, row) for row, column in pair]
            plan.add_way(points, highway=line.tags["highway"] + "_link")


def draw_roads(plan: StreetPlan) -> None:
    """Draw the roads that leave the grid, smoothly, joined to a node that is near their points."""
    for row in read_rows("roads.csv"):
        corners = [_read_point(text) for text in row["points"].split(";")]
        nodes = []
        for step, point in enumerate(smooth(corners)):
            is_corner = step % _STEPS == 0
            near = plan.find_near(point, _JOIN_GRID if is_corner else plan.merge_grid)
            nodes.append(plan.add_point(point) if near is None else near)
        unique = [node for step, node in enumerate(nodes) if step == 0 or node != nodes[step - 1]]
        plan.add_nodes(unique, highway=row["class"], name=row["name"], name__ur=row["name_ur"])


_STEPS = 4


def smooth(corners: list[GridPoint]) -> list[GridPoint]:
    """Put points on a Catmull-Rom curve through the corners, `_STEPS` to each piece."""
    padded = [corners[0], *corners, corners[-1]]
    curve = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(_STEPS):
            t = step / _STEPS
            curve.append(
                tuple(
                    0.5
                    * (
                        2 * start[axis]
                        + (end[axis] - before[axis]) * t
                        + (2 * before[axis] - 5 * start[axis] + 4 * end[axis] - after[axis]) * t**2
                        + (3 * start[axis] - before[axis] - 3 * end[axis] + after[axis]) * t**3
                    )
                    for axis in (0, 1)
                )
            )
    return [(point[0], point[1]) for point in curve] + [corners[-1]]


def _read_point(text: str) -> GridPoint:
    lon, lat = text.split()
    return find_grid_point(float(lon), float(lat))
