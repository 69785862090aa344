"""Sixteen faults of other siting tools, each shown not to be ours, by the public functions on tiny data.

Most are from research code and one widely used library, read and run in a survey of the field. The
toy city is the one drawn in `toy_city`.
"""

import ast
import importlib
import math
import re
import sys
import tomllib
import warnings
from importlib import metadata

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import sample_bundle
import shapely
import small_problems
import small_studies
import toy_city
from packaging.requirements import Requirement
from scipy.sparse.csgraph import dijkstra

import chargeplan
from chargeplan import (
    solve_backup_cover,
    solve_capacitated_mclp,
    solve_cflp,
    solve_lscp,
    solve_mclp,
    solve_p_dispersion,
    solve_p_median,
)
from chargeplan.config.settings import NetworkSettings, SitesSettings, SolveSettings
from chargeplan.errors import DataError, InfeasibleError, RecordError
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.formulation.linear import build_linear_model
from chargeplan.network.read import read_network
from chargeplan.publish.geojson import build_geojson
from chargeplan.records import StudyArea
from chargeplan.runlog import ignore_event
from chargeplan.sites.build import build_sites
from chargeplan.solve.search import solve_problem
from chargeplan.words import Outcome, PlanMode

CRS = "EPSG:32643"
LON, LAT = 73.06, 33.70


@pytest.fixture(autouse=True)
def solver_here(monkeypatch):
    """The classical problems without a child process each; `test_time_out` brings its own."""
    from chargeplan.classical import core
    from chargeplan.solve.milp import solve_milp

    monkeypatch.setattr(core, "run_milp", solve_milp)


def read_drawn(tmp_path, area, nodes, ways, **settings):
    """Read a map of nodes {id: (lon, lat, tags)} and ways [ids], all of them secondary roads."""

    def write(tags):
        return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())

    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="drawing">']
    for number, (lon, lat, tags) in sorted(nodes.items()):
        lines.append(f'<node id="{number}" lon="{lon:.7f}" lat="{lat:.7f}" version="1">{write(tags)}</node>')
    for number, way in enumerate(ways, start=1000):
        refs = "".join(f'<nd ref="{node}"/>' for node in way)
        lines.append(f'<way id="{number}" version="1">{refs}{write({"highway": "secondary"})}</way>')
    path = tmp_path / "drawn.osm"
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return read_network(area, NetworkSettings(path=path, **settings))


def plan_toy(status=("candidate",) * 3, mode=PlanMode.COVER, **changes):
    """The toy city from its records to an evaluated plan."""
    request = toy_city.make_request(mode, **changes)
    case = small_studies.plan_study(
        request,
        toy_city.make_network(),
        toy_city.make_cells(),
        toy_city.make_sites(status),
        toy_city.make_travel(),
    )
    return case, evaluate_plan(case)


# 1


def test_degrees_are_not_taken_for_metres(tmp_path):
    """A spacing in degrees: 0.00305 degrees are 283 m eastward and 338 m northward in Islamabad.

    With a least spacing of 300 m the eastern fuel station is too near and the northern one is not.
    """
    fuel = {"amenity": "fuel"}
    step = 0.00305
    nodes = {
        1: (LON - 0.01, LAT, {}), 2: (LON, LAT, {}), 3: (LON + 0.01, LAT, {}),
        4: (LON, LAT - 0.01, {}), 5: (LON, LAT + 0.01, {}),
        11: (LON, LAT, fuel), 12: (LON + step, LAT, fuel), 13: (LON, LAT + step, fuel),
    }  # fmt: skip
    area = StudyArea(
        "small", "Small", shapely.box(LON - 0.02, LAT - 0.02, LON + 0.02, LAT + 0.02), CRS, 16.0, True
    )
    reading = read_drawn(tmp_path, area, nodes, [[1, 2, 3], [4, 2, 5]])
    settings = SitesSettings.model_validate({"min_spacing_m": 300.0, "snap_limit_m": 1500.0})
    sites = build_sites(area, reading.network, reading.places, settings)
    assert sites.table["site_id"].tolist() == ["n11", "n13"]
    assert sites.removed["site_id"].tolist() == ["n12"]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([LON, LON + step], [LAT, LAT]), crs="EPSG:4326")
    with pytest.raises(DataError, match="counts in degrees"):
        solve_p_dispersion(points, p=2)


# 2


def test_demand_out_of_reach_is_not_dropped_in_silence():
    """A cell that no site reaches fell out of the sums, and a row of NaN passed without a word."""
    result = solve_mclp([1.0, 2.0, 4.0], [[1.0], [9.0], [math.inf]], radius=5.0, p=1)
    assert result.cells.tolist() == [0, -1, -1]  # every cell has its row
    with pytest.raises(InfeasibleError, match="cells at rows 1, 2"):
        solve_lscp([[1.0], [9.0], [math.inf]], radius=5.0)
    with pytest.raises(DataError):
        solve_mclp([1.0, 2.0], [[1.0], [math.nan]], radius=5.0, p=1)
    case, evaluation = plan_toy(("candidate", "forbidden", "forbidden"), max_sites=1)
    assert evaluation.get_metric("served_share") == pytest.approx(65 / 105)  # D and E stay in the sum
    assert len(evaluation.cell_served_kwh_day) == 5
    assert case.cells.kwh_day_in == 105.0


# 3


def test_negative_weights_are_refused():
    """They were taken as they came, and covering less was worth more."""
    for solve in (
        lambda weight: solve_mclp(weight, [[1.0], [2.0]], radius=3.0, p=1),
        lambda weight: solve_p_median([[1.0], [2.0]], p=1, weight=weight),
        lambda weight: solve_backup_cover(weight, [[1.0], [2.0]], radius=3.0, p=1),
    ):
        with pytest.raises(DataError, match="weight"):
            solve([1.0, -2.0])
    with pytest.raises(RecordError, match="negative"):
        toy_city.make_problem(toy_city.make_request(), demand_kwh_day=np.array([1.0, -1.0, 1.0, 1.0, 1.0]))


# 4


def test_the_share_served_is_weighted_by_demand():
    """A weighted model reported the share of points: 3 of 5 cells are 60 %, but 65 of 105 kWh are 61.9 %."""
    _, evaluation = plan_toy(max_sites=1)
    assert evaluation.get_metric("served_share") == pytest.approx(65 / 105)


# 5


def test_capacity_belongs_to_sites_and_demand_to_cells():
    """The two were swapped, so that a capacitated problem could never be built from tables.

    Two cells and two sites, so that swapping them would not show in the shapes: both cells want 3,
    site 0 has room for 5 and site 1 for 1.
    """
    everywhere = np.ones((2, 2))
    result = solve_capacitated_mclp([3.0, 3.0], everywhere, [5.0, 1.0], radius=2.0, p=1)
    assert (result.sites.tolist(), result.objective) == ([0], 5.0)
    load = np.array([3.0, 3.0]) @ result.shares.toarray()
    assert load == pytest.approx([5.0, 0.0])
    with pytest.raises(InfeasibleError):
        solve_cflp(everywhere, [3.0, 3.0], [5.0, 0.5], 1.0)
    for solve in (
        lambda: solve_capacitated_mclp([3.0, 3.0, 1.0], np.ones((3, 2)), [5.0, 1.0, 1.0], radius=2.0, p=1),
        lambda: solve_cflp(np.ones((3, 2)), [3.0, 3.0, 1.0], [5.0, 1.0, 1.0], 1.0),
    ):
        with pytest.raises(DataError, match="capacity"):
            solve()


# 6


def test_the_radius_holds_with_capacities_too():
    """A capacitated cover forgot its radius and still said "optimal": site 1 has room but is too far."""
    distance = np.array([[1.0, 9.0], [9.0, 9.0]])
    result = solve_capacitated_mclp([4.0, 7.0], distance, [3.0, 99.0], radius=2.0, p=2)
    assert result.objective == 3.0
    assert not result.shares.toarray()[distance > 2.0].any()


# 7


def test_demand_is_counted_once_however_many_stations_reach_it():
    """s1 and s3 both reach C: 65 + 60 - 20 = 105 and not 125."""
    case, evaluation = plan_toy(max_sites=2)
    assert case.solution.objective_kwh_day == pytest.approx(105.0)
    assert evaluation.sites["served_kwh_day"].sum() == pytest.approx(105.0)
    assert np.all(evaluation.cell_served_kwh_day <= toy_city.DEMAND_KWH_DAY + 1e-9)
    both = solve_mclp([20.0], [[1.0, 1.0]], radius=2.0, p=2)
    assert both.objective == 20.0


# 8


def test_how_the_solver_ended_is_looked_at():
    """Values were read whatever the status: what is impossible has no sites to show."""
    with pytest.raises(InfeasibleError, match="can serve 2 of a demand of 6"):
        solve_cflp(np.ones((2, 2)), [3.0, 3.0], [1.0, 1.0], 1.0)
    with pytest.raises(InfeasibleError):
        solve_p_median([[1.0, math.inf], [math.inf, 1.0]], p=1)
    with pytest.raises(InfeasibleError):
        plan_toy(("required", "required", "candidate"), max_sites=1)
    rough = solve_p_median(np.random.default_rng(3).random((60, 60)), p=6, gap=0.2)
    assert (rough.outcome is Outcome.PROVEN_OPTIMAL) == (rough.gap <= 2e-8)


# 9


def test_nothing_random_decides_between_sites():
    """Noise was added to the scores, so that each run ranked other sites first. Here all sites tie."""
    plans = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002 (whoever uses the global generator must not change a plan)
        before = np.random.get_state()[1].tolist()  # noqa: NPY002
        plans.append(solve_mclp(np.ones(8), np.eye(8) * -1 + 1, radius=0.5, p=3).sites.tolist())
        assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert plans[0] == plans[1]


# 10


def test_the_plan_is_no_sort_of_sites_by_their_own_score():
    """A constant a thousand times the demand left a sort of single sites, whose reach may be the same.

    Sites 0 and 1 reach the same 10 + 9, site 2 reaches 6: the two best by themselves serve 19, the
    best two together 25. A fixed cost that dwarfs the demand changes nothing.
    """
    reach = np.array([[1.0, 1.0, 9.0], [1.0, 1.0, 9.0], [9.0, 9.0, 1.0]])
    result = solve_mclp([10.0, 9.0, 6.0], reach, radius=2.0, p=2)
    assert result.objective == 25.0
    assert 2 in result.sites
    sites = toy_city.make_sites(fixed_cost_pkr=[1e9] * 3)
    case = small_studies.plan_study(
        toy_city.make_request(PlanMode.COVER, budget_pkr=2e9 + 200.0),
        toy_city.make_network(),
        toy_city.make_cells(),
        sites,
        toy_city.make_travel(),
    )
    assert case.solution.objective_kwh_day == pytest.approx(toy_city.BEST_COVER[2])
    assert np.flatnonzero(case.solution.chargers).tolist() == [0, 2]


# 11


def test_every_planned_site_has_its_coordinates():
    """A plan came out as row numbers; ours as points in degrees, where the sites are."""
    bundle = sample_bundle.build_sample_bundle()
    features = build_geojson(bundle)["features"]
    opened = bundle.sites.table[bundle.solution.chargers > 0]
    published = {
        each["properties"]["site_id"]: each["geometry"]["coordinates"]
        for each in features
        if each["geometry"]["type"] == "Point" and "site_id" in each["properties"]
    }
    assert len(opened) > 5
    for row in opened.itertuples():
        assert published[row.site_id] == pytest.approx([row.lon, row.lat], abs=1e-6)


# 12


def test_the_edge_of_the_city_cuts_no_drive_short(tmp_path):
    """The only way from A to B leaves the area and comes back; it is there, as roads beyond are read."""
    area = StudyArea(
        "small", "Small", shapely.box(LON - 0.01, LAT - 0.01, LON + 0.01, LAT + 0.01), CRS, 4.0, True
    )
    nodes = {
        1: (LON + 0.008, LAT - 0.005, {}), 2: (LON + 0.014, LAT - 0.005, {}), 3: (LON + 0.018, LAT, {}),
        4: (LON + 0.014, LAT + 0.005, {}), 5: (LON + 0.008, LAT + 0.005, {}),
    }  # fmt: skip
    network = read_drawn(tmp_path, area, nodes, [[1, 2, 3, 4, 5]]).network
    first, last = np.flatnonzero(np.isin(network.node_id, [1, 5]))
    assert np.isfinite(dijkstra(network.seconds, indices=first)[last])


# 13


def test_time_out_keeps_the_best_plan():
    """A search that ran out of time lost its plan; ours gives it with a bound, through the real process."""
    problem = small_problems.make_hard_problem()
    solution = solve_problem(
        problem,
        build_linear_model(problem),
        SolveSettings(time_limit_s=2.0, gap=0.0),
        seed=1,
        listen=ignore_event,
        should_stop=lambda: False,
    )
    assert solution.outcome is Outcome.WITHIN_GAP
    assert 0 < solution.objective_kwh_day <= solution.bound_kwh_day < math.inf


# 14


def test_required_sites_count_and_standing_ones_do_not():
    """Six sites were asked for and nine came, as required ones were put on top."""
    case, _ = plan_toy(("candidate", "required", "candidate"), max_sites=1)
    assert np.flatnonzero(case.solution.chargers).tolist() == [1]
    assert case.solution.objective_kwh_day == pytest.approx(40.0)  # s2 alone: B, C and D
    request = toy_city.make_request(PlanMode.COVER, max_sites=1)
    sites = toy_city.make_sites(
        ("candidate", "existing", "candidate"),
        existing_chargers=[0, 2, 0],
        existing_power_kw=[0.0, 20.0, 0.0],
    )
    case = small_studies.plan_study(
        request, toy_city.make_network(), toy_city.make_cells(), sites, toy_city.make_travel()
    )
    assert np.flatnonzero(case.solution.chargers).tolist() == [0, 1]  # s1 is the one new site
    assert case.solution.objective_kwh_day == pytest.approx(75.0)  # A besides B, C and D


# 15


def test_tables_are_used_as_the_installed_pandas_wants_them(project_folder):
    """A tool broke with each new pandas; ours says which it needs, and has no warning of what will go."""
    needed = read_needs(project_folder)["pandas"]
    assert needed.specifier
    assert needed.specifier.contains(pd.__version__)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # pandas tells of what it will drop by warnings
        _, evaluation = plan_toy(mode=PlanMode.ALLOCATE, budget_pkr=450.0)
        cells = gpd.GeoDataFrame(
            {"people": [1.0, 2.0]}, geometry=gpd.points_from_xy([0, 5], [0, 0]), crs=CRS, index=["b", "a"]
        )
        result = solve_mclp("people", (cells, cells), radius=1.0, p=1)
    assert evaluation.get_metric("served_share") == pytest.approx(100 / 105)
    assert result.sites.tolist() == [1]  # by position, whatever the index is


# 16


def read_needs(project_folder):
    project = tomllib.loads((project_folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {need.name.lower(): need for need in map(Requirement, project["dependencies"])}


def list_imports(path):
    """Modules that a file imports when it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) not in for_types and isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif id(node) not in for_types and isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_package_holds_all_that_it_needs(project_folder):
    """A package lacked modules, data and dependencies once installed.

    Every library that any file imports is declared, every folder of code is a package, what is put
    into the wheel is there, and the program named in the package starts.
    """
    project = tomllib.loads((project_folder / "pyproject.toml").read_text(encoding="utf-8"))
    files = sorted((project_folder / "chargeplan").rglob("*.py"))
    assert all((folder / "__init__.py").is_file() for folder in {path.parent for path in files})
    imported = {name.split(".")[0] for path in files for name in list_imports(path)}
    homes = metadata.packages_distributions()
    normal = {re.sub(r"[-_.]+", "-", name) for name in read_needs(project_folder)}
    for root in imported - set(sys.stdlib_module_names) - {"chargeplan", "__future__"}:
        names = {re.sub(r"[-_.]+", "-", home.lower()) for home in homes.get(root, [root])}
        assert names & normal, f"{root} is imported and not declared"
    build = project["tool"]["hatch"]["build"]["targets"]
    assert build["wheel"]["packages"] == ["chargeplan"]
    for source in build["wheel"]["force-include"]:
        assert any((project_folder / source).iterdir()), source
    module, function = project["project"]["scripts"]["chargeplan"].split(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert project["project"]["version"] == chargeplan.__version__


def test_a_name_of_the_package_leads_somewhere():
    assert all(getattr(chargeplan, name) is not None for name in chargeplan.__all__)
