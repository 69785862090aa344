"""Sites and driving times on the real roads of three cities."""

from dataclasses import dataclass
from pathlib import Path

import h3
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from chargeplan.area import build_study_area
from chargeplan.config.settings import (
    AreaSettings,
    NetworkSettings,
    SiteFileSettings,
    SitesSettings,
    StudySettings,
    TravelSettings,
)
from chargeplan.geo import snap_points, to_metric
from chargeplan.network.read import read_network
from chargeplan.records import CandidateSites, DemandCells, RoadNetwork, StudyArea, TravelTable
from chargeplan.sites.build import build_sites
from chargeplan.tables import ZONES, make_table
from chargeplan.travel.table import build_travel_table
from chargeplan.words import SiteStatus

pytestmark = pytest.mark.real_data

CITIES = {
    "islamabad": ([72.82, 33.44, 73.40, 33.83], "osm/islamabad/islamabad_ict_2020-07.osm.pbf", None),
    "lahore": (
        [74.29, 31.463, 74.426, 31.6],
        "osm/lahore/derived_lahore_drive.osm.pbf",
        "osm/pois_lahore.geojson",
    ),
    "karachi": (
        [66.976, 24.747, 67.111, 24.883],
        "osm/karachi/derived_karachi_south_drive.osm.pbf",
        "osm/pois_karachi.geojson",
    ),
}


@dataclass
class City:
    area: StudyArea
    network: RoadNetwork
    cells: DemandCells
    sites: CandidateSites
    table: TravelTable


def cover_with_cells(area: StudyArea, network: RoadNetwork) -> DemandCells:
    """A cell of one unit everywhere: the travel stage must not care where people live."""
    ring = [(lat, lon) for lon, lat in area.boundary.exterior.coords]
    cell_id = np.array(sorted(h3.polygon_to_cells(h3.LatLngPoly(ring), 8)))
    lonlat = np.array([h3.cell_to_latlng(cell)[::-1] for cell in cell_id])
    xy_m = np.column_stack(to_metric(lonlat[:, 0], lonlat[:, 1], area.crs))
    snap = snap_points(network.node_xy_m, network.is_joinable, xy_m, limit_m=1000.0)
    n_cells = len(cell_id)
    return DemandCells(
        cell_id=cell_id,
        lonlat=lonlat,
        people=np.ones(n_cells),
        kwh_day=np.ones((n_cells, 1)),
        classes=("car",),
        uses=("destination",),
        kwh_day_by_use=np.ones((n_cells, 1, 1)),
        periods=("all day",),
        period_share=np.ones((1, 1, 1)),
        zone_pos=np.zeros(n_cells, dtype=np.int64),
        zones=make_table(ZONES, {"zone_id": ["z"], "zone_name": ["Z"]}),
        zones_are_cells=False,
        node_pos=snap.node_pos,
        snap_m=snap.distance_m,
        people_in=float(n_cells),
        people_outside=0.0,
        kwh_day_in=float(n_cells),
        kwh_day_outside=0.0,
        depot_kwh_day_in=0.0,
        depot_kwh_day_outside=0.0,
        explanation=pd.DataFrame(),
    )


@pytest.fixture(scope="module", params=sorted(CITIES))
def city(request: pytest.FixtureRequest, real_data_folder: Path) -> City:
    box, roads, places = CITIES[request.param]
    study = StudySettings(name=request.param, title=request.param, year=2026, area=AreaSettings(box=box))
    area = build_study_area(study)
    reading = read_network(area, NetworkSettings(path=real_data_folder / roads))
    options = SitesSettings(paths=[real_data_folder / places] if places else [])
    sites = build_sites(area, reading.network, reading.places, options)
    cells = cover_with_cells(area, reading.network)
    table = build_travel_table(reading.network, cells, sites, TravelSettings())
    return City(area, reading.network, cells, sites, table)


def test_times_equal_networkx_on_real_roads(city: City) -> None:
    graph = nx.from_scipy_sparse_array(city.network.seconds.T.tocsr(), create_using=nx.DiGraph)
    site_node = city.sites.table["node_pos"].to_numpy()
    for site in range(0, len(site_node), 10):
        reached = nx.single_source_dijkstra_path_length(graph, int(site_node[site]), cutoff=600.0)
        mine = city.table.site_pos == site
        got = dict(zip(city.table.cell_pos[mine].tolist(), city.table.seconds[mine], strict=True))
        expected = {
            cell: reached[node] for cell, node in enumerate(city.cells.node_pos.tolist()) if node in reached
        }
        assert got.keys() == expected.keys()
        assert got == pytest.approx(expected, abs=1e-6)


def test_times_are_at_least_the_straight_line_at_the_fastest_speed(city: City) -> None:
    """An origin of the bound that knows nothing of graphs: no car is faster than the fastest road."""
    roads = city.network.seconds.tocoo()
    straight_m = np.linalg.norm(city.network.node_xy_m[roads.row] - city.network.node_xy_m[roads.col], axis=1)
    fastest_ms = (straight_m / roads.data).max()
    assert fastest_ms * 3.6 < 130
    cell_xy_m = city.network.node_xy_m[city.cells.node_pos[city.table.cell_pos]]
    site_xy_m = city.network.node_xy_m[city.sites.table["node_pos"].to_numpy()[city.table.site_pos]]
    assert np.all(city.table.seconds >= np.linalg.norm(cell_xy_m - site_xy_m, axis=1) / fastest_ms - 1e-6)


def test_every_cell_is_reached_or_named(city: City) -> None:
    reached = np.unique(city.table.cell_pos)
    named = np.concatenate([city.table.off_network_cell_pos, city.table.out_of_reach_cell_pos])
    assert sorted([*reached, *named]) == list(range(len(city.cells.cell_id)))


def test_real_sites_keep_their_spacing_and_their_removals_have_reasons(city: City) -> None:
    table, removed = city.sites.table, city.sites.removed
    assert len(table) >= 30
    assert (table["snap_m"] <= 250).all()
    inside = shapely.intersects_xy(city.area.boundary, table["lon"].to_numpy(), table["lat"].to_numpy())
    assert inside.all()
    xy_m = np.column_stack(to_metric(table["lon"].to_numpy(), table["lat"].to_numpy(), city.area.crs))
    candidates = xy_m[table["status"] == "candidate"]
    distance_m = np.linalg.norm(candidates[:, None] - candidates[None], axis=2)
    np.fill_diagonal(distance_m, np.inf)
    assert distance_m.min() >= 300.0
    assert (removed["reason"] != "").all()
    assert (removed["detail"] != "").all()
    assert not set(removed["site_id"]) & set(table["site_id"])


def test_recorded_chargers_can_be_given_as_existing_sites(real_data_folder: Path) -> None:
    """The export of Open Charge Map as it is: powers such as ``120;22``, columns of its own."""
    box, roads = [72.97, 33.64, 73.12, 33.76], CITIES["islamabad"][1]
    study = StudySettings(name="isb", title="Islamabad", year=2026, area=AreaSettings(box=box))
    area = build_study_area(study)
    reading = read_network(area, NetworkSettings(path=real_data_folder / roads))
    path = real_data_folder / "facts" / "existing_chargers.csv"
    files = [SiteFileSettings(path=path, status=SiteStatus.EXISTING)]
    options = SitesSettings(files=files)
    sites = build_sites(area, reading.network, reading.places, options)
    recorded = pd.read_csv(path)
    in_box = recorded["lon"].between(box[0], box[2]) & recorded["lat"].between(box[1], box[3])
    existing = sites.table[sites.table["status"] == "existing"]
    removed = sites.removed[sites.removed["status"] == "existing"]
    duplicates = (removed["reason"] == "same place as another site").sum()
    assert in_box.sum() >= 3
    assert len(existing) + duplicates == in_box.sum()
    assert (existing["existing_power_kw"] > 0).all()
    assert (existing["existing_chargers"] >= 1).all()
