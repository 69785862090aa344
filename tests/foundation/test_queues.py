"""Loads at a service target, against published tables and a chain solved outright."""

import numpy as np
import pytest

from chargeplan.queues import (
    compute_blocked_share,
    compute_load_at_target,
    compute_long_wait_share,
    compute_waiting_share,
)
from chargeplan.words import ServiceRule

CHARGERS = np.array([1, 2, 3, 4, 5, 10, 20])
# Capacities in erlang by target, of the tables of traffic theory (Erlang B and C), to four digits.
TABLES = {
    ("blocked", 0.05, 0.0): [0.0526, 0.3813, 0.8994, 1.5246, 2.2185, 6.2157, 15.2493],
    ("waiting", 0.2, 0.0): [0.2000, 0.7403, 1.3929, 2.1022, 2.8472, 6.8528, 15.4541],
    ("long_wait", 0.1, 0.25): [0.1245, 0.6077, 1.2482, 1.9682, 2.7372, 6.9509, 16.0873],
}


def solve_chain(n_chargers, load, places):
    """Steady state of a birth and death chain with so many places, by its balance equations."""
    weight = [1.0]
    for busy in range(1, places + 1):
        weight.append(weight[-1] * load / min(busy, n_chargers))
    return np.array(weight) / sum(weight)


@pytest.mark.parametrize(("rule", "target", "wait"), TABLES)
def test_loads_are_those_of_the_tables(rule, target, wait):
    load = compute_load_at_target(CHARGERS, ServiceRule(rule), target_share=target, wait_of_charge=wait)
    assert load == pytest.approx(TABLES[rule, target, wait], abs=5.1e-5)


@pytest.mark.parametrize("n_chargers", [1, 2, 3, 7])
@pytest.mark.parametrize("share_busy", [0.1, 0.6, 0.9])
def test_shares_are_those_of_the_chain(n_chargers, share_busy):
    load = share_busy * n_chargers
    at = np.array([n_chargers]), np.array([load])
    blocked = solve_chain(n_chargers, load, n_chargers)[-1]
    assert compute_blocked_share(*at)[0] == pytest.approx(blocked, rel=1e-12)
    waiting = solve_chain(n_chargers, load, 2_000)[n_chargers:].sum()  # a line that never fills
    assert compute_waiting_share(*at)[0] == pytest.approx(waiting, rel=1e-9)


def test_long_waits_of_one_charger_are_those_of_the_textbook():
    """M/M/1: the wait is longer than t with probability rho exp(-(1 - rho) t / service)."""
    share = compute_long_wait_share(np.array([1]), np.array([0.5]), wait_of_charge=0.25)
    assert share[0] == pytest.approx(0.5 * np.exp(-0.125), rel=1e-14)


def test_no_steady_state_means_that_all_wait():
    assert compute_waiting_share(np.array([2, 2]), np.array([2.0, 5.0])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("rule", [rule for rule in ServiceRule if rule is not ServiceRule.UTILISATION])
@pytest.mark.parametrize("target", [0.01, 0.3, 0.9])
def test_target_is_kept_and_a_little_more_load_breaks_it(rule, target):
    chargers = np.arange(1, 31)
    load = compute_load_at_target(chargers, rule, target_share=target, wait_of_charge=0.25)
    measure = {
        ServiceRule.BLOCKED: compute_blocked_share,
        ServiceRule.WAITING: compute_waiting_share,
        ServiceRule.LONG_WAIT: lambda n, a: compute_long_wait_share(n, a, wait_of_charge=0.25),
    }[rule]
    assert np.all(measure(chargers, load) <= target)
    assert np.all(measure(chargers, load * (1 + 1e-6) + 1e-9) > target)
    assert np.all(np.diff(load) > 0)
    per_charger = load / chargers
    assert np.all(np.diff(per_charger) > 0)  # larger stations carry more on each charger
