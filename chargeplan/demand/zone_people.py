"""The people of each zone: from a column, from figures of the config, or from the census by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.cities import read_register
from chargeplan.errors import name_rows
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chargeplan.config.settings import ZoneTotals
    from chargeplan.errors import FaultCollector
    from chargeplan.records import Bools, Floats

KEY = "demand.population.zones"


@dataclass(frozen=True, slots=True, eq=False)
class ZonePeople:
    """People of each polygon.

    Parameters
    ----------
    people : ndarray of float64, shape (n_zones,)
        As read; not checked.
    is_lost : ndarray of bool, shape (n_zones,)
        Polygons without a figure; a fault was added for them.
    origin, confidence : str
        Where the figures come from.
    """

    people: Floats
    is_lost: Bools
    origin: str
    confidence: str


def find_zone_people(
    ids: list[str],
    districts: list[str] | None,
    numbers: Any | None,
    settings: ZoneTotals,
    faults: FaultCollector,
) -> ZonePeople:
    """Find the people of each polygon.

    Parameters
    ----------
    ids : list of str
        Zones in the order of the layer.
    districts : list of str or None
        District of each, to tell tehsils of one name apart.
    numbers : pandas.Series or None
        The column `settings.people_column`.
    settings : ZoneTotals
    faults : FaultCollector
        Gets a fault for polygons without people and for people without a polygon.
    """
    if numbers is not None:
        import pandas as pd

        people = pd.to_numeric(numbers, errors="coerce").to_numpy(dtype=np.float64)
        origin = f"{settings.path.name}, column {settings.people_column}"
        return ZonePeople(people, np.zeros(len(ids), dtype=np.bool_), origin, "planner")
    matcher = _Matcher(settings, faults)
    if settings.figures:
        given = [figure.zone for figure in settings.figures]
        twice = sorted(name for name, count in Counter(map(fold_name, given)).items() if count > 1)
        if twice:
            faults.add(f"{KEY}.figures: more than one figure for {name_rows(twice)}; keep one for each zone")
        people, is_lost = matcher.match(
            ids, {figure.zone: figure.people for figure in settings.figures}, given
        )
        return ZonePeople(people, is_lost, "; ".join(sorted({f.source for f in settings.figures})), "planner")
    people, is_lost = _match_census(ids, districts, settings, matcher)
    note = read_register().fields["people"]
    return ZonePeople(people, is_lost, f"{note.source}, {note.year}; data/cities.yaml", note.confidence)


def fold_name(text: str) -> str:
    """Write a name as it is compared: case, hyphens and spaces do not count.

    Examples
    --------
    >>> fold_name("Gulshan-E-Iqbal ")
    'gulshan e iqbal'
    """
    return " ".join(text.casefold().replace("-", " ").split())


def _match_census(
    ids: list[str], districts: list[str] | None, settings: ZoneTotals, matcher: _Matcher
) -> tuple[Floats, Bools]:
    """Match names with the census; a district of which one tehsil is drawn must be drawn whole."""
    rows = sorted(
        {
            (district, tehsil, float(figures.people))
            for city in read_register().cities.values()
            for district, tehsil, figures in city.list_tehsils()
        }
    )
    if settings.census == "district":
        totals = {
            district: sum(people for other, _, people in rows if other == district) for district, _, _ in rows
        }
        return matcher.match(ids, totals, [])
    if districts is not None:
        begun = {fold_name(district) for district in districts}
        pairs = [f"{zone} ({district})" for zone, district in zip(ids, districts, strict=True)]
        people_of = {f"{tehsil} ({district})": people for district, tehsil, people in rows}
        whole = [f"{tehsil} ({district})" for district, tehsil, _ in rows if fold_name(district) in begun]
        return matcher.match(pairs, people_of, whole)
    named = {fold_name(zone) for zone in ids}
    n_districts = Counter(fold_name(tehsil) for _, tehsil, _ in rows)
    doubtful = sorted(zone for zone in ids if n_districts[fold_name(zone)] > 1)
    if doubtful:
        matcher.faults.add(
            f"{KEY}.census: {settings.path.name}: tehsils with one name in several districts: {name_rows(doubtful)}; "
            f"name the column with the district in {KEY}.district_column"
        )
    sure = [row for row in rows if n_districts[fold_name(row[1])] == 1]
    begun = {district for district, tehsil, _ in sure if fold_name(tehsil) in named}
    # Doubtful names were told; they are matched with any of theirs, so that they are not told twice.
    return matcher.match(
        ids,
        {tehsil: people for _, tehsil, people in rows},
        [tehsil for district, tehsil, _ in sure if district in begun],
    )


@dataclass(frozen=True, slots=True)
class _Matcher:
    """Matches the ids of polygons with names that have people."""

    settings: ZoneTotals
    faults: FaultCollector

    def match(self, ids: list[str], people_of: Mapping[str, float], whole: list[str]) -> tuple[Floats, Bools]:
        """Find the people of each id; those of `whole` without a polygon are a fault too."""
        key = f"{KEY}.figures" if self.settings.figures else f"{KEY}.census"
        name, column = self.settings.path.name, self.settings.id_column
        folded = {fold_name(zone): people for zone, people in people_of.items()}
        people = np.array([folded.get(fold_name(zone), np.nan) for zone in ids], dtype=np.float64)
        is_lost = np.array([fold_name(zone) not in folded for zone in ids], dtype=np.bool_)
        lost = [zone for zone, is_so in zip(ids, is_lost, strict=True) if is_so and zone]
        if lost:
            self.faults.add(
                f"{key}: no people for {count_things(len(lost), 'polygon')} of {name}: "
                f"{_name(lost, list(people_of))}; write the names as in the source, give a figure, or drop the polygons"
            )
        drawn = {fold_name(zone) for zone in ids}
        left = [zone for zone in whole if fold_name(zone) not in drawn]
        if left:
            self.faults.add(
                f'{key}: no polygon of {name} (column "{column}") for {count_things(len(left), "zone")}: '
                f"{_name(left, ids)}; draw the missing ones, or write the names as there"
            )
        return people, is_lost


def _name(words: list[str], known: list[str]) -> str:
    """Name the first few words, each with the nearest known one."""
    original = {fold_name(text): text for text in known if text}
    shown = []
    for word in words[:5]:
        near = get_close_matches(fold_name(word), original, n=1, cutoff=0.7)
        shown.append(f'"{word}"' + (f' (did you mean "{original[near[0]]}"?)' if near else ""))
    return name_rows(shown + [""] * (len(words) - len(shown)))
