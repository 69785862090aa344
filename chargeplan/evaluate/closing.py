"""What drivers lose when one station closes and all others stay as they are.

Drivers of the closed station go to others that they reach, as far as those have energy left; and a driver of a
full station makes room for them when he can go elsewhere himself. Nobody who is served today loses by that. The
most that can be taken over is a largest flow: from the demand that the station serves, through cells and stations,
to what the stations have left. It is exact but for rounding to a billionth of what the station serves.

Limits beyond capacity (fairness, backup) do not count here, and bands do not either: a kWh served farther away is
a kWh served.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.evaluate.flows import derive_groups, derive_unit_kwh_day
from chargeplan.evaluate.spending import read_chargers
from chargeplan.evaluate.station_peak import derive_charger_kw, list_served_energy
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.evaluate.verify import PlanCase
    from chargeplan.records import Bools, Floats, Ints

_FLOW_UNITS = 1_000_000_000  # what a closed station served, in whole numbers for the flow


@dataclass(frozen=True, slots=True, eq=False)
class ServingNetwork:
    """Which demand reaches which chargers, and what flows, in the last year.

    A unit is the demand of a cell and a group of classes that can use the same chargers; a slot is a charger
    type of an open site.

    Parameters
    ----------
    unit_kwh_day : ndarray, shape (n_units,)
    slot_site : ndarray of int64, shape (n_slots,)
    slot_kwh_day : ndarray, shape (n_slots,)
        What each can deliver, infinite in cover mode.
    reach : scipy.sparse.csr_array, shape (n_units, n_slots)
        1 where a unit reaches a slot that it can use.
    flow_kwh_day : scipy.sparse.csc_array, shape (n_units, n_slots)
        What is served.
    n_sites : int
    """

    unit_kwh_day: Floats
    slot_site: Ints
    slot_kwh_day: Floats
    reach: sp.csr_array
    flow_kwh_day: sp.csc_array
    n_sites: int


def build_serving_network(plan: PlanCase) -> ServingNetwork:
    """Build the network of demand and open chargers of the last year."""
    chargers = read_chargers(plan)[-1]
    n_types = chargers.shape[1]
    is_slot = (chargers > 0).ravel()
    slot_pos = np.cumsum(is_slot) - 1
    slots = np.flatnonzero(is_slot)
    demand, can_use = _list_units(plan)
    n_groups, problem = len(can_use), plan.problem
    rows, columns = [], []
    for group in range(n_groups):
        for kind in range(n_types):
            at = problem.pair_site * n_types + kind
            pairs = np.flatnonzero(is_slot[at] & can_use[group, kind])
            rows.append(problem.pair_cell[pairs] * n_groups + group)
            columns.append(slot_pos[at[pairs]])
    row, column = np.concatenate(rows), np.concatenate(columns)
    wants = demand.ravel()[row] > 0
    shape = (demand.size, len(slots))
    served = list_served_energy(plan)
    return ServingNetwork(
        unit_kwh_day=demand.ravel(),
        slot_site=slots // n_types,
        slot_kwh_day=_list_capacities(plan, chargers)[slots],
        reach=sp.csr_array((np.ones(int(wants.sum())), (row[wants], column[wants])), shape=shape),
        flow_kwh_day=sp.csc_array(
            (
                served.kwh_day,
                (served.cell * n_groups + served.group, slot_pos[served.site * n_types + served.kind]),
            ),
            shape=shape,
        ),
        n_sites=problem.n_sites,
    )


def _list_units(plan: PlanCase) -> tuple[Floats, Bools]:
    """List demand by cell and group, and which group can use which charger type."""
    if plan.is_plain or plan.request.mode is PlanMode.COVER:
        n_types = read_chargers(plan).shape[2]
        return plan.problem.demand_kwh_day[:, None], np.ones((1, n_types), dtype=np.bool_)
    return derive_unit_kwh_day(plan)[-1], derive_groups(plan)[0]


def _list_capacities(plan: PlanCase, chargers: Ints) -> Floats:
    """List what the chargers of each site and type can deliver, shape (n_sites * n_types,), kWh per day."""
    if plan.request.mode is PlanMode.COVER:
        return np.full(chargers.size, np.inf)
    power_kw = derive_charger_kw(plan) * chargers
    capacity = plan.request.compute_capacity_kwh_day(power_kw, plan.sites.has_backup[:, None], chargers)
    return np.asarray(capacity, dtype=np.float64).ravel()


def sum_alone_kwh_day(network: ServingNetwork) -> Floats:
    """Sum by site the demand that reaches no other open station, shape (n_sites,)."""
    unit, slot = network.reach.nonzero()
    site = network.slot_site[slot]
    first = np.full(len(network.unit_kwh_day), network.n_sites, dtype=np.int64)
    last = np.full(len(network.unit_kwh_day), -1, dtype=np.int64)
    np.minimum.at(first, unit, site)
    np.maximum.at(last, unit, site)
    alone = np.flatnonzero((first == last) & (last >= 0))
    return np.asarray(
        np.bincount(last[alone], network.unit_kwh_day[alone], network.n_sites), dtype=np.float64
    )


def merge_alike_units(network: ServingNetwork) -> ServingNetwork:
    """Merge the units that reach the same slots: what one of them does the others can do in its place."""
    reach = network.reach.sorted_indices()
    number: dict[bytes, int] = {}
    merged = np.array(
        [
            number.setdefault(reach.indices[start:end].tobytes(), len(number))
            for start, end in itertools.pairwise(reach.indptr.tolist())
        ],
        dtype=np.int64,
    )
    n_units, n_merged = len(merged), len(number)
    joins = sp.csr_array((np.ones(n_units), (merged, np.arange(n_units))), shape=(n_merged, n_units))
    _, first = np.unique(merged, return_index=True)
    return replace(
        network,
        unit_kwh_day=joins @ network.unit_kwh_day,
        reach=reach[first],
        flow_kwh_day=sp.csc_array(joins @ network.flow_kwh_day),
    )


def compute_dropped_losses(network: ServingNetwork) -> Floats:
    """Compute by site what is no longer served when that station closes, shape (n_sites,), kWh per day."""
    network = merge_alike_units(network)
    load = np.asarray(network.flow_kwh_day.sum(axis=0)).ravel()
    spare = np.maximum(network.slot_kwh_day - load, 0.0)
    loss = np.zeros(network.n_sites)
    for site in np.unique(network.slot_site).tolist():  # one flow problem for each open station
        loss[site] = _lose_site(network, site, spare)
    return loss


def _lose_site(network: ServingNetwork, site: int, spare: Floats) -> float:
    own = network.slot_site == site
    freed = np.asarray(network.flow_kwh_day[:, np.flatnonzero(own)].sum(axis=1)).ravel()
    units = np.flatnonzero(freed > 0)
    kwh_day = freed[units]
    is_movable = network.reach[units] @ (~own).astype(np.float64) > 0
    stuck = float(kwh_day[~is_movable].sum())
    units, kwh_day = units[is_movable], kwh_day[is_movable]
    can_move = float(kwh_day.sum())
    if can_move <= 0 or _has_room_at_once(network, units, np.where(own, 0.0, spare), can_move):
        return stuck
    movers, slots = _find_chains(network, units, own, spare < can_move)
    if float(spare[slots].sum()) <= 0:
        return stuck + can_move
    freed = np.zeros(len(network.unit_kwh_day))
    freed[units] = kwh_day / can_move
    return stuck + can_move * (1.0 - _find_moved_share(network, freed, can_move, movers, slots, spare))


def _has_room_at_once(network: ServingNetwork, units: Ints, spare: Floats, kwh_day: float) -> bool:
    """Tell whether each of the units reaches a slot that has room for all of them."""
    return bool(np.all(network.reach[units] @ (spare >= kwh_day).astype(np.float64) > 0))


def _find_chains(network: ServingNetwork, units: Ints, own: Bools, is_tight: Bools) -> tuple[Ints, Ints]:
    """Find the units that may move and the slots that they may go to, beginning with those of a closed station.

    A slot with room for all that is to be moved passes nothing on.
    """
    is_mover = np.zeros(len(network.unit_kwh_day), dtype=np.bool_)
    seen = own.copy()
    front = units
    while len(front):
        is_mover[front] = True
        slots = np.unique(network.reach[front].indices)
        slots = slots[~seen[slots]]
        seen[slots] = True
        served = np.unique(network.flow_kwh_day[:, slots[is_tight[slots]]].indices)
        front = served[~is_mover[served]]
    return np.flatnonzero(is_mover), np.flatnonzero(seen & ~own)


def _find_moved_share(
    network: ServingNetwork, freed_share: Floats, kwh_day: float, movers: Ints, slots: Ints, spare: Floats
) -> float:
    """Find the largest share of some energy, given by unit, that slots with spare energy can take over.

    Source, sink, units that may move and slots are the nodes, in this order; sizes are shares of the energy.
    """
    from scipy.sparse.csgraph import maximum_flow

    first_slot = 2 + len(movers)
    slot_node = np.arange(first_slot, first_slot + len(slots))
    begins = np.flatnonzero(freed_share[movers] > 0)
    goes = sp.coo_array(network.reach[movers][:, slots])
    stays = sp.coo_array(network.flow_kwh_day[:, slots][movers])
    tail = (np.zeros(len(begins)), 2 + goes.coords[0], first_slot + stays.coords[1], slot_node)
    head = (2 + begins, first_slot + goes.coords[1], 2 + stays.coords[0], np.ones(len(slots)))
    size = (freed_share[movers[begins]], goes.data, stays.data / kwh_day, spare[slots] / kwh_day)
    whole = [np.floor(np.minimum(each, 1.0) * _FLOW_UNITS).astype(np.int32) for each in size]
    n_nodes = first_slot + len(slots)
    ends = np.concatenate(tail).astype(np.int32), np.concatenate(head).astype(np.int32)
    graph = sp.csr_matrix((np.concatenate(whole), ends), shape=(n_nodes, n_nodes))
    moved = int(maximum_flow(graph, 0, 1).flow_value)
    return 1.0 if moved == int(whole[0].sum()) else moved / _FLOW_UNITS
