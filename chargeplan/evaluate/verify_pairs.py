"""The independent check of who charges where: travel table, road network, nearest sites, worth, shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import dijkstra

from chargeplan.errors import name_rows
from chargeplan.evaluate.check_terms import RELATIVE_TOLERANCE, SHARE_TOLERANCE, Faults
from chargeplan.evaluate.derive import derive_can_serve, derive_quality

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase

_SAMPLED_PAIRS = 64


def check_pairs(plan: PlanCase) -> Faults:
    """Every used pair stands in the travel table with the same driving time."""
    n_sites = max(plan.travel.n_sites, 1)
    table_key = plan.travel.cell_pos * n_sites + plan.travel.site_pos
    used = plan.used
    key = plan.problem.pair_cell[used] * n_sites + plan.problem.pair_site[used]
    if table_key.size == 0:
        return ["pairs are used but the travel table is empty"] if used.size else []
    found = np.minimum(np.searchsorted(table_key, key), table_key.size - 1)
    is_missing = table_key[found] != key
    is_other_time = ~is_missing & (
        np.abs(plan.travel.seconds[found] - plan.problem.pair_seconds[used]) > RELATIVE_TOLERANCE
    )
    faults = []
    if is_missing.any():
        faults.append(f"{is_missing.sum()} pairs are not in the travel table: {name_rows(used[is_missing])}")
    if is_other_time.any():
        faults.append(
            f"{is_other_time.sum()} pairs have another driving time: {name_rows(used[is_other_time])}"
        )
    return faults


def check_driving_times(plan: PlanCase) -> Faults:
    """A sample of used pairs is driven again, forward from the cell, on the road network."""
    used = plan.used
    if used.size == 0:
        return []
    sample = used[np.unique(np.linspace(0, used.size - 1, _SAMPLED_PAIRS).astype(np.int64))]
    origin = plan.cells.node_pos[plan.problem.pair_cell[sample]]
    target = plan.sites.table["node_pos"].to_numpy()[plan.problem.pair_site[sample]]
    unique_origin, row = np.unique(origin, return_inverse=True)
    seconds = dijkstra(plan.network.seconds, indices=unique_origin, limit=plan.request.limit_s * 1.01)[
        row, target
    ]
    is_wrong = np.abs(seconds - plan.problem.pair_seconds[sample]) > 1e-3
    return [
        f"{is_wrong.sum()} driving times differ on the network: pairs {name_rows(sample[is_wrong])}"
    ] * bool(is_wrong.any())


def check_nearest_sites(plan: PlanCase) -> Faults:
    """A cell uses only sites among its nearest so many that can serve for us."""
    limit = plan.request.nearest_sites
    if limit <= 0:
        return []
    from chargeplan.evaluate.rebuild_stages import find_serving_sites

    can_serve = derive_can_serve(plan.request, plan.sites) if plan.is_plain else find_serving_sites(plan)
    is_ours = can_serve[plan.travel.site_pos]
    cell_of = plan.travel.cell_pos[is_ours]
    seconds_of = plan.travel.seconds[is_ours]
    starts = np.searchsorted(cell_of, np.arange(plan.travel.n_cells + 1))
    wrong = []
    for pair in plan.used:  # a loop: some thousand used pairs, each over one cell's short list
        cell = plan.problem.pair_cell[pair]
        seconds = seconds_of[starts[cell] : starts[cell + 1]]
        if np.count_nonzero(seconds < plan.problem.pair_seconds[pair] - 1e-9) >= limit:
            wrong.append(int(pair))
    return [f"{len(wrong)} pairs use a site beyond the nearest {limit}: {name_rows(wrong)}"] if wrong else []


def check_quality(plan: PlanCase) -> Faults:
    """The worth of each used pair follows from its driving time and the bands."""
    used = plan.used
    expected = derive_quality(plan.request, plan.problem.pair_seconds[used])
    is_wrong = np.abs(expected - plan.problem.pair_quality[used]) > RELATIVE_TOLERANCE
    return [
        f"{is_wrong.sum()} pairs have another quality than their bands give: {name_rows(used[is_wrong])}"
    ] * bool(is_wrong.any())


def check_shares(plan: PlanCase) -> Faults:
    """Shares lie between 0 and 1, and no cell is served more than once."""
    share = plan.solution.pair_share
    faults = []
    if len(share) != plan.problem.n_pairs:
        return [f"{len(share)} shares for {plan.problem.n_pairs} pairs"]
    if not bool(np.all(np.isfinite(share) & (share >= -SHARE_TOLERANCE) & (share <= 1 + SHARE_TOLERANCE))):
        faults.append("shares outside 0 to 1")
    total = np.bincount(plan.problem.pair_cell, weights=share, minlength=plan.problem.n_cells)
    over = np.flatnonzero(total > 1 + SHARE_TOLERANCE)
    if over.size:
        faults.append(f"{over.size} cells are served more than once: {name_rows(plan.cells.cell_id[over])}")
    return faults
