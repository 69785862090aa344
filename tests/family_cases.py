"""One tiny planning problem for each constraint family, in which the family changes the optimum.

::

    cell 0 ---- a ---- cell 1 ---- b ---- cell 2
    30                 20                 10     kWh/day

Site a serves cells 0 and 1, site b serves cells 1 and 2. A charger of 10 kW delivers 20 kWh/day, one
of 25 kW (the second type) 50. Opening a site costs 10, a charger 5. A station has 1 or 2 chargers.
Each case says in its comment which plan is best with the family and which without it.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import toy_city

from chargeplan.plan_limits import PlanLimits
from chargeplan.records import PlanProblem, PlanStages
from chargeplan.words import PlanMode, PlanObjective

DEMAND_KWH_DAY = (30.0, 20.0, 10.0)
KWH_DAY_OF_TYPE = (20.0, 50.0)
KW_OF_TYPE = (10.0, 25.0)
ZONES = np.array([0, 0, 1])  # cells 0 and 1 want 50 of 60 kWh/day, cell 2 wants 10


def make_tiny_problem(
    *,
    units=None,
    levels=(1, 2),
    capacity_kwh_day=None,
    budgets=(np.inf,),
    most_sites=None,
    objective=PlanObjective.SERVED,
    **limits,
) -> PlanProblem:
    """Make the problem of the drawing with one year per budget; ``units`` is (years, cells, groups)."""
    n_years = len(budgets)
    if units is None:
        units = np.tile(np.array(DEMAND_KWH_DAY)[None, :, None], (n_years, 1, 1))
    unit = np.asarray(units, dtype=np.float64)
    n_types = unit.shape[2]  # group 0 uses the first type only, group 1 both
    numbers = np.array(levels)
    of_type = np.array(KWH_DAY_OF_TYPE[:n_types] if capacity_kwh_day is None else capacity_kwh_day)
    most = np.full(n_years, -1) if most_sites is None else np.array(most_sites)
    return PlanProblem(
        mode=PlanMode.ALLOCATE,
        demand_kwh_day=unit[-1].sum(axis=1),
        competitor_kwh_day=np.zeros(3),
        pair_cell=np.array([0, 1, 1, 2]),
        pair_site=np.array([0, 0, 1, 1]),
        pair_quality=np.ones(4),
        pair_seconds=np.full(4, 60.0),
        is_open_allowed=np.ones(2, bool),
        is_forced_open=np.zeros(2, bool),
        is_counted=np.ones(2, bool),
        level_chargers=numbers,
        level_allowed=np.ones((2 * n_types, len(numbers)), bool),
        level_cost_pkr=np.tile(5.0 * numbers, (2 * n_types, 1)),
        level_capacity_kwh_day=np.tile(of_type, 2)[:, None] * numbers,
        existing_capacity_kwh_day=np.zeros(2 * n_types),
        existing_chargers=np.zeros(2 * n_types, np.int64),
        budget_pkr=float(np.sum(budgets)),
        max_sites=int(most[-1]),
        nearest_sites=0,
        stages=PlanStages(
            years=tuple(range(2026, 2026 + n_years)),
            year_weight=np.full(n_years, 1.0 / n_years),
            year_budget_pkr=np.array(budgets, dtype=np.float64),
            year_max_sites=most.astype(np.int64),
            charger_kw=np.array(KW_OF_TYPE[:n_types]),
            can_use=np.array([[True, False], [True, True]])[:n_types, :n_types],
            unit_kwh_day=unit,
            open_cost_pkr=np.full(2, 10.0),
        ),
        limits=PlanLimits(**limits),
        objective=objective,
    )


@dataclass(frozen=True)
class Case:
    """A problem in which a family changes the optimum.

    Parameters
    ----------
    family : str
    best, best_without : float
        Optimum with the family and without it, kWh per day, worked out by hand.
    problem : PlanProblem
    is_relaxed : bool
        Whether the optimum is that of the linear relaxation.
    """

    family: str
    best: float
    best_without: float
    problem: PlanProblem = field(repr=False)
    is_relaxed: bool = False


def _make_types_problem(**limits):
    """Cars and motorcycles: 40 kWh/day of group 0 and 40 of group 1 at cell 0, 40 of group 1 at cell 2."""
    return make_tiny_problem(units=[[[40, 40], [0, 0], [0, 40]]], **limits)


def _make_cover_problem():
    return toy_city.make_problem(toy_city.make_request(PlanMode.COVER, max_sites=1))


CASES = {
    # All 60 are served once; without the family cell 1 is served by both sites: a 40, b 30.
    "assign": Case("assign", 60.0, 70.0, make_tiny_problem()),
    # In whole numbers CAP and LEVEL already close a closed site; in the relaxation with one station of 100
    # kWh/day for the money, 50 at a is best, and without the family 0.5 a + 0.1 b deliver all 60.
    "link": Case(
        "link",
        50.0,
        60.0,
        make_tiny_problem(levels=(2,), capacity_kwh_day=(50.0,), budgets=(20.0,)),
        is_relaxed=True,
    ),
    # One charger each delivers 20 + 20; without the family everything is served.
    "capacity": Case("capacity", 40.0, 60.0, make_tiny_problem(levels=(1,))),
    # 25 buy a with 2 chargers; without the family a has both sizes at once, 3 chargers: all 50 in its reach.
    "level": Case("level", 40.0, 50.0, make_tiny_problem(budgets=(25.0,))),
    # Cell 0 wants 70 of the first type, cell 2 wants 40 of any. 40 buy a with 2 chargers of 10 kW and b with one
    # of 25 kW: 40 + 40; without the family a has both sizes, 3 chargers: 60 + 40.
    "level_types": Case(
        "level", 80.0, 100.0, make_tiny_problem(units=[[[70, 0], [0, 0], [0, 40]]], budgets=(40.0,))
    ),
    # a with 2 chargers for 20 of 25 in the first year; the 5 left and 10 more buy b: 40, then 60.
    "budget": Case("budget", 50.0, 60.0, make_tiny_problem(budgets=(25.0, 10.0))),
    # a with 2 chargers first, both later.
    "count": Case("count", 50.0, 60.0, make_tiny_problem(budgets=(np.inf, np.inf), most_sites=(1, 2))),
    # Demand moves from cell 0 to cell 2, and the money buys one charger: 20 in one of two years. Without the
    # family the station moves with the demand. A free grid step must stay bought too.
    "persist": Case(
        "persist",
        10.0,
        20.0,
        make_tiny_problem(
            units=[[[30], [0], [0]], [[0], [0], [30]]],
            levels=(1,),
            budgets=(15.0, 0.0),
            site_asset=np.array([0, 0]),
            asset_parent=np.array([-1]),
            asset_headroom_kw=np.array([0.0]),
            asset_step_kw=np.array([10.0]),
            asset_step_pkr=np.array([0.0]),
            asset_max_steps=np.array([1]),
        ),
    ),
    # Two bays at a: one charger of each type, 20 + 40; one at b: 40. Without the family a has three chargers.
    "bays": Case("bays", 100.0, 120.0, _make_types_problem(bays=np.array([2, 1]))),
    # 35 kW at a: one charger of each type; without the family two of 10 kW and one of 25 kW.
    "power": Case("power", 100.0, 120.0, _make_types_problem(largest_kw=np.array([35.0, 25.0]))),
    # The top of the tree bears 30 kW, the asset of a 10 kW and 10 more for 5, that of b is not known. Of 40, a
    # with 2 chargers costs 20 + 5 and b with one 15: 40 + 20. Without the family both have two: 40 + 30.
    "grid": Case(
        "grid",
        60.0,
        70.0,
        make_tiny_problem(
            units=[[[50], [20], [10]]],
            budgets=(40.0,),
            site_asset=np.array([1, 2]),
            asset_parent=np.array([-1, 0, 0]),
            asset_headroom_kw=np.array([30.0, 10.0, np.nan]),
            asset_step_kw=np.array([0.0, 10.0, 0.0]),
            asset_step_pkr=np.array([0.0, 5.0, 0.0]),
            asset_max_steps=np.array([0, 1, 0]),
        ),
    ),
    # One of the two sites: a with 2 chargers.
    "spacing": Case(
        "spacing",
        40.0,
        60.0,
        make_tiny_problem(
            budgets=(np.inf, np.inf), clique_start=np.array([0, 2]), clique_site=np.array([0, 1])
        ),
    ),
    # One station, and from the second year on one must stand at b; it cannot be moved there: b in both years.
    "rules_area": Case(
        "rules",
        30.0,
        40.0,
        make_tiny_problem(
            budgets=(np.inf, np.inf),
            most_sites=(1, 1),
            cover_start=np.array([0, 1]),
            cover_site=np.array([1]),
            cover_least=np.array([1]),
            cover_year_pos=np.array([1]),
        ),
    ),
    # 30 buy a charger at each site (all 27), or four at one: three in all leave 15.
    "rules_total": Case(
        "rules",
        15.0,
        27.0,
        make_tiny_problem(
            units=[[[15], [0], [12]]],
            levels=(1, 4),
            budgets=(30.0,),
            total_amount=np.array([[1.0]]),
            total_least=np.array([[3.0]]),
        ),
    ),
    # 30 buy a charger at each site; with 20 kW at least only one station.
    "rules_station": Case(
        "rules",
        15.0,
        27.0,
        make_tiny_problem(
            units=[[[15], [0], [12]]],
            budgets=(30.0,),
            station_amount=np.array([[10.0]]),
            station_least=np.array([[20.0, 20.0]]),
        ),
    ),
    # One station; cell 2 must get half of its 10, so that it stands at b: 20 + 10.
    "equity_floor": Case(
        "equity",
        30.0,
        40.0,
        make_tiny_problem(most_sites=(1,), cell_zone=ZONES, zone_floor_share=np.array([0.0, 0.5])),
    ),
    # One station. At a the Gini coefficient is 1/6. At b with 20 of 50 and s of zone 1:
    # 5/36 (s - 2/5) <= 1/10 (5/6 * 2/5 + s/6), so s = 8/11 and 20 + 80/11 = 300/11 are served.
    "equity_gini": Case(
        "equity", 300.0 / 11.0, 40.0, make_tiny_problem(most_sites=(1,), cell_zone=ZONES, gini_cap=0.1)
    ),
    # One station; at b the worst zone gets 20 of 50, at a nothing: 0.4 of 60.
    "equity_worst": Case(
        "equity",
        24.0,
        60.0,
        make_tiny_problem(most_sites=(1,), cell_zone=ZONES, objective=PlanObjective.WORST_ZONE),
    ),
    # 30 buy a charger at each site, which gives cell 1 two stations (a third of the demand), or 3 chargers at a.
    "backup": Case("backup", 40.0, 50.0, make_tiny_problem(levels=(1, 3), budgets=(30.0,), backup_share=0.3)),
    # The objective is minus the money: 36 of 60 are asked for, a with 2 chargers delivers 40 for 20; without the
    # family nothing is built.
    "target": Case(
        "target", -20.0, 0.0, replace(make_tiny_problem(objective=PlanObjective.COST), target_share=0.6)
    ),
    # The toy city: s1 sees A, B and C, 65 of 105.
    "cover": Case("cover", 65.0, 105.0, _make_cover_problem()),
}
