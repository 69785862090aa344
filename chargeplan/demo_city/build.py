"""Build the embedded city: street plan, places, people, zones and grid, written as ordinary files."""

from __future__ import annotations

import csv
import gzip
import io
import math
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from chargeplan.demo_city.avenues import draw_avenues, draw_roads
from chargeplan.demo_city.city_places import Place, list_places
from chargeplan.demo_city.grid import locate
from chargeplan.demo_city.people import list_people
from chargeplan.demo_city.plan import GridPoint, StreetPlan
from chargeplan.demo_city.power_grid import make_power_grid
from chargeplan.demo_city.sector_streets import (
    draw_lanes,
    draw_outskirt,
    draw_sector,
    find_side_points,
)
from chargeplan.demo_city.tables import Outskirt, read_outskirts, read_sectors
from chargeplan.files import find_project_folder, write_bytes, write_text
from chargeplan.text import to_json

STREETS_NAME = "islamabad-schematic.osm.gz"
PEOPLE_NAME = "population.csv"
ZONES_NAME = "zones.geojson"
GRID_NAME = "grid-synthetic.geojson"
_SEED = 20
# Ids far above those in use, so that nobody takes them for real elements.
_FIRST_NODE_ID = 900_000_000_000
_FIRST_WAY_ID = 900_000_000


def build_demo_city(folder: Path | None = None) -> Path:
    """Build the files of the embedded city; the same tables always give the same content.

    Parameters
    ----------
    folder : Path, optional
        Where to write; the project's ``data/demo`` without it.

    Returns
    -------
    Path
        The street file.
    """
    folder = find_project_folder("data") / "demo" if folder is None else folder
    sectors, outskirts = read_sectors(), read_outskirts()
    streets = folder / STREETS_NAME
    # No time and no name in the header: the same bytes on every build.
    write_bytes(
        streets, gzip.compress(write_osm(draw_city(), list_places(sectors, outskirts)).encode(), mtime=0)
    )
    write_text(folder / PEOPLE_NAME, _write_people(list_people(sectors, outskirts)))
    write_text(folder / ZONES_NAME, to_json(_make_zones(), indent=1) + "\n")
    write_text(folder / GRID_NAME, to_json(make_power_grid(sectors, outskirts), indent=1) + "\n")
    return streets


def draw_city() -> StreetPlan:
    """Draw the street plan: avenues first, then roads, sectors and settlements that join them."""
    plan = StreetPlan()
    rng = np.random.default_rng(_SEED)
    sectors = read_sectors()
    draw_avenues(plan, find_side_points(sectors))
    draw_roads(plan)
    for sector in sectors:
        draw_sector(plan, sector, rng)
    for patch in read_outskirts():
        draw_outskirt(plan, patch, rng)
    draw_lanes(plan, read_outskirts(), rng)
    return plan


def write_osm(plan: StreetPlan, places: list[Place]) -> str:
    """Write a street plan and places as OpenStreetMap XML."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="chargeplan demo city">']
    for number, point in enumerate(plan.points):
        lon, lat = locate(*point)
        lines.append(f'<node id="{_FIRST_NODE_ID + number}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>')
    for number, place in enumerate(places, start=len(plan.points)):
        lines.append(
            f'<node id="{_FIRST_NODE_ID + number}" version="1" lat="{place.lat:.7f}" lon="{place.lon:.7f}">'
        )
        lines += _write_tags(place.tags)
        lines.append("</node>")
    for number, way in enumerate(plan.ways):
        lines.append(f'<way id="{_FIRST_WAY_ID + number}" version="1">')
        lines += [f'<nd ref="{_FIRST_NODE_ID + node}"/>' for node in way.nodes]
        lines += _write_tags(way.tags)
        lines.append("</way>")
    lines.append("</osm>")
    return "\n".join(lines) + "\n"


def _write_tags(tags: dict[str, str]) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in sorted(tags.items())]


def _write_people(points: list[tuple[float, float, float]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("lon", "lat", "people"))
    writer.writerows((f"{lon:.6f}", f"{lat:.6f}", repr(people)) for lon, lat, people in points)
    return buffer.getvalue()


def _make_zones() -> dict[str, object]:
    """Make a polygon for each sector and settlement, counter-clockwise."""
    features = [
        _make_zone(sector.name, _outline_sector(sector.row, sector.column)) for sector in read_sectors()
    ] + [_make_zone(patch.name, _outline_patch(patch)) for patch in read_outskirts()]
    return {"type": "FeatureCollection", "features": features}


def _make_zone(name: str, outline: list[GridPoint]) -> dict[str, object]:
    ring = [list(locate(*point)) for point in outline]
    return {
        "type": "Feature",
        "properties": {"zone_id": name, "name": name},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }


def _outline_sector(row: float, column: float) -> list[GridPoint]:
    corners = [(-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5)]
    outline = []
    for (i, j), (k, m) in zip(corners, corners[1:] + corners[:1], strict=True):
        outline += [(row + i + (k - i) * t / 4, column + j + (m - j) * t / 4) for t in range(4)]
    return outline


def _outline_patch(patch: Outskirt) -> list[GridPoint]:
    turn = math.radians(patch.turn_deg)
    rows, columns = patch.half_rows + 0.08, patch.half_columns + 0.08
    return [
        (
            patch.row + i * rows * math.cos(turn) - j * columns * math.sin(turn),
            patch.column + i * rows * math.sin(turn) + j * columns * math.cos(turn),
        )
        for i, j in ((-1, -1), (-1, 1), (1, 1), (1, -1))
    ]
