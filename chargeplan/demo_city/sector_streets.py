"""Streets inside the sectors, by kind of sector, and in the settlements outside the grid."""

from __future__ import annotations

import math

import numpy as np

from chargeplan.demo_city.plan import GridPoint, StreetPlan
from chargeplan.demo_city.tables import Outskirt, Sector

_MARKAZ_HALF = 0.09  # half the side of the ring road round a sector's centre
_INSET = 0.07  # from the avenue to the first street of a sub-sector
_MIDDLE_GAP = 0.045  # from the road between two sub-sectors to their first street

# Streets along and across in each of the four sub-sectors.
_STREETS = {
    "residential": (9, 5),
    "administrative": (5, 4),
    "industrial": (4, 5),
    "institutional": (3, 3),
    "sparse": (4, 3),
}
_OMITTED_SHARE = {
    "residential": 0.06,
    "administrative": 0.12,
    "industrial": 0.05,
    "institutional": 0.2,
    "sparse": 0.35,
}
_JITTER_GRID = 0.012


def find_side_points(sectors: tuple[Sector, ...]) -> dict[tuple[str, float], set[float]]:
    """Find where the middle roads of the sectors join the avenues around them."""
    found: dict[tuple[str, float], set[float]] = {}
    for sector in sectors:
        if sector.kind in _STREETS:
            for side in (-0.5, 0.5):
                found.setdefault(("row", sector.row + side), set()).add(float(sector.column))
                found.setdefault(("column", sector.column + side), set()).add(float(sector.row))
    return found


def draw_sector(plan: StreetPlan, sector: Sector, rng: np.random.Generator) -> None:
    """Draw a sector: four middle roads to a ring round its centre, and four sub-sectors."""
    if sector.kind not in _STREETS:
        return
    row, column = float(sector.row), float(sector.column)
    ring_tags = {"highway": "tertiary", "name": f"{sector.name} Markaz Road", "junction": "circular"}
    if sector.kind != "residential":
        ring_tags = {"highway": "tertiary", "name": f"{sector.name} Centre Road"}
    ring = [
        (row + _MARKAZ_HALF * i, column + _MARKAZ_HALF * j)
        for i, j in ((-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0))
    ]
    # Left-hand traffic goes clockwise round a circle, as seen from above: north-west is the
    # low row and the high column, so the order above (rows fall, columns fall) is clockwise.
    plan.add_way(ring, **ring_tags)
    joins: list[GridPoint] = []
    for number, (i, j) in enumerate(((-1, 1), (-1, -1), (1, -1), (1, 1)), start=1):
        joins += _draw_sub_sector(plan, sector, rng, number, i, j)
    for i, j in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        _draw_middle_road(plan, sector, joins, i, j)


def _draw_middle_road(plan: StreetPlan, sector: Sector, joins: list[GridPoint], i: int, j: int) -> None:
    """Draw the road from the ring to the avenue on one side, through every street that meets it."""
    row, column = float(sector.row), float(sector.column)
    offsets = sorted(
        {_MARKAZ_HALF}
        | {
            abs(point[0] - row) + abs(point[1] - column)
            for point in joins
            if (point[1] == column and (point[0] - row) * i > _MARKAZ_HALF)
            or (point[0] == row and (point[1] - column) * j > _MARKAZ_HALF)
        }
    )
    nodes = [plan.add_point((row + i * offset, column + j * offset)) for offset in offsets]
    avenue = plan.find_near((row + i * 0.5, column + j * 0.5), 0.03)
    if avenue is not None:
        nodes.append(avenue)
    plan.add_nodes(nodes, highway="tertiary", name=f"{sector.name} Main Road")


def _draw_sub_sector(
    plan: StreetPlan, sector: Sector, rng: np.random.Generator, number: int, i: int, j: int
) -> list[GridPoint]:
    """Draw the street grid of one quarter of a sector; return where it meets the middle roads."""
    along, across = _STREETS[sector.kind]
    if rng.random() < 0.5:
        along, across = across + 1, along
    rows = np.linspace(_MIDDLE_GAP, 0.5 - _INSET, along)
    columns = np.linspace(_MIDDLE_GAP, 0.5 - _INSET, across)
    shift = rng.uniform(-_JITTER_GRID, _JITTER_GRID, size=(along, across, 2))
    points: list[list[GridPoint]] = [
        [
            (sector.row + i * (rows[a] + shift[a, b, 0]), sector.column + j * (columns[b] + shift[a, b, 1]))
            for b in range(across)
        ]
        for a in range(along)
    ]
    omitted = _OMITTED_SHARE[sector.kind]
    outside_markaz = [
        [max(abs(p[0] - sector.row), abs(p[1] - sector.column)) > _MARKAZ_HALF + 0.02 for p in line]
        for line in points
    ]
    label = f"{sector.name}/{number}"
    street = 0
    joins: list[GridPoint] = []
    for a in range(along):
        street += 1
        pieces = _split_kept(points[a], outside_markaz[a], rng, omitted)
        if a % 2 == 0:  # every second street reaches the middle road
            joins.append((points[a][0][0], float(sector.column)))
            pieces = _lead_to(pieces, joins[-1], points[a][0])
        for piece in pieces:
            plan.add_way(piece, highway="residential", name=f"Street {street}, {label}")
    for b in range(across):
        line = [points[a][b] for a in range(along)]
        street += 1
        pieces = _split_kept(line, [outside_markaz[a][b] for a in range(along)], rng, omitted)
        if b % 2 == 0:
            joins.append((float(sector.row), line[0][1]))
            pieces = _lead_to(pieces, joins[-1], line[0])
        for piece in pieces:
            plan.add_way(piece, highway="residential", name=f"Street {street}, {label}")
    return joins


def _lead_to(pieces: list[list[GridPoint]], middle: GridPoint, first: GridPoint) -> list[list[GridPoint]]:
    """Lead the piece that begins at the first crossing to the middle road."""
    return [[middle, *piece] if piece[0] == first else piece for piece in pieces]


def _split_kept(
    line: list[GridPoint], is_kept: list[bool], rng: np.random.Generator, omitted_share: float
) -> list[list[GridPoint]]:
    """Split a street where a block is left out."""
    pieces: list[list[GridPoint]] = []
    current: list[GridPoint] = []
    for point, kept in zip(line, is_kept, strict=True):
        if not kept or (current and rng.random() < omitted_share):
            pieces.append(current)
            current = []
        if kept:
            current.append(point)
    pieces.append(current)
    return [piece for piece in pieces if piece]


def draw_outskirt(plan: StreetPlan, patch: Outskirt, rng: np.random.Generator) -> None:
    """Draw a settlement: a turned, uneven street grid with a main street that meets a road."""
    turn = math.radians(patch.turn_deg)
    rows = np.linspace(-patch.half_rows, patch.half_rows, patch.streets)
    columns = np.linspace(-patch.half_columns, patch.half_columns, patch.cross_streets)
    shift = rng.uniform(-0.02, 0.02, size=(patch.streets, patch.cross_streets, 2))
    points: list[list[GridPoint]] = []
    for a, along in enumerate(rows):
        line = []
        for b, across in enumerate(columns):
            x, y = along + shift[a, b, 0], across + shift[a, b, 1]
            line.append(
                (
                    patch.row + x * math.cos(turn) - y * math.sin(turn),
                    patch.column + x * math.sin(turn) + y * math.cos(turn),
                )
            )
        points.append(line)
    entry = _find_entry(plan, points)
    middle = patch.cross_streets // 2
    for b in range(patch.cross_streets):
        line = [points[a][b] for a in range(patch.streets)]
        is_main = b == middle
        for piece in [line] if is_main else _split_kept(line, [True] * len(line), rng, 0.15):
            plan.add_way(
                piece,
                highway="tertiary" if is_main else "residential",
                name=f"{patch.name} Road" if is_main else "",
            )
    for a in range(patch.streets):
        for piece in _split_kept(points[a], [True] * patch.cross_streets, rng, 0.12):
            plan.add_way(piece, highway="residential", name=f"Street {a + 1}, {patch.name}")
    if entry is not None:
        own, other = entry
        plan.add_nodes([plan.add_point(own), other], highway="tertiary", name=f"{patch.name} Road")


def _find_entry(plan: StreetPlan, points: list[list[GridPoint]]) -> tuple[GridPoint, int] | None:
    """Find the nearest pair of a crossing of the patch and a node that is drawn already."""
    best = None
    for point in (point for line in points for point in line):
        for node, other in enumerate(plan.points):
            distance = math.dist(point, other)
            if best is None or distance < best[0]:
                best = (distance, point, node)
    return None if best is None else (best[1], best[2])


def draw_lanes(plan: StreetPlan, patches: tuple[Outskirt, ...], rng: np.random.Generator) -> None:
    """Draw winding lanes from each settlement to the nearest ones that are not far."""
    drawn = set()
    for patch in patches:
        near = sorted(
            (math.dist((patch.row, patch.column), (other.row, other.column)), other.name, other)
            for other in patches
            if other is not patch
        )
        for distance, _, other in near[:_LANES]:
            pair = tuple(sorted((patch.name, other.name)))
            if distance <= _LONGEST_LANE_GRID and pair not in drawn:
                drawn.add(pair)
                _draw_lane(plan, patch, other, rng)


_LANES = 2
_LONGEST_LANE_GRID = 2.0


def _draw_lane(plan: StreetPlan, start: Outskirt, end: Outskirt, rng: np.random.Generator) -> None:
    """Draw one lane between the nodes nearest to two settlements' centres."""
    first = plan.find_near((start.row, start.column), 0.2)
    last = plan.find_near((end.row, end.column), 0.2)
    if first is None or last is None:
        return
    a, b = plan.points[first], plan.points[last]
    steps = max(int(math.dist(a, b) / 0.12), 2)
    across = rng.normal(0.0, 0.035, size=steps + 1).cumsum()
    # A walk that comes back: what it has drifted by the end is taken off along the way.
    across -= np.linspace(0, 1, steps + 1) * across[-1]
    length = math.dist(a, b)
    points = []
    for step in range(1, steps):
        t = step / steps
        points.append(
            (
                a[0] + (b[0] - a[0]) * t - (b[1] - a[1]) / length * float(across[step]),
                a[1] + (b[1] - a[1]) * t + (b[0] - a[0]) / length * float(across[step]),
            )
        )
    nodes = [first, *(plan.add_point(point) for point in points), last]
    plan.add_nodes(nodes, highway="unclassified", name=f"{start.name} Lane")
