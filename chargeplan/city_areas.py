"""The places whose boundary is pinned in data/cities.csv: what `fetch` knows by name."""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass

from chargeplan.errors import ConfigError
from chargeplan.files import find_data_file

_MOST_SUGGESTIONS = 3
_LEAST_LIKENESS = 0.6


@dataclass(frozen=True, slots=True)
class CityArea:
    """A place and the boundary that stands for it.

    Parameters
    ----------
    name : str
        What is typed, and the name of the dataset.
    title : str
    aliases : tuple of str
        Other names that are understood.
    relation_id : int
        OpenStreetMap relation of the boundary; 0 when the area is a circle.
    level : int
        Its admin_level; 0 when the area is a circle.
    words : str
        What the area is, such as "Multan District".
    circle : tuple of float or None
        Longitude and latitude of the centre in degrees and the radius in km.
    area_km2 : float
        From the census, or of the circle; the boundary in OpenStreetMap may differ.
    note : str
        Why it may differ.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    relation_id: int
    level: int
    words: str
    circle: tuple[float, float, float] | None
    area_km2: float
    note: str


def read_city_areas() -> dict[str, CityArea]:
    """Read every place, by name, in the order of the file."""
    with find_data_file("cities.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: _read_area(row) for row in csv.DictReader(file)}


def find_city_area(text: str) -> CityArea:
    """Find a place by its name or another name of it; case, spaces and hyphens do not matter.

    Raises
    ------
    ConfigError
        With the nearest names when there is no such city.
    """
    cities = read_city_areas()
    known = {}
    for city in cities.values():
        for word in (city.name, city.title, *city.aliases):
            known[_simplify(word)] = city
    found = known.get(_simplify(text))
    if found is not None:
        return found
    near = difflib.get_close_matches(_simplify(text), known, n=_MOST_SUGGESTIONS, cutoff=_LEAST_LIKENESS)
    names = list(dict.fromkeys(known[word].name for word in near))
    hint = f"did you mean {' or '.join(names)}? " if names else ""
    raise ConfigError(
        f'"{text}" is none of the {len(cities)} cities in data/cities.csv; {hint}For another place give its area: '
        f'--relation ID (ask "chargeplan find-area NAME" for the id), --polygon FILE, --box W,S,E,N or '
        f"--circle LON,LAT,KM"
    )


def _simplify(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _read_area(row: dict[str, str]) -> CityArea:
    is_circle = not row["relation_id"]
    return CityArea(
        name=row["name"],
        title=row["title"],
        aliases=tuple(filter(None, row["aliases"].split(";"))),
        relation_id=0 if is_circle else int(row["relation_id"]),
        level=0 if is_circle else int(row["level"]),
        words=row["words"],
        circle=(float(row["lon"]), float(row["lat"]), float(row["radius_km"])) if is_circle else None,
        area_km2=float(row["area_km2"]),
        note=row["note"],
    )
