"""The cities of data/cities.yaml: supplier, study box, and the people of their tehsils.

Boundaries, titles and other names of the same cities stand in data/cities.csv
(`chargeplan.city_areas`). Outage hours and tariffs stand in tables of their own and are found by
the supplier, `City.disco`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chargeplan.city_areas import find_city_area, read_city_areas
from chargeplan.country import PAKISTAN_LAT_RANGE, PAKISTAN_LON_RANGE
from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.files import find_data_file, require_file
from chargeplan.geo import find_utm_crs

if TYPE_CHECKING:
    from pathlib import Path

_KEY = "data/cities.yaml"
# Figures and words of a city and of a tehsil that must be described under `fields`.
_CITY_FIELDS = ("name_ur", "disco", "utm_zone", "study_box", "budget_pkr")
_TEHSIL_FIELDS = ("people", "urban_people", "area_km2", "share_in_box")
CONFIDENCES = ("high", "med", "low", "assumption")

Word = Annotated[str, Field(min_length=1, max_length=400)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class FieldNote(_Part):
    """Unit and source of all values of a key.

    Parameters
    ----------
    unit, source, address : str
    year : int
        Of the source.
    confidence : str
        A word of `CONFIDENCES`.
    """

    unit: Word
    source: Word
    address: str = ""
    year: Annotated[int, Field(ge=1990, le=2040)]
    confidence: Annotated[str, Field(pattern="^(high|med|low|assumption)$")]


class Tehsil(_Part):
    """People of a tehsil or sub-division.

    Parameters
    ----------
    people, urban_people : int
        Census of 2023.
    area_km2 : float
    share_in_box : float
        Share of the people who live in the study box of the city.
    why : str
        What the share rests on.
    """

    people: Annotated[int, Field(ge=0, le=50_000_000)]
    urban_people: Annotated[int, Field(ge=0, le=50_000_000)]
    area_km2: Annotated[float, Field(gt=0, le=50_000)]
    share_in_box: Share
    why: str = ""

    @model_validator(mode="after")
    def _check_whole(self) -> Tehsil:
        if self.urban_people > self.people:
            msg = f"urban_people ({self.urban_people}) must not be more than people ({self.people})"
            raise ValueError(msg)
        if 0 < self.share_in_box < 1 and not self.why:
            msg = f"share_in_box {self.share_in_box} needs a why"
            raise ValueError(msg)
        return self


Districts = dict[Word, Annotated[dict[Word, Tehsil], Field(min_length=1)]]


class City(_Part):
    """A city with its planning figures.

    Parameters
    ----------
    name : str
        What `study.city` takes; the key in data/cities.yaml and data/cities.csv.
    title, name_ur : str
        English and Urdu name.
    disco : str
        Company that supplies electricity.
    utm_zone : str
        Such as "43N".
    study_box : tuple of 4 float
        West, south, east, north in degrees.
    study_box_note : str
        What lies in the box and what does not.
    budget_pkr : float
        To begin a study with.
    districts, neighbours : dict of str to dict of str to Tehsil
        Tehsils by district: all of the city's own districts; those of others that the box reaches.
    """

    name: Word
    title: Word
    name_ur: Word
    disco: Word
    utm_zone: Annotated[str, Field(pattern="^4[123]N$")]
    study_box: Annotated[tuple[float, float, float, float], Field(strict=False)]
    study_box_note: Word
    budget_pkr: Annotated[float, Field(gt=0, le=1e13)]
    districts: Annotated[Districts, Field(min_length=1)]
    neighbours: Districts = {}

    @model_validator(mode="after")
    def _check_box(self) -> City:
        west, south, east, north = self.study_box
        lons, lats = PAKISTAN_LON_RANGE, PAKISTAN_LAT_RANGE
        if not (lons[0] < west < east < lons[1] and lats[0] < south < north < lats[1]):
            msg = (
                f"study_box must be west, south, east, north in degrees within Pakistan; got "
                f"{list(self.study_box)}"
            )
            raise ValueError(msg)
        zone = f"{int(find_utm_crs((west + east) / 2)[-2:])}N"
        if zone != self.utm_zone:
            msg = f"utm_zone is {self.utm_zone}, but the middle of study_box lies in {zone}"
            raise ValueError(msg)
        return self

    @property
    def people(self) -> int:
        """People of the city's own districts."""
        return sum(tehsil.people for tehsils in self.districts.values() for tehsil in tehsils.values())

    @property
    def people_in_box(self) -> float:
        """People of the study box, by the assumed shares."""
        return sum(tehsil.people * tehsil.share_in_box for _, _, tehsil in self.list_tehsils())

    def list_tehsils(self) -> list[tuple[str, str, Tehsil]]:
        """List district, name and figures of every tehsil, neighbours last."""
        return [
            (district, name, tehsil)
            for part in (self.districts, self.neighbours)
            for district, tehsils in part.items()
            for name, tehsil in tehsils.items()
        ]


class CityRegister(_Part):
    """What data/cities.yaml says.

    Parameters
    ----------
    fields : dict of str to FieldNote
        Unit and source of each key.
    cities : dict of str to City
        By name, in the order of the file.
    """

    fields: dict[str, FieldNote]
    cities: Annotated[dict[str, City], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_fields(self) -> CityRegister:
        missing = [name for name in (*_CITY_FIELDS, *_TEHSIL_FIELDS) if name not in self.fields]
        further = [name for name in self.fields if name not in (*_CITY_FIELDS, *_TEHSIL_FIELDS)]
        if missing or further:
            msg = (
                f"fields must describe the keys of the cities; missing: {', '.join(missing) or 'none'}; "
                f"not known: {', '.join(further) or 'none'}"
            )
            raise ValueError(msg)
        return self


def find_city(name: str) -> City:
    """Find a city by its name or another name of it.

    Raises
    ------
    ConfigError
        When there are no planning figures of that name; the cities that have them are named.
    """
    cities = read_register().cities
    if name in cities:
        return cities[name]
    try:
        known = find_city_area(name).name
    except ConfigError:
        known = ""
    if known in cities:
        return cities[known]
    raise ConfigError(f'study.city: "{name}" is not in {_KEY}; the cities there are {", ".join(cities)}')


def read_register(path: Path | None = None) -> CityRegister:
    """Read data/cities.yaml, or another file of that form.

    Raises
    ------
    DataError
        With every fault of the file, each with its place in it.
    """
    return _read_own() if path is None else _read(path, str(path))


@lru_cache(maxsize=1)
def _read_own() -> CityRegister:
    return _read(find_data_file("cities.yaml"), _KEY)


def _read(path: Path, key: str) -> CityRegister:
    content = _read_yaml(path, key)
    areas, faults = read_city_areas(), FaultCollector(DataError)
    cities = content.get("cities")
    for name, city in cities.items() if isinstance(cities, dict) else ():
        if name not in areas:
            faults.add(f"{key}: cities.{name}: data/cities.csv has no place of this name; add it there first")
        elif isinstance(city, dict):
            for reserved in {"name", "title"} & city.keys():
                faults.add(f"{key}: cities.{name}.{reserved}: stands in data/cities.csv; leave it out here")
            city.update(name=name, title=areas[name].title)
    try:
        register = CityRegister.model_validate(content)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            place = ".".join(str(part) for part in fault["loc"])
            faults.add(f"{key}: {place + ': ' if place else ''}{fault['msg'].removeprefix('Value error, ')}")
        faults.raise_if_any()
        raise
    faults.raise_if_any()
    return register


def _read_yaml(path: Path, key: str) -> dict[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    require_file(path, key)
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, YAMLError) as error:
        raise DataError(f"{key}: cannot be read as YAML in UTF-8: {error}; mend it there") from error
    if not isinstance(content, dict):
        raise DataError(f"{key}: expected the sections fields and cities; got {type(content).__name__}")
    return content
