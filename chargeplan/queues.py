"""What a station can carry at a service target: the load of its queue at the peak hour.

Arrivals at a public station are taken as Poisson and independent of its state, charging times as
exponential (M/M/n/n where a driver who finds every charger busy leaves, M/M/n where drivers wait).
A load is in erlang: arrivals per hour times hours per charge, the number of chargers busy on average
if there were always one free. In energy it is kWh asked per hour over the power of one charger.

Capacity at a target is convex in the number of chargers for small stations (two chargers carry more
than twice the load of one), which is why the model has levels and not a price per kWh of capacity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chargeplan.words import ServiceRule

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_HALVINGS = 60  # of an interval of n erlang: far below the rounding of the loads themselves


def compute_blocked_share(n_chargers: Ints, load_erlang: Floats) -> Floats:
    """Compute the share of drivers who find every charger busy and leave (Erlang B).

    Parameters
    ----------
    n_chargers : ndarray of int64, shape (k,)
        At least 0.
    load_erlang : ndarray, shape (k,)
        Offered load, >= 0.

    Returns
    -------
    ndarray, shape (k,)

    References
    ----------
    Erlang (1917); the recursion B(n) = a B(n-1) / (n + a B(n-1)), B(0) = 1, is stable for every load.

    Examples
    --------
    >>> compute_blocked_share(np.array([1, 2]), np.array([1.0, 1.0])).tolist()
    [0.5, 0.2]
    """
    load = np.asarray(load_erlang, dtype=np.float64)
    blocked = np.ones(len(load))
    for n in range(1, int(np.max(n_chargers, initial=0)) + 1):
        one_more = load * blocked / (n + load * blocked)
        blocked = np.where(n <= n_chargers, one_more, blocked)
    return blocked


def compute_waiting_share(n_chargers: Ints, load_erlang: Floats) -> Floats:
    """Compute the share of drivers who must wait (Erlang C); 1 where the load has no steady state.

    Examples
    --------
    >>> compute_waiting_share(np.array([1, 2]), np.array([0.25, 3.0])).tolist()
    [0.25, 1.0]
    """
    load = np.asarray(load_erlang, dtype=np.float64)
    blocked = compute_blocked_share(n_chargers, load)
    is_steady = load < n_chargers
    busy_share = np.divide(load, n_chargers, out=np.ones(len(load)), where=is_steady)
    return np.where(is_steady, blocked / (1.0 - busy_share * (1.0 - blocked)), 1.0)


def compute_long_wait_share(n_chargers: Ints, load_erlang: Floats, *, wait_of_charge: float) -> Floats:
    """Compute the share of drivers who wait longer than a share of a mean charge, in line order.

    Waiting times beyond zero are exponential at the rate of the spare chargers.

    Parameters
    ----------
    n_chargers : ndarray of int64, shape (k,)
    load_erlang : ndarray, shape (k,)
    wait_of_charge : float
        0.25 for a quarter of the mean charging time.
    """
    load = np.asarray(load_erlang, dtype=np.float64)
    spare = np.maximum(np.asarray(n_chargers, dtype=np.float64) - load, 0.0)
    return compute_waiting_share(n_chargers, load) * np.exp(-spare * wait_of_charge)


def compute_load_at_target(
    n_chargers: Ints, rule: ServiceRule, *, target_share: float, wait_of_charge: float = 0.0
) -> Floats:
    """Compute the largest load at which a station keeps its service target.

    Parameters
    ----------
    n_chargers : ndarray of int64, shape (k,)
        At least 1.
    rule : ServiceRule
        What the target counts: the busy share of chargers, or drivers who leave, who wait, or who wait long.
    target_share : float
        Largest such share, above 0 and below 1.
    wait_of_charge : float
        For ``ServiceRule.LONG_WAIT``: what is long, as a share of a mean charge.

    Returns
    -------
    ndarray, shape (k,)
        Erlang; the target is kept at this load (found from below).

    Examples
    --------
    >>> compute_load_at_target(np.array([1, 2, 4]), ServiceRule.WAITING, target_share=0.2).round(4).tolist()
    [0.2, 0.7403, 2.1022]
    """
    chargers = np.asarray(n_chargers, dtype=np.int64)
    low, high = np.zeros(len(chargers)), _bound_load(chargers, rule, target_share)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        is_kept = _measure(chargers, middle, rule, wait_of_charge) <= target_share
        low, high = np.where(is_kept, middle, low), np.where(is_kept, high, middle)
    return low


def _measure(n_chargers: Ints, load: Floats, rule: ServiceRule, wait_of_charge: float) -> Floats:
    if rule is ServiceRule.UTILISATION:
        return load / n_chargers
    if rule is ServiceRule.BLOCKED:
        return compute_blocked_share(n_chargers, load)
    if rule is ServiceRule.WAITING:
        return compute_waiting_share(n_chargers, load)
    return compute_long_wait_share(n_chargers, load, wait_of_charge=wait_of_charge)


def _bound_load(n_chargers: Ints, rule: ServiceRule, target_share: float) -> Floats:
    """Bound the load: where drivers leave, those who stay are at most one a charger."""
    if rule is ServiceRule.BLOCKED:
        return n_chargers / (1.0 - target_share)
    return n_chargers.astype(np.float64)
