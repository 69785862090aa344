"""The toy city with two years and a grid; its figures are worked out on paper."""

import numpy as np
import toy_city

from chargeplan.evaluate.verify import PlanCase
from chargeplan.grid_assets import GridAssets
from chargeplan.model.stages import Surroundings, stage_problem
from chargeplan.tables import GRID_ASSETS, ZONE_FLOORS, make_table

# Pairs of the toy city in order: (A,s1) (B,s1) (B,s2) (C,s1) (C,s2) (C,s3) (D,s2) (D,s3) (E,s3)
LAST_SHARE = np.array([1.0, 1.0, 0.0, 0.75, 0.0, 0.0, 0.0, 1.0, 1.0])


def make_grid(**changes) -> GridAssets:
    """s1 hangs on a feeder (20 kW, a step of 10 kW for 5 PKR) below a substation with s3; s2 on nothing known."""
    table = {
        "asset_id": ["g1", "g2"],
        "name": ["substation", ""],
        "lon": [73.0, 73.0],
        "lat": [33.7, 33.7],
        "parent_pos": [-1, 0],
        "headroom_kw": [100.0, 20.0],
        "step_kw": [0.0, 10.0],
        "step_pkr": [0.0, 5.0],
        "max_steps": [0, 1],
        "is_synthetic": [False, True],
    } | changes
    return GridAssets(
        title="toy grid",
        table=make_table(GRID_ASSETS, table),
        site_asset_pos=np.array([1, -1, 0]),
        site_asset_m=np.zeros(3),
        is_linked=np.ones(3, bool),
        max_distance_m=1000.0,
        unknown_headroom_pkr_kw=1.0,
    )


def make_staged_case(grid: GridAssets | None = None, **request_changes) -> PlanCase:
    """2026: s1 with 3 chargers (250 PKR and 5 of the grid). 2030: s3 with 2 beside it (200 PKR)."""
    fields = {
        "budget_pkr": 505.0,
        "year": 2030,
        "years": (2026, 2030),
        "year_budget_pkr": (255.0, 250.0),
        "year_weight": (1.0, 1.0),
        "year_max_sites": (-1, -1),
        "zone_floors": make_table(ZONE_FLOORS, {"zone_id": ["w"], "floor_share": [0.5]}),
    }
    request = toy_city.make_request(**(fields | request_changes))
    cells, sites, travel = toy_city.make_cells(), toy_city.make_sites(), toy_city.make_travel()
    grid = grid or make_grid()
    plain = toy_city.make_problem(request)
    problem = stage_problem(plain, request, (cells, cells), sites, travel, Surroundings(grid=grid))
    solution = toy_city.make_solution(
        [3, 0, 2],
        LAST_SHARE,
        80.0,  # (60 + 100) / 2: the years weigh the same
        slot_chargers=np.array([[3, 0, 0], [3, 0, 2]]),
        flow_at=np.array([0, 1, 3, 9 + 0, 9 + 1, 9 + 3, 9 + 7, 9 + 8]),
        flow_share=np.array([1.0, 1.0, 0.75, 1.0, 1.0, 0.75, 1.0, 1.0]),
        asset_steps=np.array([[0, 1], [0, 1]]),
    )
    return PlanCase(
        request, toy_city.make_network(), cells, sites, travel, problem, solution, earlier_cells=(cells,), grid=grid
    )  # fmt: skip
