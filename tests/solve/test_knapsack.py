"""The choice of whole stations is the best one, or worth more than it, never less."""

import itertools

import numpy as np
import pytest

from chargeplan.solve.knapsack import WholeChooser, count_units


def make_choice_problem(seed, *, whole_costs):
    rng = np.random.default_rng(seed)
    n_sites = int(rng.integers(1, 6))
    site = np.repeat(np.arange(n_sites), rng.integers(1, 4, n_sites))
    cost = rng.integers(2, 20, len(site)) * 1e5 if whole_costs else rng.uniform(2e5, 2e6, len(site))
    worth = rng.uniform(-5, 30, len(site))
    return (
        site,
        cost,
        worth,
        rng.random(n_sites) < 0.15,
        float(rng.integers(5, 60)) * 1e5,
        int(rng.integers(1, 6)),
    )


def choose_by_trying_all(site, cost, worth, required, budget, most):
    """Best worth over every choice of at most one entry a site."""
    best = -np.inf
    options = [[*np.flatnonzero(site == s), *([] if required[s] else [-1])] for s in range(len(required))]
    for choice in itertools.product(*options):
        picked = [entry for entry in choice if entry >= 0]
        if cost[picked].sum() <= budget and len(picked) <= most:
            best = max(best, worth[picked].sum())
    return best


@pytest.mark.parametrize("seed", range(60))
def test_it_is_exact_where_costs_are_multiples_of_one_amount(seed):
    site, cost, worth, required, budget, _ = make_choice_problem(seed, whole_costs=True)
    chooser = WholeChooser(site, cost, required, budget_pkr=budget, max_sites=len(required))
    choice = chooser.choose(worth)
    best = choose_by_trying_all(site, cost, worth, required, budget, len(required))
    assert choice.value == pytest.approx(best, abs=1e-9)
    if np.isfinite(best):
        entries = choice.within.entries
        assert worth[entries].sum() == pytest.approx(best, abs=1e-9)
        assert cost[entries].sum() <= budget
        assert len(np.unique(site[entries])) == len(entries)
        assert np.all(np.isin(np.flatnonzero(required), site[entries]))


@pytest.mark.parametrize("seed", range(60))
def test_it_is_never_too_low_with_any_costs_and_a_count(seed):
    site, cost, worth, required, budget, most = make_choice_problem(seed, whole_costs=seed % 2 == 0)
    chooser = WholeChooser(site, cost, required, budget_pkr=budget, max_sites=most)
    best = choose_by_trying_all(site, cost, worth, required, budget, most)
    for _ in range(2):  # the second call starts from the price of the first
        assert chooser.choose(worth).value >= best - 1e-9


def test_without_a_budget_every_site_takes_its_best():
    chooser = WholeChooser(
        np.array([0, 0, 1]), np.array([1.0, 2.0, 3.0]), np.zeros(2, bool), budget_pkr=np.inf, max_sites=2
    )
    choice = chooser.choose(np.array([4.0, 5.0, -1.0]))
    assert choice.value == 5.0
    assert choice.within.entries.tolist() == [1]


def test_odd_costs_are_rounded_down_and_budgets_hold_what_they_held():
    rng = np.random.default_rng(1)
    for _ in range(50):
        cost = rng.uniform(1e6, 9e7, 40)
        picked = rng.random(40) < 0.2
        budget = float(cost[picked].sum())
        units, most = count_units(cost, budget, n_sites=40)
        assert units[picked].sum() <= most
        assert most <= 16_000
