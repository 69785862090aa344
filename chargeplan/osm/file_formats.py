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


def find_osm_format(file_name: str) -> str:
    """Find osmium's name of a file's format; empty when the ending is of another kind.

    Examples
    --------
    >>> find_osm_format("Lahore.OSM.pbf"), find_osm_format("lahore.zip")
    ('pbf', '')
    """
    name = file_name.lower()
    return next((osm_format for ending, osm_format in OSM_FORMATS.items() if name.endswith(ending)), "")
