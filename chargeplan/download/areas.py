"""Which area is fetched: a pinned city, a relation, a polygon file, a box, a circle or a study."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.area import LARGEST_AREA_KM2, SMALLEST_AREA_KM2, measure_area, read_polygons
from chargeplan.city_areas import find_city_area
from chargeplan.country import PAKISTAN_LAT_RANGE, PAKISTAN_LON_RANGE
from chargeplan.download.area_shapes import build_box, build_circle, join_numbers, measure_km2
from chargeplan.errors import ConfigError, DataError
from chargeplan.geo import is_in_pakistan
from chargeplan.osm.dataset_paths import check_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chargeplan.config.settings import StudySettings

_LARGEST_ID = 2**63 - 1
_RELATION_TITLE = re.compile(r"(?<=\d) \(.*\)(?=, with)")
_LARGEST_AREA_DOUBT_SHARE = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class FetchArea:
    """An area to fetch.

    Parameters
    ----------
    name : str
        Name of the dataset.
    words : str
        What the area is, such as "relation 16117648 (Multan District)".
    relation_id : int
        OpenStreetMap relation whose boundary it is; 0 when the boundary is known already.
    boundary : shapely.Geometry or None
        EPSG:4326; None until the relation has been fetched.
    expected_km2 : float
        What another source says about the size; 0 when none does.
    expected_level : int
        The admin_level the relation should have; 0 when none is expected.
    note : str
        Why the boundary may differ from `expected_km2`.
    """

    name: str
    words: str
    relation_id: int
    boundary: shapely.Geometry | None
    expected_km2: float = 0.0
    expected_level: int = 0
    note: str = ""


def choose_area(
    name: str,
    *,
    relation: int | None = None,
    polygon: Path | None = None,
    box: Sequence[float] | None = None,
    circle: Sequence[float] | None = None,
    study: StudySettings | None = None,
) -> FetchArea:
    """Choose the area that was asked for; without an option, the city of that name.

    Parameters
    ----------
    name : str
        A city of data/cities.csv, or with an option any name for the dataset.
    relation : int or None
        Id of an OpenStreetMap relation.
    polygon : Path or None
        Vector file with polygons and a CRS.
    box : sequence of 4 floats or None
        West, south, east, north in degrees.
    circle : sequence of 3 floats or None
        Longitude and latitude of the centre in degrees, radius in km.
    study : StudySettings or None
        The `study` section of a config.

    Raises
    ------
    ConfigError
        When the name, the city or the option cannot be used, or two options are given.
    DataError
        When the polygon file or the study's area cannot be used.
    """
    options = {
        "--relation": relation,
        "--polygon": polygon,
        "--box": box,
        "--circle": circle,
        "--study": study,
    }
    given = [option for option, value in options.items() if value is not None]
    if len(given) > 1:
        raise ConfigError(f"got {' and '.join(given)}; an area is given in one way, so leave out all but one")
    if not given:
        return _choose_city(name)
    name = check_name(name)
    if relation is not None:
        return FetchArea(name, f"relation {_check_relation_id(relation)}", relation, None)
    if polygon is not None:
        return FetchArea(name, f"polygons of {polygon.name}", 0, read_polygons(polygon, "--polygon"))
    if box is not None:
        return FetchArea(name, f"box {join_numbers(box)}", 0, build_box(box))
    if circle is not None:
        return FetchArea(name, f"circle {join_numbers(circle)}", 0, build_circle(circle))
    if study is None:
        raise ConfigError("give an area")
    return FetchArea(name, f"area of the study {study.name}", 0, measure_area(study.area)[0])


def check_area(
    boundary: shapely.Geometry, words: str, *, expected_km2: float = 0.0, note: str = ""
) -> list[str]:
    """Check that an area can be fetched; return what is doubtful about it.

    Parameters
    ----------
    boundary : shapely.Geometry
        EPSG:4326.
    words : str
        What the area is, for the messages.
    expected_km2 : float
        What another source says about the size; 0 when none does.
    note : str
        Why it may differ from that.

    Raises
    ------
    DataError
        When it is no area, or smaller than 5 or larger than 10,000 km2.
    """
    area_km2 = measure_km2(boundary)
    if area_km2 == 0.0:
        raise DataError(f"{words}: the area is 0 km2; expected polygons, not points or lines")
    if not SMALLEST_AREA_KM2 <= area_km2 <= LARGEST_AREA_KM2:
        shown = f"{area_km2:,.1f} km2" if math.isfinite(area_km2) else "a large part of the world"
        advice = (
            "choose a larger one" if area_km2 < SMALLEST_AREA_KM2 else "choose a district or a circle in it"
        )
        raise DataError(
            f"{words}: the area is {shown}; expected {SMALLEST_AREA_KM2:.0f} to {LARGEST_AREA_KM2:,.0f} km2; {advice}"
        )
    doubts = []
    west, south, east, north = boundary.bounds
    inside = is_in_pakistan(np.array([west, east]), np.array([south, north]))
    if not inside.all():
        centre = boundary.centroid
        where = "partly outside" if shapely.box(*_PAKISTAN_BOX).intersects(boundary) else "outside"
        doubts.append(
            f"{words}: the area is {where} Pakistan (its centre is at longitude {centre.x:.4f}, latitude "
            f"{centre.y:.4f}; Pakistan is within 60-78 E, 23-38 N); it is fetched, but the figures of chargeplan "
            f"are Pakistan's"
        )
    if expected_km2 and abs(area_km2 - expected_km2) > _LARGEST_AREA_DOUBT_SHARE * expected_km2:
        doubts.append(
            f"{words}: the boundary measures {area_km2:,.0f} km2, data/cities.csv says {expected_km2:,.0f} km2"
            + (f" ({note})" if note else "; look at area.geojson before you rely on it")
        )
    return doubts


def describe_request(area: FetchArea, buffer_km: float) -> str:
    """Describe an area with its margin; equal words are the same request."""
    return f"{area.words}, with {buffer_km:g} km around it"


def get_margin(request: str) -> str:
    """Return the words about the margin in a text of `describe_request`."""
    return request.rpartition(", with ")[2]


def is_same_request(one: str, other: str) -> bool:
    """Tell whether two texts of `describe_request` are of one request; how a relation is called does not matter.

    Examples
    --------
    >>> is_same_request("relation 1 (Multan District), with 2 km around it", "relation 1, with 2 km around it")
    True
    """
    return _RELATION_TITLE.sub("", one) == _RELATION_TITLE.sub("", other)


def parse_numbers(text: str, option: str, form: str) -> list[float]:
    """Read the numbers of an option such as ``--box W,S,E,N``.

    Raises
    ------
    ConfigError
        When they are not as many finite numbers as `form` names.

    Examples
    --------
    >>> parse_numbers("74.3, 31.5, 3", "--circle", "LON,LAT,KM")
    [74.3, 31.5, 3.0]
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    wanted = form.count(",") + 1
    if len(numbers) != wanted or not all(map(math.isfinite, numbers)):
        raise ConfigError(f'{option}: got "{text}"; expected {wanted} numbers: {form}, separated by commas')
    return numbers


_PAKISTAN_BOX = (PAKISTAN_LON_RANGE[0], PAKISTAN_LAT_RANGE[0], PAKISTAN_LON_RANGE[1], PAKISTAN_LAT_RANGE[1])


def _choose_city(name: str) -> FetchArea:
    city = find_city_area(name)
    if city.circle is not None:
        words = f"circle {join_numbers(city.circle)} ({city.words})"
        return FetchArea(city.name, words, 0, build_circle(city.circle), note=city.note)
    return FetchArea(
        city.name,
        f"relation {city.relation_id} ({city.words})",
        city.relation_id,
        None,
        expected_km2=city.area_km2,
        expected_level=city.level,
        note=city.note,
    )


def _check_relation_id(relation: int) -> int:
    if not 0 < relation <= _LARGEST_ID:
        raise ConfigError(
            f"--relation: got {relation}; expected the id of an OpenStreetMap relation, such as 358002; ask "
            f'"chargeplan find-area NAME" for it'
        )
    return relation
