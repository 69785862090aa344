"""A small whole dataset, and answers as an Overpass server writes them."""

import json

import shapely

from chargeplan.files import compute_sha256
from chargeplan.osm.dataset import publish_dataset
from chargeplan.osm.manifest import Manifest, QueryNote
from chargeplan.osm.merge import write_elements

TIMESTAMP = "2026-03-19T19:50:00Z"
AREA = shapely.box(73.00, 33.60, 73.06, 33.66)
COVERED = shapely.box(72.97, 33.57, 73.09, 33.69)


def make_grid(n_rows=7, step=0.01):
    """Streets of a grid over `AREA`, with a fuel station; nodes first, as Overpass writes them."""
    nodes = [
        {
            "type": "node",
            "id": 100 + row * n_rows + column,
            "lat": round(33.60 + row * step, 7),
            "lon": round(73.00 + column * step, 7),
            "version": 2,
            "timestamp": "2020-05-01T10:00:00Z",
        }
        for row in range(n_rows)
        for column in range(n_rows)
    ]
    fuel = {"amenity": "fuel", "name": "Shell"}
    nodes.append({"type": "node", "id": 1000, "lat": 33.615, "lon": 73.015, "version": 1, "tags": fuel})
    lines = [[100 + row * n_rows + column for column in range(n_rows)] for row in range(n_rows)]
    lines += [[100 + row * n_rows + column for row in range(n_rows)] for column in range(n_rows)]
    ways = [
        {
            "type": "way",
            "id": 200 + number,
            "version": 3,
            "timestamp": "2021-05-01T10:00:00Z",
            "nodes": line,
            "tags": {"highway": "residential"},
        }
        for number, line in enumerate(lines)
    ]
    members = [{"type": "way", "ref": 200, "role": "outer"}]
    relation = {"type": "relation", "id": 300, "version": 1, "members": members, "tags": {"type": "route"}}
    return [*nodes, *ways, relation]


def make_answer(elements, *, count=None, **changes):
    """The body of an answer; `count` adds the element that `out count` writes."""
    counted = [] if count is None else [{"type": "count", "id": 0, "tags": count}]
    content = {
        "version": 0.6,
        "generator": "Overpass API 0.7.62.11 87bfad18",
        "osm3s": {"timestamp_osm_base": TIMESTAMP, "copyright": "ODbL"},
        "elements": [*counted, *elements],
    }
    return json.dumps({**content, **changes}).encode()


def make_manifest(path, result, **changes):
    """The manifest of a data file that was just written."""
    content = {
        "name": path.name.removesuffix(".osm.pbf"),
        "file_name": path.name,
        "sha256": compute_sha256(path),
        "size_bytes": path.stat().st_size,
        "made_by": "chargeplan 0.1.0 fetch",
        "source": "Overpass API",
        "source_sha256": "",
        "endpoint": "https://overpass.example/api/interpreter",
        "osm_timestamp": TIMESTAMP,
        "newest_osm_timestamp": TIMESTAMP,
        "retrieved": "2026-03-19T20:00:00Z",
        "queries": (QueryNote("roads", 2, "ab" * 32),),
        "counts": {**result.counts, "roads": result.counts["ways"]},
        "area": "box 73,33.6,73.06,33.66",
        "covered": json.loads(shapely.to_geojson(COVERED)),
        "licence": "ODbL 1.0",
        "attribution": "© OpenStreetMap contributors",
        "limits": ("3 ways lack a node",),
    }
    return Manifest(**{**content, **changes})


def publish_grid(folder, name="multan", **changes):
    return publish_dataset(
        folder,
        name,
        area=AREA,
        write_data=lambda path: write_elements(path, make_grid(), osm_timestamp=TIMESTAMP),
        make_manifest=lambda path, result: make_manifest(path, result, **changes),
    )
