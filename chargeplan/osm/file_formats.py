"""The kinds of OpenStreetMap files, by the ending of their names."""

from __future__ import annotations

# Osmium's names for them.
OSM_FORMATS = {
    ".osm.pbf": "pbf",
    ".pbf": "pbf",
    ".osm": "xml",
    ".osm.gz": "xml.gz",
    ".osm.bz2": "xml.bz2",
}
OSM_ENDINGS = tuple(OSM_FORMATS)
ANSWER_ENDINGS = (".json", ".json.gz")
GRAPH_ENDINGS = (".graphml", ".gpkg")
ANSWER_LIMIT = (
    "The query that brought this Overpass answer is not noted in it: which kinds of roads and places were asked "
    "for, and of which area, cannot be told."
)
GRAPH_LIMIT = (
    "A street graph holds roads only: fuel stations, car parks and other places must come from files of their "
    "own (demand.places.paths, sites.paths, sites.files)."
)


def find_osm_format(file_name: str) -> str:
    """Find osmium's name of a file's format; empty when the ending is of another kind.

    Examples
    --------
    >>> find_osm_format("Lahore.OSM.pbf"), find_osm_format("lahore.zip")
    ('pbf', '')
    """
    name = file_name.lower()
    return next((osm_format for ending, osm_format in OSM_FORMATS.items() if name.endswith(ending)), "")


def list_kind_limits(file_name: str) -> tuple[str, ...]:
    """List in words what no road file of this kind can tell, by the ending of its name.

    Examples
    --------
    >>> len(list_kind_limits("town.graphml")), list_kind_limits("town.osm.pbf")
    (1, ())
    """
    name = file_name.lower()
    if name.endswith(ANSWER_ENDINGS):
        return (ANSWER_LIMIT,)
    return (GRAPH_LIMIT,) if name.endswith(GRAPH_ENDINGS) else ()
