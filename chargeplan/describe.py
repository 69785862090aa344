"""Records in one line each, for the progress of a run."""

from __future__ import annotations

import pandas as pd

from chargeplan.records import CandidateSites, DemandCells, RoadNetwork, TravelTable
from chargeplan.units import METRES_PER_KM, SECONDS_PER_MINUTE


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
        f"{len(travel.out_of_reach_cell_pos):,} cells reach no site, "
        f"{len(travel.off_network_cell_pos):,} are off the network"
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


def tabulate_demand(cells: DemandCells) -> str:
    """Write on one page how people became energy: a line for each class, then policy and periods.

    Each figure is a line of `cells.explanation`, where its source stands; public is what stations can
    serve: overnight, destination and fast charging.
    """
    told = cells.explanation.set_index("step")["value"]
    people = float(told["people in the study area"])
    lines = [f"{people:,.0f} people in the study area"]
    lines.append(f"{'class':<14}" + "".join(f"{heading:>12}" for heading, _, _ in _CHAIN))
    for name in cells.classes:
        values = (f"{float(told[f'{name}: {step}']):>12,.{decimals}f}" for _, step, decimals in _CHAIN)
        lines.append(f"{name:<14}" + "".join(values))
    totals = (
        f"{sum(float(told[f'{name}: {step}']) for name in cells.classes):>12,.0f}"
        if heading in _SUMMED
        else " " * 12
        for heading, step, _ in _CHAIN
    )
    lines.append(f"{'all':<14}" + "".join(totals))
    periods = zip(cells.periods, cells.kwh_day_by_period.sum(axis=(0, 1)).tolist(), strict=True)
    lines.append("public, kWh by hours: " + ", ".join(f"{name} {value:,.0f}" for name, value in periods))
    for name in (*cells.classes, "all"):
        target = told[told.index.str.startswith(f"{name}: policy's stock target for ")]
        for step, value in target.items():
            year = str(step).rpartition(" ")[2]
            stock = float(told[f"{name}: national electric stock, {year}"])
            lines.append(
                f"{name}: {stock:,.0f} electric in the nation in {year} by the scenario's share of sales; policy's "
                f"target {float(value):,.0f} on the road ({stock - float(value):+,.0f})"
            )
    return "\n".join(lines)
