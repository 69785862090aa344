"""Demand of the three real studies, as their configs set them up."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from chargeplan.area import build_study_area
from chargeplan.config.load import load_settings
from chargeplan.config.settings import Settings
from chargeplan.demand.build import build_demand
from chargeplan.demand.fleet import read_fleet
from chargeplan.errors import DataError
from chargeplan.network.read import read_network
from chargeplan.records import DemandCells, RoadNetwork, StudyArea

pytestmark = pytest.mark.real_data

PEOPLE = "osm/islamabad/worldpop2020_1km_points_utm43n.gpkg"
FILES = {
    "islamabad": {
        "network.path": "osm/islamabad/islamabad_ict_2020-07.osm.pbf",
        "demand.population.path": PEOPLE,
    },
    "lahore": {
        "network.path": "osm/lahore/derived_lahore_drive.osm.pbf",
        "demand.places.paths": "[osm/pois_lahore.geojson]",
        "demand.places.from_network_file": "false",  # this extract holds roads only
    },
    "karachi": {
        "network.path": "osm/karachi/derived_karachi_south_drive.osm.pbf",
        "demand.places.paths": "[osm/pois_karachi.geojson]",
        "demand.places.from_network_file": "false",
    },
}
OLD_LAHORE_BOX = "study.area.box=[74.290, 31.463, 74.426, 31.600]"


@dataclass
class City:
    name: str
    settings: Settings
    area: StudyArea
    network: RoadNetwork
    cells: DemandCells


def build_city(name: str, project_folder: Path, real_data_folder: Path, *changes: str) -> City:
    paths = []
    for key, value in FILES[name].items():
        if value.startswith("["):
            paths.append(f"{key}=[{real_data_folder / value[1:-1]}]")
        else:
            paths.append(f"{key}={value if value == 'false' else real_data_folder / value}")
    settings = load_settings(project_folder / "configs" / f"{name}.yaml", [*paths, *changes]).settings
    area = build_study_area(settings.study)
    reading = read_network(area, settings.network)
    study = settings.study
    cells = build_demand(
        area,
        reading.network,
        reading.places,
        settings.demand,
        study.zones,
        year=study.year,
        city=study.city,
    )
    return City(name, settings, area, reading.network, cells)


@pytest.fixture(scope="module", params=sorted(FILES))
def city(request, project_folder, real_data_folder) -> City:
    return build_city(request.param, project_folder, real_data_folder)


def test_people_and_energy_are_conserved(city):
    cells = city.cells
    assert cells.people.sum() + cells.people_outside == pytest.approx(cells.people_in, rel=1e-9)
    assert cells.kwh_day.sum() + cells.kwh_day_outside == pytest.approx(cells.kwh_day_in, rel=1e-9)
    study = city.settings.study
    fleet = read_fleet(city.settings.demand, year=study.year, city=study.city)
    by_use = fleet.compute_kwh_day_per_person(cells.people_in).sum(axis=0)
    assert cells.kwh_day_in == pytest.approx(cells.people_in * by_use[:3].sum(), rel=1e-9)
    assert cells.depot_kwh_day_in == pytest.approx(cells.people_in * by_use[3], rel=1e-9)


def test_people_are_those_of_the_source_read_without_chargeplan(city, real_data_folder):
    if city.name == "islamabad":
        layer = pyogrio.read_dataframe(real_data_folder / PEOPLE)
        told = city.cells.explanation.set_index("step")["value"]
        read = city.cells.people_in / told["factor of the whole grid"]
        assert read == pytest.approx(layer["population"].sum(), rel=1e-9)
        assert city.cells.people.sum() == pytest.approx(2_363_863, rel=1e-9)  # census 2023, table 1
        return
    figures = city.settings.demand.population.figures
    census = pd.read_csv(real_data_folder / "facts" / "tehsils_2023.csv")
    found = census[
        (census["city"] == city.name.title())
        & census["tehsil"].isin([figure.name.removesuffix(" tehsil") for figure in figures])
    ]
    assert len(found) == len(figures)
    assert city.cells.people_in == found["pop_2023"].sum()


def test_off_network_demand_is_small(city):
    """Measured: Islamabad 0.8 %, Karachi 3.9 %, Lahore 0.5 %."""
    off = city.cells.node_pos < 0
    share = city.cells.total_kwh_day[off].sum() / city.cells.total_kwh_day.sum()
    assert share < 0.05
    assert (city.cells.snap_m[off] > city.settings.demand.snap_limit_m).all()
    assert (city.cells.snap_m[~off] <= city.settings.demand.snap_limit_m).all()


def test_cells_lie_in_the_area_with_people_or_energy(city):
    lon, lat = city.cells.lonlat.T
    assert shapely.intersects_xy(city.area.boundary, lon, lat).all()
    assert ((city.cells.people > 0) | (city.cells.total_kwh_day > 0)).all()
    assert city.cells.zones_are_cells


def test_density_of_people_is_that_of_a_city(city):
    """No cell of 0.1 km2 above 200,000 people/km2, a city block of high-rise flats."""
    assert city.cells.people.max() / 0.105 < 200_000


def test_islamabad_people_stay_near_their_square(project_folder, real_data_folder):
    """The centre of mass of the cells is that of the WorldPop points, within a kilometre."""
    from chargeplan.geo import to_metric

    city = build_city("islamabad", project_folder, real_data_folder)
    layer = pyogrio.read_dataframe(real_data_folder / PEOPLE).to_crs(city.area.crs)
    people = layer["population"].to_numpy()
    expected = np.average(np.column_stack([layer.geometry.x, layer.geometry.y]), axis=0, weights=people)
    xy_m = np.column_stack(to_metric(*city.cells.lonlat.T, city.area.crs))
    assert np.average(xy_m, axis=0, weights=city.cells.people) == pytest.approx(expected, abs=1000.0)


def test_lahore_box_over_the_roads_that_hang_apart_is_refused(project_folder, real_data_folder):
    """The south of this box, around Model Town, has roads that no road of the file joins to the rest."""
    with pytest.raises(
        DataError, match=r"20\.\d% of the demand, in \d+ of \d+ cells.*Shrink study\.area"
    ) as caught:
        build_city("lahore", project_folder, real_data_folder, OLD_LAHORE_BOX)
    words = str(caught.value)
    latitude = float(words.split("latitude ")[1].split(maxsplit=1)[0])
    assert 31.463 < latitude < 31.505
