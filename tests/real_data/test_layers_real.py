"""Layers, raking, excluded land and recorded chargers on the real extract of Islamabad."""

import numpy as np
import pyogrio
import pytest
import shapely

from chargeplan.area import build_study_area
from chargeplan.config.settings import (
    AreaSettings,
    DemandSettings,
    ExclusionSettings,
    NetworkSettings,
    SiteFileSettings,
    SitesSettings,
    StudySettings,
)
from chargeplan.demand.build import build_demand
from chargeplan.estates import add_listed_estates
from chargeplan.network.read import read_network
from chargeplan.sites.build import build_sites
from chargeplan.words import PlaceKind, SiteStatus

pytestmark = pytest.mark.real_data

GRID = "osm/islamabad/worldpop2020_1km_points_utm43n.gpkg"
DESTINATION, FAST = 1, 2


@pytest.fixture(scope="module")
def area():
    box = AreaSettings(box=[72.82, 33.44, 73.40, 33.83])
    return build_study_area(StudySettings(name="isb", title="Islamabad", year=2030, area=box))


@pytest.fixture(scope="module")
def reading(area, real_data_folder):
    return read_network(
        area, NetworkSettings(path=real_data_folder / "osm/islamabad/islamabad_ict_2020-07.osm.pbf")
    )


@pytest.fixture(scope="module")
def places(area, reading):
    return add_listed_estates(reading.places, area)


def build(area, reading, places, folder, **changes):
    population = {"source": "points", "path": folder / GRID, "column": "population"}
    population |= changes.pop("population", {})
    options = DemandSettings.model_validate({"population": population} | changes, strict=False)
    return build_demand(
        area,
        reading.network,
        places,
        options,
        None,
        year=2030,
        city="islamabad",
        exclusion=ExclusionSettings(),
    )


@pytest.fixture(scope="module")
def cells(area, reading, places, real_data_folder):
    return build(area, reading, places, real_data_folder)


def get_figure(cells, step):
    return float(cells.explanation.set_index("step")["value"][step])


def test_the_map_draws_land_and_industry(places):
    """Counted with osmium over the extract: 39 industrial ways, 12 military, 33 of cemeteries."""
    kinds = places.land.table["kind"].value_counts()
    assert 36 <= kinds["industrial"] <= 39
    assert 10 <= kinds["military"] <= 12
    assert 30 <= kinds["cemetery"] <= 33
    assert "estate:I-10 Industrial Area" not in set(places.table["place_id"])  # the map has I-10/3


def test_uses_are_where_their_layers_say(cells):
    by_use = cells.kwh_day_by_use.sum(axis=1)
    assert cells.kwh_day.sum() + cells.kwh_day_outside == pytest.approx(cells.kwh_day_in, rel=1e-9)
    at_depots = dict(zip(cells.classes, cells.depot_kwh_day.T, strict=True))
    assert 20 < np.count_nonzero(at_depots["bus"]) <= 34  # bus stations
    assert np.count_nonzero(at_depots["taxi"]) <= 3  # stands
    # The map has no truck terminal: trucks lie on 1,495 ha of industry, and a warning says so.
    assert 80 < np.count_nonzero(at_depots["truck"]) < 500
    assert f"trucks, {at_depots['truck'].sum():,.0f} kWh/day (no truck terminal" in "\n".join(cells.warnings)
    # Destination and fast charging are more concentrated than the homes.
    for use in (DESTINATION, FAST):
        assert np.count_nonzero(by_use[:, use]) < np.count_nonzero(cells.people)
    assert 0.05 < get_figure(cells, "destination charging told by the layer industry") < 0.4
    assert cells.kwh_day[cells.node_pos < 0].sum() < 0.02 * cells.kwh_day.sum()


def test_betweenness_and_classes_agree_on_the_main_roads(area, reading, places, real_data_folder, cells):
    """Two ways to tell the traffic; both find it on the same roads more often than not."""
    drives = build(area, reading, places, real_data_folder, traffic="betweenness", layers={"places": 0})
    classes = build(area, reading, places, real_data_folder, layers={"places": 0})
    fast = []
    for one in (drives, classes):
        share = dict(zip(one.cell_id.tolist(), one.kwh_day_by_use[:, :, FAST].sum(axis=1), strict=True))
        fast.append([share.get(cell, 0.0) for cell in cells.cell_id.tolist()])
    ranks = [np.argsort(np.argsort(one)) for one in fast]
    assert np.corrcoef(*ranks)[0, 1] > 0.3


def test_drawn_tehsils_keep_their_totals(area, reading, places, real_data_folder, tmp_path):
    """The Capital Territory cut in two by hand at 73.05 E; the people of the census are kept."""
    import geopandas as gpd

    west, south, east, north = area.boundary.bounds
    halves = [shapely.box(west, south, 73.05, north), shapely.box(73.05, south, east, north)]
    path = tmp_path / "halves.gpkg"
    people = [1_000_000.0, 1_363_863.0]
    gpd.GeoDataFrame({"name": ["West", "East"], "people": people}, geometry=halves, crs="EPSG:4326").to_file(
        path
    )
    zones = {"path": path, "id_column": "name", "people_column": "people"}
    raked = build(area, reading, places, real_data_folder, population={"zones": zones})
    in_no_zone = get_figure(raked, "people in no zone, as the grid counts them")
    assert raked.people_in == pytest.approx(2_363_863.0 + in_no_zone, rel=1e-9)
    assert raked.people.sum() + raked.people_outside == pytest.approx(raked.people_in, rel=1e-9)
    counted = get_figure(raked, "people that the grid counts in zone East")
    grid = pyogrio.read_dataframe(real_data_folder / GRID)
    assert counted < grid["population"].sum()
    assert get_figure(raked, "factor of zone East") == pytest.approx(1_363_863.0 / counted)


def test_recorded_chargers_stand_as_existing_stations(reading, places, real_data_folder):
    """In the part of the box with roads; those of Rawalpindi lie beyond the extract."""
    box = AreaSettings(box=[72.95, 33.64, 73.15, 33.76])
    area = build_study_area(StudySettings(name="isb", title="Islamabad", year=2030, area=box))
    files = [
        SiteFileSettings(path=real_data_folder / "facts/existing_chargers.csv", status=SiteStatus.EXISTING)
    ]
    sites = build_sites(
        area,
        reading.network,
        places,
        SitesSettings(files=files, snap_limit_m=1000.0, kinds=[PlaceKind.FUEL, PlaceKind.INDUSTRIAL_ESTATE]),
    )
    recorded = sites.table[sites.table["site_id"].str.startswith("ocm:")]
    assert 5 <= len(recorded) <= 15  # of the 52 records of the whole country
    station = recorded.set_index("site_id").loc["ocm:475404"]
    assert (station["name"], station["existing_power_kw"]) == ("PSO Marwat, I-8 Markaz", 60.0)
    removed = sites.removed["reason"].value_counts()
    assert removed["on land where no station can be built"] > 0
    assert (sites.table["kind"] == "industrial_estate").sum() >= 3
