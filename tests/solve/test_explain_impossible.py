"""Impossible problems: the first line names the true cause, and each change that is proposed helps."""

from dataclasses import replace

import numpy as np
import pytest
import staged_problems
import toy_city
from impossible_problems import (
    LABELS,
    YEARS,
    apart,
    apply_change,
    areas,
    floors,
    grid,
    least_kw,
    make_limited,
    points,
)

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError
from chargeplan.formulation.linear import build_linear_model
from chargeplan.plan_labels import PlanLabels
from chargeplan.runlog import ignore_event
from chargeplan.solve.explain_impossible import explain_impossible
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.outcome import MilpRequest, MilpStatus
from chargeplan.solve.search import solve_problem
from chargeplan.solve.soft_rows import Limit

# West wants 65 kWh/day (A 35, B 10, C 20), East 40 (D 10, E 30). A charger of 10 kW costs 50, a site 100.
CASES = {
    # A floor of 60 % in the West is 39 kWh/day: two chargers at s1 for 200.
    "budget against a floor": (
        make_limited(budget=(150.0,), **floors(0.6, 0.0)),
        ["the budget of PKR 150", "the floor of 0.6 in West (w)", "model.budget_pkr to 200 (50 more)"],
        # One charger for 150 serves 20 of 65 kWh/day.
        ["lower model.equity.zone_floor_share.w to 0.3076"],
    ),
    # Half of both zones: 32.5 and 20 kWh/day. s2 reaches B, C and D, 30 in the West and 10 in the East: two sites.
    "count against floors": (
        make_limited(max_sites=(1,), **floors(0.5, 0.5)),
        ["the limit of 1 new station", "the floor of 0.5 in West", "zone_floor_share.w to 0.3076"],
        ["raise model.max_sites to 2 (1 more)"],
    ),
    # Everything takes 4 chargers in the West (65 / 20) and s3 for E: s1 with 3, s2 or s3 with more, 3 + 3 in all.
    "two sites for all of both zones": (
        make_limited(budget=(499.0,), **floors(1.0, 1.0)),
        ["the budget of PKR 499", "model.budget_pkr to 500 (1 more)"],
        [],
    ),
    "budget against backup": (
        make_limited(budget=(299.0,), backup_share=0.2),
        ["the budget of PKR 299", "the backup share of 0.2", "raise model.budget_pkr to 300 (1 more)"],
        ["lower model.backup_share from 0.2 to 0"],
    ),
    # B and C (30 of 105) reach s1 and s2; with s2 and s3 it is C and D.
    "count against backup": (
        make_limited(max_sites=(2,), backup_share=0.3),
        [
            "the limit of 2 new stations",
            "the backup share of 0.3",
            "lower model.backup_share from 0.3 to 0.2857",
        ],
        ["raise model.max_sites to 3 (1 more)"],
    ),
    # All new load hangs below the substation: 10 kW deliver 20 kWh/day of the 39 in the West.
    "headroom against a floor": (
        make_limited(**grid(10, 50, 50), **floors(0.6, 0.0)),
        ["the headroom of the grid asset SUB (10 kW)", "the floor of 0.6 in West"],
        ["that of SUB to 20 kW", "zone_floor_share.w to 0.3076"],
    ),
    "steps that are too few": (
        make_limited(**grid(0, 60, 60, step_kw=10, steps=1), **floors(0.6, 0.0)),
        ["the headroom of the grid asset SUB (0 kW)"],
        ["that of SUB to 10 kW"],
    ),
    "steps that cost more than the budget": (
        make_limited(budget=(1199.0,), **grid(10, 60, 60, step_kw=10, steps=1), **floors(0.6, 0.0)),
        ["the budget of PKR 1,199", "raise model.budget_pkr to 1200 (1 more)"],
        ["that of SUB to 20 kW"],
    ),
    # s1 and s2 are 400 m apart, s2 and s3 450 m.
    "spacing against backup": (
        make_limited(**apart((0, 1), (1, 2)), backup_share=0.25),
        [
            "the spacing of 500 m",
            "the backup share of 0.25",
            "s2, s3",
            "lower model.spacing_m from 500 to 450",
        ],
        ["lower model.backup_share from 0.25 to 0.1904"],
    ),
    "spacing against an area": (
        make_limited(**apart((0, 1)), **areas(((0, 1), 2))),
        ["the spacing of 500 m", "2 stations in West, square 1 (model.rules: squares)"],
        ["lower model.spacing_m from 500 to 400"],
    ),
    "areas against the count": (
        make_limited(max_sites=(1,), **areas(((0,), 1), ((2,), 1))),
        ["the limit of 1 new station", "West, square 1", "raise model.max_sites to 2 (1 more)"],
        ["model.reported_rules"],
    ),
    "areas against the money": (
        make_limited(budget=(299.0,), **areas(((0, 1), 1), ((2,), 1))),
        ["the budget of PKR 299", "raise model.budget_pkr to 300 (1 more)"],
        ["model.reported_rules"],
    ),
    "points against the money": (
        make_limited(budget=(300.0,), **points(5)),
        # Two sites and five chargers cost 450.
        ["the budget of PKR 300", "5 charging points (model.rules: points)", "model.budget_pkr to 450"],
        [],
    ),
    "points against the count": (
        make_limited(max_sites=(1,), **points(4)),
        ["the limit of 1 new station", "4 charging points", "raise model.max_sites to 2"],
        [],
    ),
    "points against the headroom": (
        make_limited(**grid(30, 60, 60), **points(4)),
        ["the headroom of the grid asset SUB (30 kW)", "4 charging points", "that of SUB to 40 kW"],
        [],
    ),
    "least power against the headroom of a required site": (
        make_limited(required=(0,), **grid(60, 20, 60), **least_kw(30.0)),
        ["the headroom of the grid asset F1 (20 kW)", "model.least_station_kw of 30", "the 1 required site"],
        ["that of F1 to 30 kW", "lower model.least_station_kw to 20"],
    ),
    "least power against the largest": (
        make_limited(required=(0,), largest_kw=np.full(3, 20.0), **least_kw(30.0)),
        ["model.least_station_kw of 30", "model.largest_station_kw of 20", "the 1 required site"],
        ["lower model.least_station_kw to 20", "raise model.largest_station_kw to 30"],
    ),
    "largest power against a floor": (
        make_limited(largest_kw=np.full(3, 10.0), max_sites=(1,), **floors(0.6, 0.0)),
        ["model.largest_station_kw of 10", "the floor of 0.6 in West", "the limit of 1 new station"],
        ["raise model.largest_station_kw to 20", "raise model.max_sites to 2"],
    ),
    # Two types, and bays for one charger only: 10 or 25 kW, when 35 kW are asked for.
    "bays against the least power": (
        make_limited(
            types_kw=(10.0, 25.0), required=(1,), bays=np.ones(3, int), **least_kw(35.0, kinds=(10.0, 25.0))
        ),
        ["the bays of s2 (1 bay)", "model.least_station_kw of 35"],
        ["s2 to 2", "lower model.least_station_kw to 25"],
    ),
    "required sites against the money": (
        make_limited(budget=(200.0,), required=(0, 2)),
        ["the budget of PKR 200", "the 2 required sites", "raise model.budget_pkr to 300 (100 more)"],
        ["make 1 required site a candidate"],
    ),
    "required sites against the count": (
        make_limited(max_sites=(1,), required=(0, 2)),
        ["the limit of 1 new station", "the 2 required sites"],
        ["raise model.max_sites to 2 (1 more)"],
    ),
    "required sites against the spacing": (
        make_limited(required=(0, 1), **apart((0, 1))),
        ["the spacing of 500 m", "the 2 required sites", "lower model.spacing_m from 500 to 400"],
        ["make 1 required site a candidate"],
    ),
    "required sites against the headroom": (
        make_limited(required=(0, 1), **grid(60, 10, 60)),
        ["the headroom of the grid asset F1 (10 kW)", "the 2 required sites"],
        ["that of F1 to 20 kW"],
    ),
    # One station for half of the West must be s1, which serves nobody in the East: Gini 40 / 105.
    "Gini cap against the count": (
        make_limited(max_sites=(1,), gini_cap=0.05, **floors(0.5, 0.0)),
        ["the Gini cap of 0.05", "the limit of 1 new station", "the floor of 0.5 in West"],
        [],
    ),
    "a year without the money": (
        make_limited(budget=(100.0, 400.0), max_sites=(-1, -1), required=(0,)),
        ["the budgets of model.years (PKR 500 in all)", "that of 2027 to 150 (50 more)"],
        ["make 1 required site a candidate: s1"],
    ),
    "a later year without the money": (
        make_limited(budget=(150.0, 0.0), max_sites=(-1, -1), **areas(((0,), 1), ((2,), 1), years=(0, 1))),
        ["the budgets of model.years (PKR 150 in all)", "that of 2028 to 150 (150 more)"],
        [],
    ),
    "a year with too few stations": (
        make_limited(budget=(np.inf, np.inf), max_sites=(0, 2), required=(0,)),
        ["the limit of 0 new stations by 2027", "that of 2027 to 1 (1 more)"],
        [],
    ),
    "a year with too many points": (
        make_limited(budget=(150.0, 0.0), max_sites=(-1, -1), **points(1, 3)),
        [
            "the budgets of model.years (PKR 150 in all)",
            "3 charging points by 2028",
            "that of 2028 to 100 (100 more)",
        ],
        [],
    ),
    # The money and the count both forbid what the floor of the East and the square of the West ask for.
    "two limits at once": (
        make_limited(budget=(150.0,), max_sites=(1,), **areas(((0,), 1), ((2,), 1))),
        ["the budget of PKR 150", "the limit of 1 new station", "the rule that asks for 1 station in East"],
        [
            "or both of these together: raise model.budget_pkr to 300 (150 more); and raise model.max_sites to 2"
        ],
    ),
    "required sites against four limits": (
        make_limited(required=(0, 1), budget=(200.0,), **grid(60, 10, 60), **apart((0, 1)), **least_kw(10.0)),
        ["the 2 required sites", "make 1 required site a candidate"],
        [],
    ),
    "two faults that share nothing": (
        make_limited(
            budget=(150.0,),
            max_sites=(-1,),
            **points(2),
            **floors(0.0, 0.5),
            **grid(60, 0, 0, sites=(1, 1, 2)),
        ),
        ["no single change is enough", "the budget of PKR 150", "the headroom of the grid asset"],
        [],
    ),
}


def explain(problem, labels=LABELS):
    return explain_impossible(
        problem, build_linear_model(problem), run=solve_milp, limit_s=20.0, labels=labels
    )


def has_plan(problem) -> bool:
    model = build_linear_model(problem)
    request = MilpRequest(
        replace(model, objective=np.zeros(model.n_columns)), None, 1e-4, np.inf, 20.0, None, 1, 1
    )
    return solve_milp(request).status is not MilpStatus.INFEASIBLE


def choose_labels(problem) -> PlanLabels:
    return YEARS if problem.staging.n_years > 1 else LABELS


def test_there_are_thirty_cases():
    assert len(CASES) >= 30


@pytest.mark.parametrize("name", CASES)
def test_the_first_line_is_the_true_cause_and_every_change_helps(name):
    problem, in_first_line, in_text = CASES[name]
    assert not has_plan(problem)
    explanation = explain(problem, choose_labels(problem))
    first = explanation.text.splitlines()[0]
    for words in in_first_line:
        assert words in first, explanation.text
    for words in in_text:
        assert words in explanation.text, explanation.text
    for change in explanation.single:
        assert has_plan(apply_change(problem, change)), change
    changed = problem
    for change in explanation.together:
        changed = apply_change(changed, change)
    if explanation.together:
        assert has_plan(changed), explanation.text
    assert explanation.single or explanation.together


@pytest.mark.parametrize("name", [name for name in CASES if "four limits" not in name])
def test_a_little_less_than_what_is_proposed_is_not_enough(name):
    """One PKR, one station or 0.1 kW less than proposed, or a floor higher by 0.001, has no plan."""
    problem = CASES[name][0]
    step = {
        Limit.BUDGET: -1.0,
        Limit.COUNT: -1.0,
        Limit.GRID: -0.1,
        Limit.POWER: -0.1,
        Limit.FLOOR: 1e-3,
        Limit.BACKUP: 1e-3,
        Limit.GINI: -2e-3,
        Limit.STATION: 0.1,
        Limit.BAYS: -1.0,
        Limit.AREA: 1.0,
        Limit.TOTAL: 1.0,
    }
    for change in explain(problem, choose_labels(problem)).single:
        if change.limit in step and len(change.new) == 1:
            item, value = next(iter(change.new.items()))
            less = replace(change, new={item: value + step[change.limit]})
            assert not has_plan(apply_change(problem, less)), change


def test_a_gini_cap_that_cannot_be_kept_is_raised_to_what_can():
    """Only s1 can open: the West is served and the East is not, whatever is done; Gini 40 / 105 = 0.381."""
    problem = make_limited(max_chargers=(3, 0, 0), gini_cap=0.1, required=(0,), **floors(0.5, 0.0))
    explanation = explain(problem)
    assert "the Gini cap of 0.1 " in explanation.text.splitlines()[0]
    change = next(each for each in explanation.single if each.limit is Limit.GINI)
    assert change.new[0] == pytest.approx(0.381, abs=0.0011)
    assert has_plan(apply_change(problem, change))


def test_random_problems_without_a_plan_get_changes_that_help():
    """Brute force knows nothing of the linear model."""
    n_impossible = 0
    for seed in range(30):
        problem = staged_problems.make_staged_problem(seed)
        if staged_problems.solve_by_brute_force(problem) is not None:
            continue
        n_impossible += 1
        explanation = explain(problem, PlanLabels())
        assert explanation.single or explanation.together, seed
        for change in explanation.single:
            changed = apply_change(problem, change, PlanLabels())
            assert staged_problems.solve_by_brute_force(changed) is not None, (seed, change)
    assert n_impossible > 5


def test_the_search_says_it_once_a_second_opinion_agrees():
    problem = make_limited(budget=(150.0,), **floors(0.6, 0.0))
    with pytest.raises(InfeasibleError) as caught:
        solve_problem(
            problem,
            build_linear_model(problem),
            SolveSettings(time_limit_s=20.0),
            seed=1,
            listen=ignore_event,
            should_stop=lambda: False,
            run=solve_milp,
            name_things=lambda: LABELS,
        )
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(
        "no plan keeps the budget of PKR 150 and the floor of 0.6 in West (w) together"
    )
    assert lines[0].endswith("raise model.budget_pkr to 200 (50 more)")
    assert lines[-1] == "(the solver and its second opinion both prove that there is no plan)"


def test_a_stop_leaves_what_is_known_and_says_what_is_not():
    problem = toy_city.make_problem(
        toy_city.make_request(budget_pkr=200.0), is_forced_open=np.array([True, True, False])
    )
    explanation = explain_impossible(
        problem, build_linear_model(problem), run=solve_milp, limit_s=20.0, should_stop=lambda: True
    )
    lines = explanation.text.splitlines()
    # Three sites with three chargers each cost 750, which is a plan but not known to be the cheapest.
    assert lines[0].endswith("raise model.budget_pkr to 750 (550 more), where less may be enough")
    assert lines[1].startswith("whether changes of the required sites help was not found out in the time")
    assert has_plan(apply_change(problem, explanation.single[0]))


def test_sites_are_named_by_their_places_and_crowding_is_said_once():
    # West asks for two stations, and the spacing lets only one of its two sites open.
    problem = make_limited(**areas(((0, 1), 2)), **apart((0, 1)))
    labels = replace(LABELS, site_name=("Fuel at F-8", "", "s3 Market"))
    text = explain(problem, labels).text
    assert "(more stations than fit are needed around Fuel at F-8 (s1), s2)" in text
    assert labels.name_site(2) == "s3 Market"
