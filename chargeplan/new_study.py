"""The text of a new study: a commented config for a city of the register or for any place."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chargeplan.errors import ConfigError

if TYPE_CHECKING:
    from chargeplan.cities import City

_SCHEMA = Path(__file__).resolve().parent / "config" / "schema.json"
# Larger studies begin with coarser hexagons (0.7 instead of 0.1 km2), so that a first run stays quick.
_LARGEST_FINE_KM2 = 800.0
_FIRST_BUDGET_PKR = 200e6
_PLAIN_TEXT = re.compile(r"[A-Za-z./][\w ./(),'-]*")
_YAML_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])


@dataclass(frozen=True, slots=True)
class NewStudy:
    """What a new config is written from.

    Parameters
    ----------
    name, title : str
    area : str
        The line below ``area:``, such as ``box: [74.1, 31.3, 74.5, 31.6]``; empty with `polygon`.
    area_note : str
        What the area is.
    area_km2 : float
        0 when it is not known yet.
    city : City or None
        Whose figures count.
    takes_box_of_city : bool
        True when the area is the study box of the city, so that the people of its tehsils are those
        of the study.
    people : float or None
        People of the study, when the planner gave them.
    fetch : str
        Words after ``chargeplan fetch`` that bring the roads; empty for ``--study`` and this file.
    polygon : Path or None
        File with the boundary.
    """

    name: str
    title: str
    area: str
    area_note: str
    area_km2: float
    city: City | None = None
    takes_box_of_city: bool = False
    people: float | None = None
    fetch: str = ""
    polygon: Path | None = None


def describe_city_study(city: City, area_km2: float) -> NewStudy:
    """Describe the study of a whole city of the register."""
    box = ", ".join(f"{value:.2f}" for value in city.study_box)
    return NewStudy(
        name=city.name,
        title=city.title,
        area=f"box: [{box}]",
        area_note=city.study_box_note,
        area_km2=area_km2,
        city=city,
        takes_box_of_city=True,
    )


def create_study_file(path: Path, study: NewStudy, *, datasets: Path, runs: Path) -> None:
    """Write a new config and never over a file that is there.

    Parameters
    ----------
    path : Path
    study : NewStudy
    datasets, runs : Path
        Folders of the fetched data and of the runs; written relative to the config.

    Raises
    ------
    ConfigError
        When there is a file of that name, or no such folder.
    """
    text = write_study(study, path=path, datasets=datasets, runs=runs)
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}; make it, or name another with --out")
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise ConfigError(
            f"{path} is there already and was left as it is; name another file with --out"
        ) from error


def write_study(study: NewStudy, *, path: Path, datasets: Path, runs: Path) -> str:
    """Write the text of a new config that will lie at `path`."""

    def show(target: Path) -> str:
        return _write_path(target, path)

    roads = datasets / study.name / f"{study.name}.osm.pbf"
    fetch = study.fetch or f"--study {path.as_posix()}"
    return "".join(
        [
            f"# yaml-language-server: $schema={show(_SCHEMA)}\n",
            f"# {study.title} on real OpenStreetMap roads.\n#\n",
            "# Roads and places come with one command:\n",
            f"#   chargeplan fetch {fetch}\n",
            f"# then: chargeplan check {path.as_posix()}   and: chargeplan run {path.as_posix()}\n",
            "# What the study rests on, weakest first:\n",
            f"#   chargeplan sources {path.as_posix()}\n",
            _write_study_section(study, "" if study.polygon is None else show(study.polygon)),
            _NETWORK.format(roads=_write_word(show(roads))),
            _write_demand_section(study, show(datasets / f"{study.name}_population.tif")),
            _write_planning_sections(study),
            f"publish:\n  folder: {_write_word(show(runs))}\n",
        ]
    )


def _write_path(target: Path, config: Path) -> str:
    """Write a path as the config that reads it takes it."""
    folder = config.absolute().parent
    try:
        return Path(os.path.relpath(target.absolute(), folder)).as_posix()
    except ValueError:  # Windows knows no way from one drive to another
        return target.absolute().as_posix()


def _write_word(text: str) -> str:
    """Write a text for YAML, in quotes where it could mean something else."""
    is_plain = _PLAIN_TEXT.fullmatch(text) and text.casefold() not in _YAML_WORDS and text == text.strip()
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _write_study_section(study: NewStudy, polygon: str) -> str:
    lines = [
        "",
        "study:",
        f"  name: {_write_word(study.name)}",
        f"  title: {_write_word(study.title)}",
        "  year: 2030 # 2026 to 2040; sets the stock of vehicles and how many are electric",
    ]
    if study.city is not None:
        lines.append(
            f"  city: {study.city.name} # {study.city.disco}; share of the national stock, tariff and outages"
        )
    lines += ["  area:"]
    if study.area_note:
        lines += [f"    # {line}" for line in _wrap(study.area_note)]
    return "\n".join([*lines, f"    polygon: {_write_word(polygon)}" if polygon else f"    {study.area}", ""])


_NETWORK = """
network:
  path: {roads}
  speed_factor: 0.7 # driven speed as a share of the free speed; assumption
"""


def _write_demand_section(study: NewStudy, raster: str) -> str:
    resolution = 9 if study.area_km2 <= _LARGEST_FINE_KM2 else 8
    size = {9: "0.1", 8: "0.7"}[resolution]
    lines = [
        "",
        "demand:",
        f"  cell_resolution: {resolution} # hexagons of about {size} km2"
        + ("" if resolution == 9 else "; 9 is finer and takes longer"),
        "  scenario: nev-2030 # or today-2026, pave-fy26, nevp-2019, bau, outage-stress",
        "  population:",
    ]
    if study.city is not None and study.takes_box_of_city:
        return "\n".join([*lines, *_write_tehsils(study.city), ""])
    if study.people is not None:
        people = f"{study.people:.0f}"
        lines += [
            "    # One total, spread over the cells by road length and places.",
            "    source: figures",
            "    figures:",
            f"      - name: {_write_word(study.title)}",
            f"        people: {people}",
            '        source: "given to chargeplan init; write here where it comes from"',
            "",
        ]
        return "\n".join(lines)
    lines += [
        "    # A grid of people that you bring: a GeoTIFF of counts, such as WorldPop or GHSL. With a census",
        "    # total alone write instead:  source: figures  and  figures: [{name: ..., people: ..., source: ...}]",
        "    source: raster",
        f"    path: {_write_word(raster)}",
        "",
    ]
    return "\n".join(lines)


def _write_tehsils(city: City) -> list[str]:
    lines = [
        "    # Census figures of the tehsils, spread over the cells by road length and places, because no open",
        "    # polygons of tehsils were found. The shares that live in the box are assumptions (data/cities.yaml);",
        "    # a population grid is better: source: raster (or points, csv), and credit it in study.credits.",
        "    source: figures",
        "    figures:",
    ]
    for district, name, tehsil in city.list_tehsils():
        if tehsil.share_in_box == 0:
            continue
        why = f" # {tehsil.why}" if tehsil.why else ""
        lines += [
            f"      - name: {_write_word(f'{name}, {district} District')}",
            f"        people: {tehsil.people}",
            f"        share_in_area: {tehsil.share_in_box:g}{why}",
            "        source: Population and Housing Census 2023, table 1 (Pakistan Bureau of Statistics)",
        ]
    return lines


def _write_planning_sections(study: NewStudy) -> str:
    budget_pkr = study.city.budget_pkr if study.city and study.takes_box_of_city else _FIRST_BUDGET_PKR
    return f"""
sites:
  kinds: [fuel, parking, mall, supermarket, hospital, university, bus_station, hotel, industrial_estate]
  min_spacing_m: 300
  snap_limit_m: 250

travel:
  limit_min: 10

model:
  mode: allocate # decide where, and how many chargers
  budget_pkr: {budget_pkr / 1e6:g}e6 # a round sum to begin with; assumption
  nearest_sites: 20 # a cell may use its 20 nearest sites
  charger:
    power_kw: 60
    hours_day: 16 # assumption
    max_utilisation: 0.35 # assumption
    levels: [1, 2, 4, 6, 8, 12]

solve:
  time_limit_s: 300
  gap: 0.01 # stop when no plan can be more than 1 % better

"""


def _wrap(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 100)
