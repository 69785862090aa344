"""Driving times from every demand cell to every site, within a limit."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra

from chargeplan.errors import name_rows
from chargeplan.records import DemandCells, TravelTable
from chargeplan.travel.reduction import reduce_graph
from chargeplan.units import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from chargeplan.config.settings import TravelSettings
    from chargeplan.records import CandidateSites, Floats, Ints, RoadNetwork

LOG = logging.getLogger(__name__)

# Above this share of the energy a plan for the rest misleads, so it is said.
_OFF_NETWORK_WARNING_SHARE = 0.02


def build_travel_table(
    network: RoadNetwork, cells: DemandCells, sites: CandidateSites, settings: TravelSettings
) -> TravelTable:
    """Find the driving time from each cell to each site, where it is within the limit.

    Times are pure network times from the node of the cell to the node of the site, in the
    driving direction; the straight bits between a place and its node are not counted. A cell
    and a site at the same node are 0 seconds apart. A time equal to the limit is within it.

    Parameters
    ----------
    network : RoadNetwork
    cells : DemandCells
        Cells with ``node_pos`` -1 are listed in `TravelTable.off_network_cell_pos`.
    sites : CandidateSites
    settings : TravelSettings
        ``limit_min`` and ``block_sites``. Memory is bounded by
        ``block_sites * (n_nodes + n_cells) * 8`` bytes besides the table; the result does not
        depend on the block size.

    Returns
    -------
    TravelTable
        Sorted by cell and then by site.

    Notes
    -----
    Dijkstra's algorithm with a limit runs once per distinct site node on the reversed graph:
    a shortest path from the site there is a shortest path to the site here. There are fewer
    sites than cells, and the limit keeps each search local. Before that, nodes of no cell and
    no site are eliminated where this is exact and cheap (`reduce_graph`); sums in another
    order may differ from a search on the whole graph in the last digits.
    """
    limit_s = settings.limit_min * SECONDS_PER_MINUTE
    snapped_cell_pos = np.flatnonzero(cells.node_pos >= 0)
    site_node_pos = sites.table["node_pos"].to_numpy(dtype=np.int64)
    column, site_pos, seconds = _search_to_sites(
        network.seconds,
        site_node_pos,
        cells.node_pos[snapped_cell_pos],
        limit_s=limit_s,
        block_sites=settings.block_sites,
    )
    cell_pos = snapped_cell_pos[column]
    n_cells, n_sites = len(cells.cell_id), len(site_node_pos)
    is_reached = np.bincount(cell_pos, minlength=n_cells) > 0
    order = np.argsort(cell_pos * max(n_sites, 1) + site_pos, kind="stable")
    off_network_cell_pos = np.flatnonzero(cells.node_pos < 0)
    _warn_about_off_network(cells, off_network_cell_pos)
    return TravelTable(
        cell_pos=cell_pos[order],
        site_pos=site_pos[order],
        seconds=seconds[order],
        n_cells=n_cells,
        n_sites=n_sites,
        limit_s=limit_s,
        off_network_cell_pos=off_network_cell_pos,
        out_of_reach_cell_pos=snapped_cell_pos[~is_reached[snapped_cell_pos]],
    )


def _search_to_sites(
    forward_seconds: sp.csr_array,
    site_node_pos: Ints,
    cell_node_pos: Ints,
    *,
    limit_s: float,
    block_sites: int,
) -> tuple[Ints, Ints, Floats]:
    """Return cell column, site row and seconds of every pair within the limit, in no promised order."""
    is_kept = np.zeros(forward_seconds.shape[0], dtype=bool)
    is_kept[site_node_pos] = is_kept[cell_node_pos] = True
    smaller, row_of_node = reduce_graph(forward_seconds, is_kept)
    reversed_seconds = sp.csr_array(smaller.T)
    site_node_pos, cell_node_pos = row_of_node[site_node_pos], row_of_node[cell_node_pos]
    # Several sites may share a node; it is searched once and its row handed to each of them.
    by_node = np.argsort(site_node_pos, kind="stable")
    nodes, first, n_sharing = np.unique(site_node_pos[by_node], return_index=True, return_counts=True)
    parts: list[tuple[Ints, Ints, Floats]] = []
    for start in range(0, len(nodes), block_sites):
        block = slice(start, start + block_sites)
        node_seconds = dijkstra(reversed_seconds, indices=nodes[block], limit=limit_s)
        near = node_seconds[:, cell_node_pos]
        if n_sharing[block].max() > 1:
            near = np.repeat(near, n_sharing[block], axis=0)
        row, column = np.nonzero(np.isfinite(near))
        parts.append((column, by_node[first[start] + row], near[row, column]))
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    columns, rows, seconds = zip(*parts, strict=True)
    return np.concatenate(columns), np.concatenate(rows), np.concatenate(seconds)


def _warn_about_off_network(cells: DemandCells, off_network_cell_pos: Ints) -> None:
    """Warn when the cells without a road hold more energy than a plan should leave out."""
    total_kwh_day = float(cells.total_kwh_day.sum())
    lost_kwh_day = float(cells.total_kwh_day[off_network_cell_pos].sum())
    if total_kwh_day > 0 and lost_kwh_day > _OFF_NETWORK_WARNING_SHARE * total_kwh_day:
        LOG.warning(
            "%d cells with %.1f %% of the energy are farther than demand.snap_limit_m from every road and "
            "cannot be served (%s); check that the network file covers the study area",
            len(off_network_cell_pos),
            100 * lost_kwh_day / total_kwh_day,
            name_rows(cells.cell_id[off_network_cell_pos]),
        )
