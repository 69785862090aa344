"""Random small studies as raw records, and the way from records to a verified plan."""

import dataclasses

import numpy as np
import scipy.sparse as sp
import toy_city

from chargeplan.config.settings import SolveSettings
from chargeplan.evaluate.verify import PlanCase
from chargeplan.formulation.linear import build_linear_model
from chargeplan.model.precheck import check_problem
from chargeplan.model.problem import build_problem
from chargeplan.records import CandidateSites, TravelTable
from chargeplan.runlog import ignore_event
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.search import solve_problem
from chargeplan.words import PlanMode

GAP_ASKED = 1e-7
STATUSES = ["candidate", "required", "existing", "competitor", "forbidden"]
BANDS = [(), ((1.0, 1.0), (2.0, 0.5)), ((1.5, 0.8),), ((1.0, 1.0), (2.0, 0.4), (3.0, 0.0))]


def make_study(seed, mode):
    """Raw records of 3 to 5 cells and 3 to 5 sites, and what is asked of them."""
    rng = np.random.default_rng([seed, mode is PlanMode.COVER])
    n_cells, n_sites = int(rng.integers(3, 6)), int(rng.integers(3, 6))
    limit_s = float(rng.choice([120.0, 180.0]))
    # Every cell drives to every site on a road of its own; few different times, so that many tie.
    seconds = 30.0 * rng.integers(1, 9, (n_cells, n_sites))
    cell, site = np.nonzero(seconds <= limit_s)
    status = rng.choice(STATUSES, n_sites, p=[0.55, 0.12, 0.13, 0.13, 0.07])
    stands = np.isin(status, ["existing", "competitor"])
    sites = toy_city.make_sites(
        status.tolist(),
        node_pos=(n_cells + np.arange(n_sites)).tolist(),
        fixed_cost_pkr=rng.integers(0, 8, n_sites).astype(float) * 25.0,
        max_chargers=rng.choice([0, 1, 2, 3, 5], n_sites, p=[0.1, 0.1, 0.2, 0.3, 0.3]),
        existing_chargers=np.where(stands, rng.integers(0, 3, n_sites), 0),
        existing_power_kw=np.where(stands, rng.choice([0.0, 4.0, 12.5, 30.0], n_sites), 0.0),
    )
    demand = rng.integers(0, 40, n_cells).astype(float)
    limits = rng.integers(0, 3)
    bands = BANDS[rng.integers(0, len(BANDS))]
    flags = np.random.default_rng([seed, 7]).random((2, n_sites)) < 0.25
    sites = CandidateSites(sites.table.assign(feeder_exempt=flags[0], has_storage=flags[1]), sites.removed)
    request = toy_city.make_request(
        mode,
        outage_hours_day=float(np.random.default_rng([seed, 8]).choice([0.0, 6.0, 12.0])),
        budget_pkr=float(rng.integers(6, 30) * 25) if limits != 1 else np.inf,
        max_sites=int(rng.integers(0, n_sites)) if limits != 0 else -1,
        nearest_sites=int(rng.integers(0, 4)),
        limit_s=limit_s,
        band_up_to_min=tuple(up_to for up_to, _ in bands),
        band_quality=tuple(quality for _, quality in bands),
        station_chargers=int(rng.integers(1, 4)),
        levels=[(1, 2, 3), (2, 5), (1,)][rng.integers(0, 3)],
        gap_asked=GAP_ASKED,
    )
    n_nodes = n_cells + n_sites
    every = np.indices((n_cells, n_sites)).reshape(2, -1)
    roads = sp.csr_array((seconds.ravel(), (every[0], n_cells + every[1])), shape=(n_nodes, n_nodes))
    network = dataclasses.replace(
        toy_city.make_network(),
        node_id=np.arange(1, n_nodes + 1),
        node_xy_m=np.zeros((n_nodes, 2)),
        is_joinable=np.ones(n_nodes, bool),
        seconds=roads,
    )
    none = np.zeros(0, np.int64)
    travel = TravelTable(cell, site, seconds[cell, site], n_cells, n_sites, limit_s, none, none)
    return request, network, toy_city.make_cells(demand), sites, travel


def plan_study(request, network, cells, sites, travel, *, time_limit_s=60.0, seed=1):
    """Everything from the records to the plan, as the pipeline does it; not yet verified."""
    problem = build_problem(cells, sites, travel, request)
    check_problem(problem, cells, sites)
    solution = solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(time_limit_s=time_limit_s, gap=request.gap_asked),
        seed=seed,
        listen=ignore_event,
        should_stop=lambda: False,
        run=solve_milp,
    )
    return PlanCase(request, network, cells, sites, travel, problem, solution)
