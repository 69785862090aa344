"""The proof of cover plans: true bounds whatever the relaxation says, and the optimum in the end."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from referee_milp import find_optimum, make_town

from chargeplan.config.settings import SolveSettings
from chargeplan.formulation.linear import build_linear_model
from chargeplan.runlog import ignore_event
from chargeplan.solve import cover_steps
from chargeplan.solve.cover_lp import CoverLp, Relaxed
from chargeplan.solve.cover_node import close_site, keep_sites, make_node, open_site
from chargeplan.solve.cover_probe import Multipliers, probe_sites
from chargeplan.solve.cover_proof import find_step, improve_by_kernel, prove_cover
from chargeplan.solve.cover_search import compute_cover_kwh_day, pick_cover_greedily
from chargeplan.solve.cover_tighten import tighten_node
from chargeplan.solve.deadline import Deadline
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.reduce import build_cover_rows
from chargeplan.solve.search import solve_problem
from chargeplan.words import Outcome, PlanMode

ROUNDING = 1e-9


def make_rows(seed: int, *, n_sites: int = 9, max_sites: int = 4):
    """Rows of a town with candidate sites only, small enough to try every plan."""
    town = make_town(PlanMode.COVER, seed, n_cells=60, n_sites=n_sites)
    free = np.zeros(n_sites, dtype=bool)
    return build_cover_rows(
        replace(
            town,
            is_open_allowed=~free,
            is_forced_open=free,
            is_counted=~free,
            level_allowed=np.ones((n_sites, 1), dtype=bool),
            level_cost_pkr=np.where(town.level_cost_pkr > 0, town.level_cost_pkr, 1.0),
            existing_chargers=np.zeros(n_sites, dtype=np.int64),
            max_sites=max_sites,
        )
    )


def list_plans(rows) -> dict[tuple[int, ...], float]:
    """Every plan within budget and count, and its worth."""
    n_sites = rows.cover.shape[1]
    return {
        plan: compute_cover_kwh_day(rows, np.array(plan, dtype=np.int64))
        for size in range(min(n_sites, rows.max_sites) + 1)
        for plan in itertools.combinations(range(n_sites), size)
        if rows.cost_pkr[list(plan)].sum() <= rows.budget_pkr
    }


def make_whole(rows):
    return make_node(rows, np.arange(rows.cover.shape[1]))


def draw_prices(node, rng) -> Multipliers:
    return Multipliers(
        rng.random(len(node.weight)) * node.weight * rng.random(),
        rng.random(len(node.cuts)) * node.weight.mean(),
        float(rng.random() * node.weight.sum() / 4),
        float(rng.random() * node.weight.sum() / 4),
    )


@pytest.mark.parametrize("seed", range(40))
def test_bounds_hold_at_any_multipliers(seed):
    """Best plan with a site, with two sites and without a site: by trying every plan."""
    rows, rng = make_rows(seed), np.random.default_rng(seed)
    node, plans = make_whole(rows), list_plans(rows)
    probe = probe_sites(node, draw_prices(node, rng), np.ones(node.n_sites, dtype=bool))
    slack = 1 + ROUNDING
    for plan, worth in plans.items():
        assert worth <= probe.value * slack
        for site in range(node.n_sites):
            limit = probe.with_site[site] if site in plan else probe.without_site[site]
            assert worth <= limit * slack
        for pair in itertools.combinations(plan, 2):
            assert worth <= probe.with_pair[pair] * slack


@pytest.mark.parametrize("seed", range(40))
def test_tightening_keeps_every_plan_that_reaches_the_goal(seed):
    rows = make_rows(seed)
    plans = list_plans(rows)
    goal = float(np.quantile(list(plans.values()), 0.97))
    found = tighten_node(make_whole(rows), goal=goal, safety=1e-9 * goal, deadline=None)
    left = set(found.node.site.tolist())
    for plan, worth in plans.items():
        if worth < goal:
            continue
        assert worth <= found.bound
        assert set(plan) <= left
        at = np.searchsorted(found.node.site, plan)
        assert not found.node.conflict[np.ix_(at, at)].any()
        is_open = np.zeros(found.node.n_sites)
        is_open[at] = 1.0
        covered = (found.node.cover @ is_open) > 0
        for cut in found.node.cuts:
            left_side = is_open[list(cut.one_of)].sum() + (cut.row >= 0 and covered[cut.row])
            assert left_side <= 1 + is_open[list(cut.unless)].sum()


@pytest.mark.parametrize("seed", range(10))
def test_branches_share_out_the_plans(seed):
    rows = make_rows(seed)
    node, plans = make_whole(rows), list_plans(rows)
    at = seed % node.n_sites
    for child, has_site in ((open_site(node, at), True), (close_site(node, at), False)):
        for plan, worth in plans.items():
            if (at in plan) is not has_site:
                continue
            is_open = np.isin(child.site, plan).astype(float)
            served = child.base + child.weight[(child.cover @ is_open) > 0].sum()
            assert served == pytest.approx(worth)
            assert is_open.sum() <= child.max_sites
            assert child.cost @ is_open <= child.budget * (1 + ROUNDING)


@pytest.mark.parametrize("seed", range(25))
def test_the_proof_finds_the_optimum_of_a_town(seed):
    """Existing and required sites, bands, budget and count; the optimum is SciPy's."""
    town = make_town(PlanMode.COVER, seed)
    best = find_optimum(town)
    solution = solve_problem(
        town,
        build_linear_model(town),
        SolveSettings(time_limit_s=60.0, gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=refuse_to_run,
    )
    assert solution.outcome is Outcome.PROVEN_OPTIMAL
    assert solution.objective_kwh_day == pytest.approx(best, rel=1e-7)


def refuse_to_run(_request, *, tell, ask_stop):
    raise AssertionError("the proof needs no MILP here")


def prove(rows, **changes):
    columns = pick_cover_greedily(rows)[:1]
    fields = {
        "candidates": np.arange(rows.cover.shape[1]),
        "promise": np.full(rows.cover.shape[1], np.inf),
        "bound": rows.base_kwh_day + rows.row_weight_kwh_day.sum(),
    } | changes
    return prove_cover(rows, columns, **fields)


@pytest.mark.parametrize("seed", range(15))
def test_a_relaxation_that_lies_costs_time_and_no_truth(seed, monkeypatch):
    """Prices and openings drawn at random: bounds stay true, and the tree ends with the optimum."""
    rng = np.random.default_rng(seed)

    def lie(lp, _time_limit_s):
        n_cuts = lp.n_cuts
        return Relaxed(
            rng.random(lp.n_sites),
            rng.random(lp.n_rows),
            Multipliers(rng.random(lp.n_rows), rng.random(n_cuts), float(rng.random()), float(rng.random())),
        )

    monkeypatch.setattr(CoverLp, "solve", lie)
    rows = make_rows(seed, n_sites=7, max_sites=3)
    best = max(list_plans(rows).values())
    told = []
    proof = prove(rows, tell_bound=told.append)
    assert min([*told, proof.bound]) >= best * (1 - ROUNDING)
    assert proof.value == pytest.approx(best)
    assert proof.bound == pytest.approx(best)


@pytest.mark.parametrize("seed", range(6))
def test_a_gap_that_is_asked_for_is_proven_and_no_more(seed):
    rows = make_rows(seed)
    best = max(list_plans(rows).values())
    proof = prove(rows, gap=0.05)
    assert best <= proof.bound * (1 + ROUNDING)
    assert proof.bound <= proof.value * 1.05 * (1 + ROUNDING)


def test_a_node_limit_and_a_deadline_leave_a_true_bound():
    town = make_town(PlanMode.COVER, 3, n_cells=400, n_sites=60)
    rows = build_cover_rows(town)
    best = prove(rows).value
    first, second = (prove(rows, node_limit=1) for _ in range(2))
    assert first.value == second.value <= best * (1 + ROUNDING)
    assert first.bound == second.bound >= best * (1 - ROUNDING)
    np.testing.assert_array_equal(first.columns, second.columns)
    over = prove(rows, deadline=Deadline(time.monotonic() - 1.0))
    assert over.bound >= best * (1 - ROUNDING)
    assert not over.has_failed


def test_better_plans_are_told_of_and_none_is_worse_than_the_first():
    rows = build_cover_rows(make_town(PlanMode.COVER, 5, n_cells=300, n_sites=40))
    start = compute_cover_kwh_day(rows, pick_cover_greedily(rows)[:1])
    told = []
    proof = prove(rows, tell_plan=told.append)
    worths = [compute_cover_kwh_day(rows, columns) for columns in told]
    assert start < worths[0]
    assert worths == sorted(worths)
    assert worths[-1] == proof.value


def test_a_failing_relaxation_leaves_the_proof_to_the_solver(monkeypatch):
    monkeypatch.setattr(CoverLp, "solve", lambda _lp, _time_limit_s: None)
    town = make_town(PlanMode.COVER, 11)
    solution = solve_problem(
        town,
        build_linear_model(town),
        SolveSettings(time_limit_s=60.0, gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
    )
    assert solution.objective_kwh_day == pytest.approx(find_optimum(town), rel=1e-7)


def test_whole_weights_let_bounds_be_rounded_down():
    rows = make_rows(1)
    whole = replace(rows, row_weight_kwh_day=np.ceil(rows.row_weight_kwh_day), base_kwh_day=3.0)
    assert find_step(whole) == pytest.approx(1.0, abs=1e-5)
    assert find_step(replace(whole, base_kwh_day=2.5)) == 0.0
    proof = prove(whole)
    assert proof.bound == proof.value == max(list_plans(whole).values())


def test_rows_of_what_is_left_merge_and_cuts_follow():
    """Sites 0 and 1 cover the rows {0, 1} and {0}: without site 1 they are one row."""
    rows = make_rows(2)
    node = make_whole(rows)
    keep = np.zeros(node.n_sites, dtype=bool)
    keep[:2] = True
    part = keep_sites(node, keep)
    assert len(part.weight) <= 3
    every = np.ones(2)
    assert part.weight.sum() == pytest.approx(node.weight[(node.cover[:, :2] @ every) > 0].sum())


def test_with_all_sites_ruled_out_the_plan_at_hand_is_proven():
    rows = make_rows(4)
    best = prove(rows)
    again = prove_cover(
        rows, best.columns, candidates=np.empty(0, np.int64), promise=np.empty(0), bound=np.inf
    )
    assert again.bound == again.value == best.value


@pytest.mark.parametrize("seed", range(4))
def test_a_kernel_never_makes_a_plan_worse(seed):
    rows = build_cover_rows(make_town(PlanMode.COVER, seed, n_cells=300, n_sites=90))
    columns, every = pick_cover_greedily(rows), np.arange(rows.cover.shape[1])
    found = improve_by_kernel(rows, columns, candidates=every, promise=-every.astype(float))
    assert compute_cover_kwh_day(rows, found) >= compute_cover_kwh_day(rows, columns)
    assert len(found) <= rows.max_sites
    assert rows.cost_pkr[found].sum() <= rows.budget_pkr


def test_what_is_too_large_to_relax_is_left_to_the_swaps_and_the_solver(monkeypatch):
    """The kernel still brings its plan, and the bound goes on from its multipliers."""
    monkeypatch.setattr(cover_steps, "LARGEST_ENTRIES", 0)
    town = make_town(PlanMode.COVER, 2, n_cells=300, n_sites=90)
    solution = solve_problem(
        town,
        build_linear_model(town),
        SolveSettings(time_limit_s=60.0, gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
    )
    assert solution.outcome is Outcome.PROVEN_OPTIMAL
    assert solution.objective_kwh_day == pytest.approx(find_optimum(town), rel=1e-7)
