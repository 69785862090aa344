"""Records in one line each, for the progress of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from chargeplan.records import CandidateSites, DemandCells, RoadNetwork, TravelTable
from chargeplan.units import METRES_PER_KM, SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator


def describe_network(network: RoadNetwork) -> str:
    """Count a network in one line."""
    length_km = float(network.roads["length_m"].sum()) / METRES_PER_KM
    return (
        f"{len(network.node_id):,} nodes, {network.seconds.nnz:,} edges, {length_km:,.0f} km of roads, "
        f"{network.imputed_speed_share:.0%} of speeds from the class table, "
        f"{len(network.repairs):,} kinds of repairs"
    )


def describe_demand(cells: DemandCells) -> str:
    """Count the demand in one line: what went in and where it is."""
    return (
        f"{len(cells.cell_id):,} cells; {cells.people_in:,.0f} people = {cells.people.sum():,.0f} in cells + "
        f"{cells.people_outside:,.0f} outside; {cells.kwh_day_in:,.0f} kWh/day = {cells.kwh_day.sum():,.0f} + "
        f"{cells.kwh_day_outside:,.0f}"
    )


def describe_sites(sites: CandidateSites) -> str:
    """Count the sites by status, and the removed ones by reason."""
    kept, gone = _count_words(sites.table["status"]), _count_words(sites.removed["reason"])
    removed = f"{len(sites.removed):,} ({gone})" if gone else "none"
    return f"{len(sites.table):,} sites ({kept}); removed {removed}"


def describe_travel(travel: TravelTable) -> str:
    """Count the pairs, and name the cells that have none."""
    return (
        f"{len(travel.seconds):,} pairs within {travel.limit_s / SECONDS_PER_MINUTE:g} min; "
        f"{len(travel.out_of_reach_cell_pos):,} cells reach no site in that time, "
        f"{len(travel.off_network_cell_pos):,} others are too far from every road"
    )


def _count_words(words: pd.Series) -> str:
    """Count each word, in the order of the words."""
    return ", ".join(f"{count:,} {word}" for word, count in words.value_counts().sort_index().items())


# Columns of the demand table: heading, step of the explanation after the class, decimals.
_CHAIN = (
    ("vehicles", "vehicles", 0),
    ("electric", "electric share", 4),
    ("EVs", "electric vehicles", 0),
    ("km/day", "km day", 0),
    ("kWh/km", "kwh km", 3),
    ("kWh/day", "all charging", 0),
    ("overnight", "overnight charging", 0),
    ("destination", "destination charging", 0),
    ("fast", "fast charging", 0),
    ("depots", "depot charging", 0),
    ("public", "public charging", 0),
)
_SUMMED = {"vehicles", "EVs", "kWh/day", "overnight", "destination", "fast", "depots", "public"}


@dataclass(frozen=True, slots=True)
class DemandTable:
    """How people became energy.

    Parameters
    ----------
    people : float
        In the study area.
    counted : tuple of str
        How the grid and the census count them, where a study has either.
    rows : tuple of (str, dict)
        Vehicle class, or "all", and its figures by the headings of `_CHAIN`; None has no total.
    hours : str
        Energy that stations can serve, by hours of the day.
    plugs : tuple of str
        What is swapped and no station's, and how much of the rest cannot use the chargers planned.
    policy : tuple of (str, str)
        Vehicle class, or "all", and where the scenario stands beside the policy's target.
    """

    people: float
    counted: tuple[str, ...]
    rows: tuple[tuple[str, dict[str, float | None]], ...]
    hours: str
    plugs: tuple[str, ...]
    policy: tuple[tuple[str, str], ...]


def read_demand_table(cells: DemandCells, charger_power_kw: float | None = None) -> DemandTable:
    """Read how people became energy from `cells.explanation`, where the source of each figure stands.

    Public is what stations can serve: overnight, destination and fast charging.
    """
    told = cells.explanation.set_index("step")["value"]
    rows: list[tuple[str, dict[str, float | None]]] = [
        (name, {heading: float(told[f"{name}: {step}"]) for heading, step, _ in _CHAIN})
        for name in cells.classes
    ]
    totals = {
        heading: sum(float(told[f"{name}: {step}"]) for name in cells.classes) if heading in _SUMMED else None
        for heading, step, _ in _CHAIN
    }
    periods = zip(cells.periods, cells.kwh_day_by_period.sum(axis=(0, 1)).tolist(), strict=True)
    policy = []
    for name in (*cells.classes, "all"):
        target = told[told.index.str.startswith(f"{name}: policy's stock target for ")]
        for step, value in target.items():
            year = str(step).rpartition(" ")[2]
            stock = float(told[f"{name}: national electric stock, {year}"])
            text = (
                f"{stock:,.0f} electric in the nation in {year} by the scenario's share of sales; policy's "
                f"target {float(value):,.0f} on the road ({stock - float(value):+,.0f})"
            )
            policy.append((name, text))
    return DemandTable(
        people=float(told["people in the study area"]),
        counted=tuple(_tell_counts(told)),
        rows=(*rows, ("all", totals)),
        hours="public, kWh by hours: " + ", ".join(f"{name} {value:,.0f}" for name, value in periods),
        plugs=tuple(_tell_plugs(cells, told, charger_power_kw)),
        policy=tuple(policy),
    )


def _tell_plugs(cells: DemandCells, told: pd.Series, charger_power_kw: float | None) -> Iterator[str]:
    """Tell what is swapped, and which classes cannot use the chargers that are planned."""
    swapped = {name: float(told.get(f"{name}: energy of swapped batteries", 0.0)) for name in cells.classes}
    if any(swapped.values()):
        parts = ", ".join(f"{name} {kwh_day:,.0f}" for name, kwh_day in swapped.items() if kwh_day > 0)
        yield f"swapped batteries, beside the above: {sum(swapped.values()):,.0f} kWh/day ({parts})"
    if charger_power_kw is None or cells.can_use(charger_power_kw).all():
        return
    cannot = ~cells.can_use(charger_power_kw)
    share = float(cells.kwh_day[:, cannot].sum()) / max(float(cells.kwh_day.sum()), 1e-12)
    names = ", ".join(name for name, is_left in zip(cells.classes, cannot, strict=True) if is_left)
    yield f"{share:.0%} of the public energy is of classes that cannot use {charger_power_kw:g} kW: {names}"


def _tell_counts(told: pd.Series) -> Iterator[str]:
    """Tell how many people the grid and the census of the city count."""
    counted = "people in the study area, as the grid counts them"
    if counted in told:
        yield f"{float(told[counted]):,.0f} {counted}, times {float(told['factor of the whole grid']):.4f}"
    for step in told.index[told.index.str.startswith("people of the study box of ")]:
        city = str(step).rpartition(" ")[2]
        people = f"{float(told[f'people of {city}']):,.0f} people in the districts of {city}"
        yield f"{people} by the census, {float(told[step]):,.0f} in the study box of the city register"


def format_demand(figures: dict[str, float | None]) -> dict[str, str]:
    """Write the figures of a row with the decimals of their headings; nothing where there is none."""
    return {
        heading: "" if figures[heading] is None else f"{figures[heading]:,.{decimals}f}"
        for heading, _, decimals in _CHAIN
    }


def tabulate_demand(cells: DemandCells, charger_power_kw: float | None = None) -> str:
    """Write on one page how people became energy: a line for each class, then hours, plugs and policy."""
    table = read_demand_table(cells, charger_power_kw)
    lines = [
        f"{table.people:,.0f} people in the study area",
        *table.counted,
        f"{'class':<14}" + "".join(f"{heading:>12}" for heading, _, _ in _CHAIN),
    ]
    for name, figures in table.rows:
        lines.append(f"{name:<14}" + "".join(f"{text:>12}" for text in format_demand(figures).values()))
    lines += [table.hours, *table.plugs, *(f"{name}: {text}" for name, text in table.policy)]
    return "\n".join(lines)
