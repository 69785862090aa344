"""How people became energy on one page, for the terminal and the map."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.vehicle_words import list_classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from chargeplan.records import DemandCells

WIDTH = 80
LEGEND = (
    "* is an assumption or rests on one, no source found, and so does what follows in its line; "
    "*/all: how many of the figures behind the line are assumptions. demand.csv names each with its source"
)
SUMS = (
    "where the kWh/day are charged: overnight + destination + fast = public,",
    "public + depots + swapped + home (a plug of one's own) = kWh/day",
)
# From people to energy: heading, step of the explanation after the class, decimals, width.
_CHAIN = (
    ("per 1000", "", 2, 9),
    ("vehicles", "vehicles", 0, 11),
    ("electric", "electric share", 4, 9),
    ("EVs", "electric vehicles", 0, 9),
    ("km/day", "km day", 0, 7),
    ("kWh/km", "kwh km", 3, 7),
    ("kWh/day", "all charging", 0, 9),
)
# Where the energy is charged: three parts that make public, and three more that make kWh/day.
_PLACES = (
    ("overnight", "overnight charging", 0, 10),
    ("destination", "destination charging", 0, 12),
    ("fast", "fast charging", 0, 8),
    ("public", "public charging", 0, 9),
    ("depots", "depot charging", 0, 9),
    ("swapped", "energy of swapped batteries", 0, 9),
    ("home", "", 0, 9),
)
_COLUMNS = (*_CHAIN, *_PLACES)
_WITHOUT_TOTAL = {"km/day", "kWh/km"}
# How the steps of the figures behind a column begin, after the class.
_BEHIND = {
    "per 1000": (
        "national sales of",
        "growth before",
        "growth after",
        "median life",
        "survival shape",
        "vehicles per person, city by nation",
    ),
    "electric": (
        "recorded electric stock",
        "electric growth",
        "electric part of sales",
        "electric vehicles recorded",
    ),
    "km/day": ("km day",),
    "kWh/km": ("kwh km",),
    "": ("overnight share", "destination share", "fast share", "depot share", "swap share"),
}
# Where one of these was given and not computed, it stands for all figures behind its column.
_GIVEN = {
    "per 1000": ("vehicles per 1,000 people", "vehicles of all people read"),
    "electric": ("electric share",),
}


@dataclass(frozen=True, slots=True)
class DemandRow:
    """A line of the table.

    Parameters
    ----------
    name : str
        Vehicle class, or "all".
    figures : dict of str to float or None
        By heading; None has no total.
    assumed : frozenset of str
        Headings whose figure is an assumption or rests on one.
    n_assumed, n_behind : int
        Assumptions among the figures behind the line, and all of them.
    """

    name: str
    figures: dict[str, float | None]
    assumed: frozenset[str]
    n_assumed: int
    n_behind: int

    def format(self) -> dict[str, str]:
        """Write each figure with its decimals; with a star where it rests on an assumption."""
        texts = {}
        for heading, _, decimals, _ in _COLUMNS:
            value = self.figures[heading]
            if value is None:
                texts[heading] = ""
                continue
            text = f"{value:.2%}" if heading == "electric" else f"{value:,.{decimals}f}"
            texts[heading] = text + "*" * (heading in self.assumed)
        return texts


@dataclass(frozen=True, slots=True)
class DemandTable:
    """How people became energy.

    Parameters
    ----------
    heading : str
        Year, city and scenario.
    people : float
        In the study area.
    counted : tuple of str
        How the grid and the census count them, where a study has either.
    rows : tuple of DemandRow
        By vehicle class, "all" last.
    hours : tuple of (str, str, float, float)
        Period of the day, what stations serve then and what depots take, kWh.
    plugs : tuple of str
        How much of the energy cannot use the chargers planned.
    policy : tuple of (str, str, float, float)
        Vehicle class, or "all", year, electric stock of the nation by the scenario, and the policy's target.
    """

    heading: str
    people: float
    counted: tuple[str, ...]
    rows: tuple[DemandRow, ...]
    hours: tuple[tuple[str, float, float], ...]
    plugs: tuple[str, ...]
    policy: tuple[tuple[str, str, float, float], ...]


def read_demand_table(cells: DemandCells, charger_power_kw: Sequence[float] = ()) -> DemandTable:
    """Read how people became energy from `cells.explanation`, where the source of each figure stands.

    Public is what stations can serve: overnight, destination and fast charging. Public, depots,
    swapped and home sum to kWh/day.

    Parameters
    ----------
    cells : DemandCells
    charger_power_kw : sequence of float
        Of each charger type that is planned; classes that can use none of them are named.
    """
    explanation = cells.explanation.drop_duplicates("step").set_index("step")
    told = explanation["value"]
    people = float(told["people in the study area"])
    rows = [_read_row(name, explanation, people) for name in cells.classes]
    total = {
        heading: None if heading in _WITHOUT_TOTAL else sum(row.figures[heading] or 0.0 for row in rows)
        for heading, _, _, _ in _COLUMNS
    }
    vehicles = total["vehicles"] or 0.0
    total["electric"] = (total["EVs"] or 0.0) / vehicles if vehicles > 0 else 0.0
    n_assumed, n_behind = (sum(getattr(row, name) for row in rows) for name in ("n_assumed", "n_behind"))
    heading = "demand"
    if "year of the demand" in told:
        year = explanation.loc["year of the demand"]
        heading = f"demand of {year['value']:.0f}: {year['source']}"
    by_hours = (
        part.sum(axis=(0, 1)).tolist() for part in (cells.kwh_day_by_period, cells.depot_kwh_day_by_period)
    )
    return DemandTable(
        heading=heading,
        people=people,
        counted=tuple(_tell_counts(told)),
        rows=(*rows, DemandRow("all", total, frozenset(), n_assumed, n_behind)),
        hours=tuple(zip(cells.periods, *by_hours, strict=True)),
        plugs=tuple(_tell_plugs(cells, charger_power_kw)),
        policy=tuple(_read_policy(cells, told)),
    )


def _read_row(name: str, explanation: pd.DataFrame, people: float) -> DemandRow:
    told = explanation["value"]
    figures: dict[str, float | None] = {
        heading: float(told.get(f"{name}: {step}", 0.0)) for heading, step, _, _ in _COLUMNS if step
    }
    parts = ("public", "depots", "swapped")
    at_home = (figures["kWh/day"] or 0.0) - sum(figures[part] or 0.0 for part in parts)
    figures["home"] = max(at_home, 0.0)
    figures["per 1000"] = (figures["vehicles"] or 0.0) / people * 1000 if people > 0 else 0.0
    behind = {heading: _find_confidences(name, heading, explanation) for heading in _BEHIND}
    every = [word for words in behind.values() for word in words]
    assumed = frozenset(heading for heading, words in behind.items() if "assumption" in words)
    return DemandRow(name, figures, assumed, every.count("assumption"), len(every))


def _find_confidences(name: str, heading: str, explanation: pd.DataFrame) -> list[str]:
    """Find how far each figure behind a column can be trusted; what is computed from others is none."""
    confidence = explanation["confidence"]
    for step in _GIVEN.get(heading, ()):
        given = confidence.get(f"{name}: {step}", "computed")
        if given != "computed":
            return [given]
    begins = tuple(f"{name}: {words}" for words in _BEHIND[heading])
    words = confidence[confidence.index.str.startswith(begins)]
    return [str(word) for word in words if word != "computed"]


def _read_policy(cells: DemandCells, told: pd.Series) -> Iterator[tuple[str, str, float, float]]:
    for name in (*cells.classes, "all"):
        target = told[told.index.str.startswith(f"{name}: policy's stock target for ")]
        for step, value in target.items():
            year = str(step).rpartition(" ")[2]
            yield name, year, float(told[f"{name}: national electric stock, {year}"]), float(value)


def _tell_plugs(cells: DemandCells, charger_power_kw: Sequence[float]) -> Iterator[str]:
    """Tell which classes cannot use any of the chargers that are planned."""
    cannot = [not any(usable) for usable in zip(*map(cells.can_use, charger_power_kw), strict=True)]
    if not any(cannot):
        return
    share = float(cells.kwh_day[:, cannot].sum()) / max(float(cells.kwh_day.sum()), 1e-12)
    names = list_classes(name for name, is_left in zip(cells.classes, cannot, strict=True) if is_left)
    powers = " or ".join(f"{kw:g}" for kw in charger_power_kw)
    yield f"{share:.0%} of the public energy is of vehicles that cannot use {powers} kW: {names}"


def _tell_counts(told: pd.Series) -> Iterator[str]:
    """Tell how many people the grid and the census of the city count."""
    counted = "people in the study area, as the grid counts them"
    if counted in told:
        yield f"{float(told[counted]):,.0f} {counted}, times {float(told['factor of the whole grid']):.4f}"
    for step in told.index[told.index.str.startswith("people of the study box of ")]:
        city = str(step).rpartition(" ")[2]
        people = f"{float(told[f'people of {city}']):,.0f} people in the districts of {city}"
        yield f"{people} by the census, {float(told[step]):,.0f} in the study box of the city register"


def tabulate_demand(cells: DemandCells, charger_power_kw: Sequence[float] = ()) -> str:
    """Write on one page, 80 columns wide, how people became energy."""
    table = read_demand_table(cells, charger_power_kw)
    rows = [(row, row.format()) for row in table.rows]
    lines = [table.heading, f"{table.people:,.0f} people in the study area", *table.counted, ""]
    lines.append(
        f"{'class':<13}" + "".join(_align(heading, width) for heading, _, _, width in _CHAIN) + " */all"
    )
    for row, texts in rows:
        chain = "".join(_align(texts[heading], width) for heading, _, _, width in _CHAIN)
        lines.append(f"{row.name:<13}{chain}{f'{row.n_assumed}/{row.n_behind}':>6}")
    lines += ["", *SUMS]
    lines.append(f"{'class':<13}" + "".join(f"{heading:>{width}}" for heading, _, _, width in _PLACES))
    for row, texts in rows:
        lines.append(
            f"{row.name:<13}" + "".join(f"{texts[heading]:>{width}}" for heading, _, _, width in _PLACES)
        )
    lines += ["", "kWh by hours  " + "".join(f"{name:>11}" for name, _, _ in table.hours)]
    lines.append("public        " + "".join(f"{public:>11,.0f}" for _, public, _ in table.hours))
    lines.append("depots        " + "".join(f"{depots:>11,.0f}" for _, _, depots in table.hours))
    if table.policy:
        lines += [
            "",
            f"{'electric in the nation':<24}year{'by share of sales':>20}{'policy target':>18}{'difference':>14}",
        ]
    lines += [
        f"{name:<24}{year:>4}{stock:>20,.0f}{target:>18,.0f}{stock - target:>+14,.0f}"
        for name, year, stock, target in table.policy
    ]
    lines += ["", *table.plugs, LEGEND]
    return "\n".join(part for line in lines for part in _wrap(line))


def _wrap(line: str) -> list[str]:
    return [line.rstrip()] if len(line.rstrip()) <= WIDTH else textwrap.wrap(line, WIDTH)


def _align(text: str, width: int) -> str:
    """Put a text to the right, with its star beyond the last digit."""
    return f"{text:>{width}}" if text.endswith("*") else f"{text:>{width - 1}} "
