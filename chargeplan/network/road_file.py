"""Read the roads of a study from a file of any kind that can be read; the ending of its name tells which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.errors import DataError
from chargeplan.files import require_file
from chargeplan.network.osm_file import KEY, OsmContent, read_osm_file
from chargeplan.osm.file_formats import ANSWER_ENDINGS, GRAPH_ENDINGS, OSM_ENDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.network.node_locations import Box
    from chargeplan.network.speeds import SpeedTable

_GRAPHML = GRAPH_ENDINGS[0]


def read_road_file(path: Path, box: Box, table: SpeedTable, *, speed_factor: float) -> OsmContent:
    """Read the drivable roads, and the places where there are any, in or across a box.

    Parameters
    ----------
    path : Path
        An OpenStreetMap file, a raw Overpass answer, or a street graph of osmnx.
    box : tuple of float
        West, south, east, north, EPSG:4326.
    table : SpeedTable
        Tells which class is the slowest of several.
    speed_factor : float
        Driven speed as a share of the free speed.

    Raises
    ------
    DataError
        When the file is missing, empty, cut short, damaged or of another kind.
    """
    name = path.name.lower()
    if name.endswith(ANSWER_ENDINGS):
        from chargeplan.network.overpass_file import read_overpass_file

        return read_overpass_file(path, box)
    if name.endswith(GRAPH_ENDINGS):
        from chargeplan.network.graph_tables import read_geopackage, read_graphml
        from chargeplan.network.osmnx_graph import read_graph

        require_file(path, KEY)
        where = f"{KEY}: {path.name}"
        graph = (read_graphml if name.endswith(_GRAPHML) else read_geopackage)(path, where)
        return read_graph(graph, box, table, speed_factor=speed_factor, where=where)
    if not name.endswith(OSM_ENDINGS):
        raise DataError(
            f"{KEY}: {path.name} does not end in .osm.pbf, .osm, .osm.gz, .osm.bz2, .json, .json.gz (an Overpass "
            "answer), .graphml or .gpkg (a street graph of osmnx); use a file of one of these kinds"
        )
    return read_osm_file(path, box)
