"""A city on one street whose best plans are worked out on paper.

::

    A ---2 min--- B ---2 min--- C ---2 min--- D ---2 min--- E
    35 kWh/day    10            20            10            30      demand
                  s1            s2            s3                    candidate sites

With a drive of at most 2 min a site serves its own crossing and its two neighbours:
s1 serves A, B, C (65), s2 serves B, C, D (40), s3 serves C, D, E (60).

Cover, one site: s1, 65. Two sites: s1 and s3, everything, 105.

Allocate: a charger of 10 kW works 10 h a day at most 20 % of the time: 20 kWh/day. A site
costs 100, a charger 50, a station has 1, 2 or 3 chargers.

- Budget 250: s1 with 3 chargers costs 250 and serves 60 of its 65. Two stations of one
  charger each would cost 300. Best: 60.
- Budget 450: two stations cost 200, so 5 chargers: 100 of 105. Best: 100.
- Budget 500: 6 chargers, 120 >= 105, and 65 + 60 - 20 (C is shared) is all. Best: 105.
"""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from chargeplan.records import (
    CandidateSites,
    DemandCells,
    PlanProblem,
    PlanRequest,
    RoadNetwork,
    Solution,
    TravelTable,
    compute_gap,
)
from chargeplan.tables import REMOVED_SITES, REPAIRS, ROADS, SITES, ZONES, make_table
from chargeplan.words import Outcome, PlanMode

DEMAND_KWH_DAY = np.array([35.0, 10.0, 20.0, 10.0, 30.0])
HOP_S = 120.0
BEST_COVER = {1: 65.0, 2: 105.0}
BEST_ALLOCATE = {250.0: 60.0, 450.0: 100.0, 500.0: 105.0}


def make_network() -> RoadNetwork:
    n = 5
    rows = np.r_[np.arange(n - 1), np.arange(1, n)]
    columns = np.r_[np.arange(1, n), np.arange(n - 1)]
    seconds = sp.csr_array((np.full(len(rows), HOP_S), (rows, columns)), shape=(n, n))
    lon = 73.0 + 0.01 * np.arange(n)
    lonlat = np.column_stack([np.repeat(lon, 2)[1:-1], np.full(2 * (n - 1), 33.7)])
    roads = make_table(
        ROADS,
        {
            "road_class": ["primary"] * (n - 1),
            "name": ["Toy Avenue"] * (n - 1),
            "length_m": [1000.0] * (n - 1),
            "speed_kmh": [30.0] * (n - 1),
            "is_speed_tagged": [True] * (n - 1),
        },
    )
    return RoadNetwork(
        node_id=np.arange(1, n + 1),
        node_xy_m=np.column_stack([1000.0 * np.arange(n), np.zeros(n)]),
        is_joinable=np.ones(n, bool),
        seconds=seconds,
        roads=roads,
        road_lonlat=lonlat,
        road_offsets=2 * np.arange(n),
        crs="EPSG:32643",
        imputed_speed_share=0.0,
        repairs=make_table(REPAIRS, {"what": [], "count": [], "examples": []}),
        data_date="",
    )


def make_cells(demand=DEMAND_KWH_DAY) -> DemandCells:
    n = len(demand)
    return DemandCells(
        cell_id=np.array([f"cell{i}" for i in range(n)]),
        lonlat=np.column_stack([73.0 + 0.01 * np.arange(n), np.full(n, 33.7)]),
        people=np.full(n, 100.0),
        kwh_day=np.asarray(demand, float)[:, None],
        classes=("car",),
        uses=("destination",),
        kwh_day_by_use=np.asarray(demand, float)[:, None, None],
        periods=("all day",),
        period_share=np.ones((1, 1, 1)),
        zone_pos=np.array([0, 0, 0, 1, 1])[:n],
        zones=make_table(ZONES, {"zone_id": ["w", "e"], "zone_name": ["West", "East"]}),
        zones_are_cells=False,
        node_pos=np.arange(n),
        snap_m=np.zeros(n),
        people_in=100.0 * n,
        people_outside=0.0,
        kwh_day_in=float(np.sum(demand)),
        kwh_day_outside=0.0,
        depot_kwh_day_in=0.0,
        depot_kwh_day_outside=0.0,
        explanation=pd.DataFrame({"step": [], "value": [], "unit": [], "source": [], "confidence": []}),
    )


def make_sites(status=("candidate", "candidate", "candidate"), **columns) -> CandidateSites:
    n = len(status)
    data = {
        "site_id": [f"s{i + 1}" for i in range(n)],
        "kind": ["fuel"] * n,
        "status": list(status),
        "name": [f"Site {i + 1}" for i in range(n)],
        "name_en": [""] * n,
        "name_ur": [""] * n,
        "brand": [""] * n,
        "lon": [73.0 + 0.01 * (i + 1) for i in range(n)],
        "lat": [33.7] * n,
        "node_pos": [i + 1 for i in range(n)],
        "snap_m": [0.0] * n,
        "fixed_cost_pkr": [100.0] * n,
        "max_chargers": [3] * n,
        "existing_chargers": [0] * n,
        "existing_power_kw": [0.0] * n,
        "feeder_exempt": [False] * n,
        "has_storage": [False] * n,
        "separate_meter_needed": [False] * n,
        "solar_kw": [0.0] * n,
        "source": ["toy"] * n,
    } | columns
    removed = make_table(REMOVED_SITES, {column.name: [] for column in REMOVED_SITES})
    return CandidateSites(make_table(SITES, data), removed)


def make_travel() -> TravelTable:
    """Every pair within one hop: site i stands at crossing i + 1."""
    pairs = sorted((cell, site) for site in range(3) for cell in (site, site + 1, site + 2))
    cell_pos = np.array([cell for cell, _ in pairs])
    site_pos = np.array([site for _, site in pairs])
    seconds = HOP_S * np.abs(cell_pos - site_pos - 1).astype(float)
    return TravelTable(cell_pos, site_pos, seconds, 5, 3, HOP_S, np.zeros(0, np.int64), np.zeros(0, np.int64))


def make_request(mode=PlanMode.ALLOCATE, **changes) -> PlanRequest:
    fields = {
        "mode": mode,
        "budget_pkr": float("inf"),
        "max_sites": -1,
        "nearest_sites": 0,
        "limit_s": HOP_S,
        "band_up_to_min": (),
        "band_quality": (),
        "station_chargers": 2,
        "charger_power_kw": 10.0,
        "charger_cost_pkr": 50.0,
        "hours_day": 10.0,
        "max_utilisation": 0.2,
        "levels": (1, 2, 3),
        "gap_asked": 1e-6,
    } | changes
    return PlanRequest(**fields)


def make_problem(request: PlanRequest, **changes) -> PlanProblem:
    """The problem of the drawing, written down by hand and not by `chargeplan.model`."""
    travel = make_travel()
    is_cover = request.mode is PlanMode.COVER
    levels = np.array([request.station_chargers] if is_cover else request.levels)
    capacity = np.tile(np.full(len(levels), np.inf) if is_cover else 20.0 * levels, (3, 1))
    fields = {
        "mode": request.mode,
        "demand_kwh_day": DEMAND_KWH_DAY.copy(),
        "competitor_kwh_day": np.zeros(5),
        "pair_cell": travel.cell_pos,
        "pair_site": travel.site_pos,
        "pair_quality": np.ones(9),
        "pair_seconds": travel.seconds,
        "is_open_allowed": np.ones(3, bool),
        "is_forced_open": np.zeros(3, bool),
        "is_counted": np.ones(3, bool),
        "level_chargers": levels,
        "level_allowed": np.ones((3, len(levels)), bool),
        "level_cost_pkr": np.tile(100.0 + 50.0 * levels, (3, 1)),
        "level_capacity_kwh_day": capacity,
        "existing_capacity_kwh_day": np.zeros(3),
        "existing_chargers": np.zeros(3, np.int64),
        "budget_pkr": request.budget_pkr,
        "max_sites": request.max_sites,
        "nearest_sites": request.nearest_sites,
    } | changes
    return PlanProblem(**fields)


def make_solution(chargers, pair_share, objective, bound=None, **changes) -> Solution:
    bound = objective if bound is None else bound
    gap_asked = changes.pop("gap_asked", 1e-6)
    proven = compute_gap(objective, bound) <= gap_asked
    fields = {
        "outcome": Outcome.PROVEN_OPTIMAL if proven else Outcome.WITHIN_GAP,
        "gap_asked": gap_asked,
        "objective_kwh_day": objective,
        "bound_kwh_day": bound,
        "chargers": np.asarray(chargers),
        "pair_share": np.asarray(pair_share, float),
        "wall_s": 0.0,
        "solver": "paper",
        "steps": pd.DataFrame({"phase": [], "elapsed_s": [], "incumbent_kwh_day": [], "bound_kwh_day": []}),
        "stopped_by": "proof",
    } | changes
    return Solution(**fields)
