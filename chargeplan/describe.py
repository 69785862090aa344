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
        f"{len(travel.out_of_reach_cell_pos):,} cells reach no site in that time, "
        f"{len(travel.off_network_cell_pos):,} others are too far from every road"
    )


def _count_words(words: pd.Series) -> str:
    """Count each word, in the order of the words."""
    return ", ".join(f"{count:,} {word}" for word, count in words.value_counts().sort_index().items())
