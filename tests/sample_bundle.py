"""A made-up plan for the tests of publication: a grid of streets, some 400 cells, 40 sites."""

from __future__ import annotations

import h3
import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely

from chargeplan.evaluate.site_figures import describe_stations
from chargeplan.evaluate.verify import PlanCase
from chargeplan.geo import to_degrees, to_metric
from chargeplan.publish.bundle import RunBundle
from chargeplan.records import (
    CandidateSites,
    DataSource,
    DemandCells,
    Evaluation,
    Floats,
    PlanProblem,
    PlanRequest,
    RoadNetwork,
    Settlements,
    Solution,
    StudyArea,
    TravelTable,
)
from chargeplan.tables import FIGURES, REMOVED_SITES, REPAIRS, ROADS, SETTLEMENTS, SITES, ZONES, make_table
from chargeplan.words import Outcome, PlanMode

CRS = "EPSG:32643"
WEST, SOUTH, EAST, NORTH = 73.00, 33.66, 73.09, 33.74
# Each text tries to leave the place that shows it: HTML, a script element, a template literal,
# a Jinja template, an attribute, a line of a script, the reading order. None may ever run.
HOSTILE_TEXTS = (
    "${alert(1)}<img src=x onerror=window.__x=1>`{{7*7}}{% raw %}",
    "</script><script>window.__x=1</script>",
    "`;window.__x=1;`${window.__x=1}",
    "\u202egnp.exe\u2066 <svg onload=window.__x=1>",
    "<!--<script>window.__x=1//-->{# hidden #}{% endraw %}{{ this._parent }}",
    "\"'><a href=javascript:window.__x=1 onfocus=window.__x=1 autofocus>go</a>",
    "a\u2028window.__x=1;\u2029//\\'+window.__x+'\\",
    "W" * 150 + "\u0645" * 150,
    "&lt;img src=x onerror=window.__x=1&gt;&#60;b&#62;\x00\x1b[31m",
)
URDU = "شیل پٹرول پمپ"
_ZONE_LON, _ZONE_LAT = (73.03, 73.06), (33.69, 33.715)  # borders between zones
_LINES = 25  # streets in each direction
_SITES = 40
_METRES_PER_SECOND = 8.0
_CHARGER_KWH_DAY = 336.0
_CHARGER_PKR = 4_000_000.0
_SITE_PKR = 2_500_000.0
_BUDGET_PKR = 230e6


def build_sample_bundle(
    *, title: str | None = None, hostile: bool = False, online: bool = False
) -> RunBundle:
    """Build the bundle; with `hostile`, every name (and the title, unless given) tries to run code."""
    rng = np.random.default_rng(7)
    shown = title or _name(0, "Sample study", hostile=hostile)
    area = StudyArea("sample", shown, shapely.box(WEST, SOUTH, EAST, NORTH), CRS, 74.0, True)
    network = build_grid_network(hostile=hostile)
    cells = build_sample_cells(rng, hostile=hostile)
    sites = build_sample_sites(rng, hostile=hostile)
    travel = build_sample_travel(cells, sites)
    problem = build_sample_problem(cells, sites, travel)
    solution = build_sample_solution(problem, sites)
    request = build_sample_request(travel)
    return RunBundle(
        area=area,
        network=network,
        cells=cells,
        sites=sites,
        travel=travel,
        request=request,
        problem=problem,
        solution=solution,
        evaluation=build_sample_evaluation(
            PlanCase(request, network, cells, sites, travel, problem, solution), hostile=hostile
        ),
        sources=(
            DataSource(
                "network.path",
                "sample.osm",
                "0" * 64,
                1234,
                "ODbL 1.0",
                "© OpenStreetMap contributors",
                "2026-01-31",
                "https://overpass.example/api/interpreter",
                ("3 ways lack a node",),
            ),
            *(_make_hostile_source(number, text) for number, text in enumerate(HOSTILE_TEXTS) if hostile),
        ),
        settings_as_run={
            "study": {"name": "sample", "year": 2030, "credits": []},
            "publish": {"online_tiles": online},
        },
        run_info={"chargeplan": "0.1.0", "seed": 1, "command": "chargeplan run sample.yaml"},
        year=2030,
        timings={"started": "2026-01-31T12:00:00Z", "seconds": {"solve": 1.5}},
        zone_outlines=_draw_zones(),
        online_tiles=online,
        settlements=build_sample_settlements(hostile=hostile),
    )


def build_sample_settlements(*, hostile: bool = False) -> Settlements:
    """Build a city and three of its parts, one of them mapped twice."""
    rows = (
        ("n1", "city", "Sample City", "نمونہ شہر", 73.045, 33.70),
        ("n2", "suburb", "H-12", "ایچ - 12", 73.017, 33.678),
        ("n30", "village", "Saidpur", "", 73.075, 33.726),
        ("n4", "locality", "h 12", "", 73.018, 33.679),
    )
    table = {column.name: [row[at] for row in rows] for at, column in enumerate(SETTLEMENTS)}
    for number, key in enumerate(("name", "name_ur")):
        table[key] = [_name(number + at, str(name), hostile=hostile) for at, name in enumerate(table[key])]
    return Settlements(make_table(SETTLEMENTS, table))


def _draw_zones() -> list[shapely.MultiPolygon]:
    """Draw the nine zones as a grid; row by row from the south-west."""
    lon, lat = (WEST, *_ZONE_LON, EAST), (SOUTH, *_ZONE_LAT, NORTH)
    return [
        shapely.MultiPolygon([shapely.box(lon[column], lat[row], lon[column + 1], lat[row + 1])])
        for row in range(3)
        for column in range(3)
    ]


def _make_hostile_source(number: int, text: str) -> DataSource:
    key = f"sites.files[{number}].path"
    return DataSource(key, text, "1" * 64, 9, text, text, "2026-01-31", text, (text,))


def _name(number: int, name: str, *, hostile: bool) -> str:
    """Return the name, or the next hostile text."""
    return HOSTILE_TEXTS[number % len(HOSTILE_TEXTS)] if hostile else name


def build_grid_network(*, hostile: bool = False) -> RoadNetwork:
    """Build streets every 400 m; each sixth is a named avenue."""
    x, y = np.meshgrid(np.linspace(WEST, EAST, _LINES), np.linspace(SOUTH, NORTH, _LINES))
    lon, lat = x.ravel(), y.ravel()
    node_xy_m = np.column_stack(to_metric(lon, lat, CRS))
    index = np.arange(_LINES * _LINES).reshape(_LINES, _LINES)
    tail = np.concatenate([index[:, :-1].ravel(), index[:-1, :].ravel()])
    head = np.concatenate([index[:, 1:].ravel(), index[1:, :].ravel()])
    line = np.concatenate([np.repeat(np.arange(_LINES), _LINES - 1), np.tile(np.arange(_LINES), _LINES - 1)])
    is_east = np.arange(len(tail)) < _LINES * (_LINES - 1)
    length_m = np.linalg.norm(node_xy_m[tail] - node_xy_m[head], axis=1)
    road_class = np.where(line % 12 == 0, "primary", np.where(line % 6 == 0, "secondary", "residential"))
    roads = make_table(
        ROADS,
        {
            "road_class": road_class.tolist(),
            "name": [
                _name(
                    number // 6 + 5 * east,
                    f"{'Jinnah' if east else 'Faisal'} Avenue {number}",
                    hostile=hostile,
                )
                if number % 6 == 0
                else ""
                for number, east in zip(line, is_east, strict=True)
            ],
            "length_m": length_m,
            "speed_kmh": np.full(len(tail), 50.0),
            "is_speed_tagged": np.zeros(len(tail), bool),
        },
    )
    seconds = sp.csr_array(
        (
            np.tile(length_m / _METRES_PER_SECOND, 2),
            (np.concatenate([tail, head]), np.concatenate([head, tail])),
        ),
        shape=(len(lon), len(lon)),
    )
    lonlat = np.column_stack([lon, lat])
    return RoadNetwork(
        node_id=np.arange(1, len(lon) + 1, dtype=np.int64),
        node_xy_m=node_xy_m,
        is_joinable=np.ones(len(lon), bool),
        seconds=seconds,
        roads=roads,
        road_lonlat=lonlat[np.column_stack([tail, head]).ravel()],
        road_offsets=np.arange(0, 2 * len(tail) + 1, 2, dtype=np.int64),
        crs=CRS,
        imputed_speed_share=1.0,
        repairs=make_table(
            REPAIRS, {"what": ["zero-length edges left out"], "count": [2], "examples": ["7, 9"]}
        ),
        data_date="2026-01-31",
    )


def build_sample_cells(rng: np.random.Generator, *, hostile: bool = False) -> DemandCells:
    """Build H3 cells whose demand falls from the middle outwards; nine zones."""
    polygon = h3.LatLngPoly([(SOUTH, WEST), (SOUTH, EAST), (NORTH, EAST), (NORTH, WEST)])
    cell_id = np.array(sorted(h3.polygon_to_cells(polygon, 9)), dtype=np.str_)
    lonlat = np.array([h3.cell_to_latlng(str(cell))[::-1] for cell in cell_id])
    distance = np.hypot(lonlat[:, 0] - 73.04, lonlat[:, 1] - 33.705)
    people = np.round(3000 * np.exp(-distance * 45) * rng.uniform(0.3, 1.7, len(cell_id)), 3)
    kwh_day = np.column_stack([people * 0.03, people * 0.05 * rng.uniform(0, 2, len(cell_id))])
    column = np.digitize(lonlat[:, 0], _ZONE_LON)
    row = np.digitize(lonlat[:, 1], _ZONE_LAT)
    classes = (_name(1, "motorcycle", hostile=hostile), "car")
    names = [
        _name(number, f"{letter}-{sector}{' مرکز' if sector == 8 else ''}", hostile=hostile)
        for number, (letter, sector) in enumerate(
            (letter, sector) for letter in "GFE" for sector in (10, 8, 6)
        )
    ]
    return DemandCells(
        cell_id=cell_id,
        lonlat=lonlat,
        people=people,
        kwh_day=kwh_day,
        classes=classes,
        uses=("overnight", "destination"),
        kwh_day_by_use=kwh_day[:, :, None] * [0.25, 0.75],
        periods=("00-12", "12-24"),
        period_share=np.tile([0.4, 0.6], (2, 2, 1)),
        zone_pos=(column + 3 * row).astype(np.int64),
        zones=make_table(ZONES, {"zone_id": [f"z{number}" for number in range(1, 10)], "zone_name": names}),
        zones_are_cells=False,
        node_pos=np.zeros(len(cell_id), np.int64),
        snap_m=np.full(len(cell_id), 50.0),
        people_in=float(people.sum()),
        people_outside=0.0,
        kwh_day_in=float(kwh_day.sum()),
        kwh_day_outside=0.0,
        depot_kwh_day_in=0.0,
        depot_kwh_day_outside=0.0,
        explanation=_explain_demand(classes, people, kwh_day),
        battery_kwh=np.array([2.0, 40.0]),
    )


def _explain_demand(classes: tuple[str, ...], people: Floats, kwh_day: Floats) -> pd.DataFrame:
    """Explain the demand with the steps of the demand stage; a quarter of it is overnight charging."""
    steps = {"year of the demand": 2030.0, "people in the study area": float(people.sum())}
    for name, vehicles, km_day, total in zip(
        classes, (9000, 5000), (30, 40), kwh_day.sum(axis=0), strict=True
    ):
        for step, value in (
            ("vehicles", vehicles),
            ("electric share", 0.0525),
            ("electric vehicles", vehicles * 0.0525),
            ("km day", km_day),
            ("kwh km", total / (vehicles * 0.0525) / km_day),
            ("all charging", total),
            ("overnight charging", total * 0.25),
            ("destination charging", total * 0.75),
            ("fast charging", 0.0),
            ("depot charging", 0.0),
            ("public charging", total),
            ("median life", 13.0),
            ("policy's stock target for 2030", 400_000.0),
            ("national electric stock, 2030", 300_000.0),
        ):
            steps[f"{name}: {step}"] = float(value)
    return pd.DataFrame(
        {
            "step": list(steps),
            "value": list(steps.values()),
            "unit": "1",
            "source": [
                "city sample, scenario bau" if step.startswith("year of") else "sample" for step in steps
            ],
            "confidence": [
                "assumption" if "median life" in step else "low" if "km" in step else "computed"
                for step in steps
            ],
        }
    )


def build_sample_sites(rng: np.random.Generator, *, hostile: bool = False) -> CandidateSites:
    """Build 40 sites: 2 existing, 2 required, 2 competitors, 34 candidates; 3 removed ones."""
    count = _SITES
    lon, lat = rng.uniform(WEST + 0.01, EAST - 0.01, count), rng.uniform(SOUTH + 0.01, NORTH - 0.01, count)
    status = np.array(["candidate"] * count, dtype=object)
    status[[0, 1]], status[[2, 3]], status[[4, 5]] = "existing", "required", "competitor"
    kinds = np.array(["fuel", "mall", "parking", "hospital"], dtype=object)[np.arange(count) % 4]
    is_built = np.isin(status.astype(str), ["existing", "competitor"])
    table = make_table(
        SITES,
        {
            "site_id": [f"n{number:04d}" for number in range(count)],
            "kind": kinds.tolist(),
            "status": status.tolist(),
            "name": [
                _name(number + 1, f"Pump {number}" if number % 3 else "", hostile=hostile)
                for number in range(count)
            ],
            "name_en": [
                _name(number, f"Blue Area Station {number}", hostile=hostile) for number in range(count)
            ],
            "name_ur": [
                _name(number + 2, URDU, hostile=hostile and number % 2 == 0) for number in range(count)
            ],
            "brand": [_name(number, "", hostile=hostile) for number in range(count)],
            "lon": lon,
            "lat": lat,
            "node_pos": np.arange(count),
            "snap_m": np.full(count, 20.0),
            "fixed_cost_pkr": np.where(is_built, 0.0, _SITE_PKR),
            "max_chargers": np.full(count, 12),
            "existing_chargers": np.where(is_built, 2, 0),
            "existing_power_kw": np.where(is_built, 120.0, 0.0),
            "feeder_exempt": np.zeros(count, bool),
            "has_storage": np.zeros(count, bool),
            "separate_meter_needed": kinds == "fuel",
            "solar_kw": np.zeros(count),
            "source": ["sample.osm"] * count,
        },
    )
    removed = make_table(
        REMOVED_SITES,
        {
            "site_id": ["w1", "w2", "w3"],
            "kind": ["fuel"] * 3,
            "status": ["candidate"] * 3,
            "name": [_name(1, "Old pump", hostile=hostile), "", "Far pump"],
            "lon": [73.02, 73.03, 73.06],
            "lat": [33.68, 33.69, 33.72],
            "reason": ["closer than the minimum spacing to another site"] * 3,
            "detail": [_name(0, "n0007, 120 m", hostile=hostile), "n0008, 90 m", ""],
            "name_ur": ["", "", _name(7, "دور پمپ", hostile=hostile)],
        },
    )
    return CandidateSites(table, removed)


def build_sample_travel(cells: DemandCells, sites: CandidateSites, limit_s: float = 480.0) -> TravelTable:
    """Build driving times from straight lines at 8 m/s."""
    cell_xy = np.column_stack(to_metric(cells.lonlat[:, 0], cells.lonlat[:, 1], CRS))
    site_xy = np.column_stack(to_metric(sites.table["lon"].to_numpy(), sites.table["lat"].to_numpy(), CRS))
    seconds = np.linalg.norm(cell_xy[:, None] - site_xy[None], axis=2) / _METRES_PER_SECOND
    cell_pos, site_pos = np.nonzero(seconds <= limit_s)
    empty = np.zeros(0, np.int64)
    return TravelTable(
        cell_pos.astype(np.int64), site_pos.astype(np.int64), seconds[cell_pos, site_pos],
        len(cell_xy), len(site_xy), limit_s, empty, empty,
    )  # fmt: skip


def build_sample_request(travel: TravelTable) -> PlanRequest:
    """Build what a planner would have asked for to get the sample problem."""
    return PlanRequest(
        mode=PlanMode.ALLOCATE,
        budget_pkr=_BUDGET_PKR,
        max_sites=-1,
        nearest_sites=20,
        limit_s=travel.limit_s,
        band_up_to_min=(),
        band_quality=(),
        station_chargers=4,
        charger_power_kw=60.0,
        charger_cost_pkr=_CHARGER_PKR,
        hours_day=16.0,
        max_utilisation=0.35,
        levels=(2, 4, 8),
        gap_asked=0.001,
        figures=make_table(
            FIGURES,
            {
                "name": ["charge_battery_share", "power_factor_share"],
                "value": [0.5, 0.8],
                "unit": ["share", "share"],
                "source": ["sample", "sample"],
                "confidence": ["low", "low"],
            },
        ),
    )


def build_sample_problem(cells: DemandCells, sites: CandidateSites, travel: TravelTable) -> PlanProblem:
    """Build the allocation problem with levels 2, 4 and 8 and a budget of PKR 230 M."""
    levels = np.array([2, 4, 8], dtype=np.int64)
    status = sites.table["status"].to_numpy()
    usable = status[travel.site_pos] != "competitor"
    is_new = np.isin(status.astype(str), ["candidate", "required"])
    cost = np.where(is_new[:, None], _SITE_PKR + levels[None] * _CHARGER_PKR, 0.0)
    return PlanProblem(
        mode=PlanMode.ALLOCATE,
        demand_kwh_day=cells.total_kwh_day,
        competitor_kwh_day=np.zeros(len(cells.cell_id)),
        pair_cell=travel.cell_pos[usable],
        pair_site=travel.site_pos[usable],
        pair_quality=np.ones(int(usable.sum())),
        pair_seconds=travel.seconds[usable],
        is_open_allowed=status != "competitor",
        is_forced_open=np.isin(status.astype(str), ["existing", "required"]),
        is_counted=is_new,
        level_chargers=levels,
        level_allowed=np.repeat(is_new[:, None], 3, axis=1),
        level_cost_pkr=cost,
        level_capacity_kwh_day=np.tile(levels * _CHARGER_KWH_DAY, (len(is_new), 1)),
        existing_capacity_kwh_day=np.where(status == "existing", 2 * _CHARGER_KWH_DAY, 0.0),
        existing_chargers=np.where(status == "existing", 2, 0).astype(np.int64),
        budget_pkr=_BUDGET_PKR,
        max_sites=-1,
        nearest_sites=20,
    )


def build_sample_solution(problem: PlanProblem, sites: CandidateSites) -> Solution:
    """Open ten sites and fill them from the nearest cells until they are full."""
    chargers = problem.existing_chargers.copy()
    chosen = np.flatnonzero(problem.is_counted)[: _SITES // 4]
    chargers[chosen] = np.resize([8, 8, 2, 4, 8, 4, 2, 8, 4, 2], len(chosen))
    room = chargers * _CHARGER_KWH_DAY
    left = problem.demand_kwh_day.copy()
    share = np.zeros(problem.n_pairs)
    for pair in np.argsort(problem.pair_seconds, kind="stable"):
        cell, site = problem.pair_cell[pair], problem.pair_site[pair]
        energy = min(left[cell], room[site])
        if energy > 0:
            share[pair] = energy / problem.demand_kwh_day[cell]
            left[cell] -= energy
            room[site] -= energy
    objective = float((share * problem.demand_kwh_day[problem.pair_cell]).sum())
    steps = pd.DataFrame(
        {
            "phase": ["start plan", "milp"],
            "elapsed_s": [0.1, 1.5],
            "incumbent_kwh_day": [np.nan, objective],
            "bound_kwh_day": [np.inf, objective * 1.0123],
        }
    )
    return Solution(
        Outcome.WITHIN_GAP, 0.001, objective, objective * 1.0123, chargers, share, 1.5, "HiGHS 1.15.1", steps,
        "time limit",
    )  # fmt: skip


def build_sample_evaluation(plan: PlanCase, *, hostile: bool = False) -> Evaluation:
    """Sum the sample plan by cell, site and zone."""
    cells, sites, problem, solution = plan.cells, plan.sites, plan.problem, plan.solution
    energy = solution.pair_share * problem.demand_kwh_day[problem.pair_cell]
    served = np.bincount(problem.pair_cell, weights=energy, minlength=problem.n_cells)
    load = np.bincount(problem.pair_site, weights=energy, minlength=problem.n_sites)
    drive = np.bincount(
        problem.pair_site, weights=energy * problem.pair_seconds / 60, minlength=problem.n_sites
    )
    used = np.bincount(problem.pair_site[energy > 0], minlength=problem.n_sites)
    chargers = solution.chargers
    cost = np.where(problem.is_counted & (chargers > 0), _SITE_PKR + chargers * _CHARGER_PKR, 0.0)
    table = pd.DataFrame(
        {
            "site_id": sites.table["site_id"],
            "chargers": chargers,
            "power_kw": chargers * 60.0,
            "served_kwh_day": load,
            "capacity_kwh_day": chargers * _CHARGER_KWH_DAY,
            "utilisation_share": np.divide(
                load, chargers * 960.0, out=np.zeros(len(load)), where=chargers > 0
            ),
            "cost_pkr": cost,
            "mean_drive_min": np.divide(drive, load, out=np.zeros(len(load)), where=load > 0),
            "n_cells": used,
            **describe_stations(plan, chargers * 60.0),
        }
    )[chargers > 0].sort_values(["served_kwh_day", "site_id"], ascending=[False, True], ignore_index=True)
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    zones = cells.zones.copy()
    demand = cells.total_kwh_day
    for column, values in (
        ("people", cells.people),
        ("demand_kwh_day", demand),
        ("competitor_kwh_day", np.zeros_like(demand)),
        ("served_kwh_day", served),
    ):
        zones[column] = np.bincount(cells.zone_pos, weights=values, minlength=len(zones))
    zones["served_share"] = zones["served_kwh_day"] / zones["demand_kwh_day"]
    is_new = problem.is_counted & (chargers > 0)
    metrics = [
        ("demand", demand.sum(), "kWh/day"),
        ("served", served.sum(), "kWh/day"),
        ("served_share", served.sum() / demand.sum(), "share"),
        ("new_sites", float(is_new.sum()), "sites"),
        ("new_chargers", float(chargers[is_new].sum()), "chargers"),
        ("cost", cost.sum(), "PKR"),
        ("mean_drive", drive.sum() / load.sum(), "min"),
    ]
    return Evaluation(
        metrics=pd.DataFrame(
            [(name, float(value), unit, name) for name, value, unit in metrics],
            columns=["name", "value", "unit", "meaning"],
        ),
        zones=zones,
        sites=table,
        travel_histogram=pd.DataFrame({"from_min": [0.0], "to_min": [8.0], "served_kwh_day": [served.sum()]}),
        checks=pd.DataFrame({"name": ["cost"], "passed": [True], "detail": ["equal"]}),
        cell_served_kwh_day=served,
        warnings=HOSTILE_TEXTS
        if hostile
        else ("1. Two stations are full; a larger budget would serve more.",),
    )


def find_corner_degrees() -> tuple[float, float]:
    """Find the south-west node of the grid, for a test of the round trip of coordinates."""
    lon, lat = to_degrees(*to_metric(np.array([WEST]), np.array([SOUTH]), CRS), CRS)
    return float(lon[0]), float(lat[0])
