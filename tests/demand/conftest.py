"""A drawn study: a box of 3 by 3 km, roads drawn as straight lines inside chosen cells."""

import warnings
from dataclasses import dataclass, field
from pathlib import Path

import h3
import numpy as np
import pytest
import scipy.sparse as sp
import shapely

from chargeplan.area import build_study_area
from chargeplan.config.settings import AreaSettings, DemandSettings, StudySettings, ZoneSettings
from chargeplan.demand.build import build_demand
from chargeplan.demand.cells import CellCover, cover_area
from chargeplan.geo import to_degrees, to_metric
from chargeplan.records import DemandCells, MapPlaces, RoadNetwork, StudyArea
from chargeplan.tables import PLACES, REPAIRS, ROADS, make_table

CRS = "EPSG:32643"
CORNER_M = (320_000.0, 3_728_000.0)
SIDE_M = 3000.0
RESOLUTION = 9


def lonlat(x_m, y_m):
    """Longitudes and latitudes of metres from the corner."""
    x_m, y_m = np.atleast_1d(np.asarray(x_m, float)), np.atleast_1d(np.asarray(y_m, float))
    return np.column_stack(to_degrees(CORNER_M[0] + x_m, CORNER_M[1] + y_m, CRS))


def draw_area() -> StudyArea:
    (west, south), (east, north) = lonlat(0, 0)[0], lonlat(SIDE_M, SIDE_M)[0]
    box = AreaSettings(box=[float(west), float(south), float(east), float(north)])
    return build_study_area(StudySettings(name="drawn", title="Drawn City", year=2026, area=box))


def draw_network(roads) -> RoadNetwork:
    """Make a network of straight roads, each (road class, [(x_m, y_m), ...]) from the corner.

    The ends of the roads are its nodes; the drives between them do not matter to demand.
    """
    ends_m = np.array([point for _, line in roads for point in (line[0], line[-1])], float)
    n_nodes = len(ends_m)
    ring = sp.coo_array(
        (np.ones(n_nodes), (np.arange(n_nodes), np.roll(np.arange(n_nodes), -1))), shape=(n_nodes, n_nodes)
    )
    lengths_m = [shapely.LineString(line).length for _, line in roads]
    return RoadNetwork(
        node_id=np.arange(n_nodes),
        node_xy_m=ends_m + CORNER_M,
        is_joinable=np.ones(n_nodes, dtype=bool),
        seconds=sp.csr_array(ring),
        roads=make_table(
            ROADS,
            {
                "road_class": [road_class for road_class, _ in roads],
                "name": [""] * len(roads),
                "length_m": lengths_m,
                "speed_kmh": [30.0] * len(roads),
                "is_speed_tagged": [False] * len(roads),
            },
        ),
        road_lonlat=np.vstack([lonlat(*np.array(line, float).T) for _, line in roads]),
        road_offsets=np.cumsum([0, *(len(line) for _, line in roads)]).astype(np.int64),
        crs=CRS,
        imputed_speed_share=1.0,
        repairs=make_table(REPAIRS, {column.name: [] for column in REPAIRS}),
        data_date="",
    )


def make_place(place_id, kind, lon, lat, **more) -> dict[str, object]:
    row = {column.name: np.nan if column.may_be_missing else "" for column in PLACES}
    return row | {"place_id": place_id, "kind": kind, "lon": lon, "lat": lat, "source": "map.osm"} | more


def make_map_places(rows) -> MapPlaces:
    return MapPlaces(
        make_table(PLACES, {column.name: [row[column.name] for row in rows] for column in PLACES})
    )


def write_geojson(path: Path, features, crs="EPSG:4326") -> Path:
    """Write (geometry, properties) pairs in any CRS; GeoPackage, GeoJSON or shapefile by the suffix."""
    import geopandas as gpd

    layer = gpd.GeoDataFrame(
        [properties for _, properties in features], geometry=[geometry for geometry, _ in features], crs=crs
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")  # left out on purpose
        layer.to_file(path)
    return path


def outline(cell_id: str) -> shapely.Polygon:
    """The hexagon of a cell in metres of the study's CRS, from h3 and not from the stage."""
    lat, lon = np.array(h3.cell_to_boundary(cell_id)).T
    return shapely.Polygon(np.column_stack(to_metric(lon, lat, CRS)))


@dataclass
class Study:
    """Draw roads, put places and choose a population, then build."""

    folder: Path
    area: StudyArea
    cover: CellCover
    roads: list = field(default_factory=list)
    places: list = field(default_factory=list)

    @property
    def cell_id(self) -> list[str]:
        return [f"{int(key):x}" for key in self.cover.cell_key]

    def centre_m(self, cell: int):
        """Centre of a cell in metres from the corner."""
        return self.cover.xy_m[cell] - CORNER_M

    def draw_road(self, cell: int, length_m: float, road_class: str = "residential") -> None:
        """Draw a road of so many metres, west to east through the centre of a cell.

        The inner circle of a cell of resolution 9 has a radius of about 150 m.
        """
        assert length_m <= 280
        x_m, y_m = self.centre_m(cell)
        self.roads.append((road_class, [(x_m - length_m / 2, y_m), (x_m + length_m / 2, y_m)]))

    def draw_roads_everywhere(self) -> None:
        for cell in range(self.cover.n_cells):
            self.draw_road(cell, 100.0)

    def put(self, place_id, kind, cell: int, *, east_m: float = 0.0, **more) -> None:
        """Put a place of the map beside the centre of a cell."""
        x_m, y_m = self.centre_m(cell)
        lon, lat = lonlat(x_m + east_m, y_m)[0]
        self.places.append(make_place(place_id, kind, lon, lat, **more))

    def get_pos(self, cells: DemandCells, cell: int) -> int:
        """Row of a cell of the cover in the result."""
        return cells.cell_id.tolist().index(self.cell_id[cell])

    def build(
        self,
        population,
        *,
        zones: ZoneSettings | None = None,
        year=2030,
        city=None,
        exclusion=None,
        land=None,
        **settings,
    ) -> DemandCells:
        options = DemandSettings.model_validate({"population": population} | settings, strict=False)
        places = make_map_places(self.places)
        return build_demand(
            self.area,
            draw_network(self.roads),
            places if land is None else MapPlaces(places.table, land),
            options,
            zones,
            year=year,
            city=city,
            exclusion=exclusion,
        )

    def find_middle_cell(self) -> int:
        return int(np.argmin(np.hypot(*(self.cover.xy_m - CORNER_M - SIDE_M / 2).T)))

    def find_neighbour(self, cell: int) -> int:
        """The cell next to this one to the east."""
        distance_m = np.hypot(*(self.cover.xy_m - self.cover.xy_m[cell]).T)
        is_next = (distance_m > 1) & (distance_m < 2.2 * self.cover.edge_m)
        east = np.where(is_next, self.cover.xy_m[:, 0], -np.inf)
        return int(np.argmax(east))


FIGURE_OF_1000 = {
    "source": "figures",
    "figures": [{"name": "Drawn City", "people": 1000.0, "source": "made up, 2026"}],
}


@pytest.fixture(scope="session")
def area() -> StudyArea:
    return draw_area()


@pytest.fixture(scope="session")
def cover(area) -> CellCover:
    return cover_area(area, RESOLUTION)


@pytest.fixture
def study(tmp_path, area, cover) -> Study:
    return Study(tmp_path, area, cover)


@pytest.fixture(scope="session")
def make_study(area, cover):
    """For tests of hypothesis, which need a fresh study for each example."""
    return lambda folder: Study(folder, area, cover)


@pytest.fixture
def paved_study(study) -> Study:
    """The same amount of road in every cell."""
    study.draw_roads_everywhere()
    return study


@pytest.fixture(scope="session")
def corner_m():
    """South-western corner of the box in metres of its CRS."""
    return np.array(CORNER_M)


@pytest.fixture(name="lonlat")
def lonlat_fixture():
    return lonlat


@pytest.fixture(name="draw_network")
def draw_network_fixture():
    return draw_network


@pytest.fixture(name="make_place")
def make_place_fixture():
    return make_place


@pytest.fixture(name="make_map_places")
def make_map_places_fixture():
    return make_map_places


@pytest.fixture(name="outline")
def outline_fixture():
    return outline


@pytest.fixture
def people_figure():
    """One thousand people, all in the study area."""
    return FIGURE_OF_1000


@pytest.fixture
def write_layer(tmp_path):
    def write(name, features, crs="EPSG:4326"):
        return write_geojson(tmp_path / name, features, crs)

    return write


@pytest.fixture
def write_text(tmp_path):
    def write(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return write


@pytest.fixture
def get_figure():
    """Value of one row of the explanation, by its words."""

    def get(cells: DemandCells, step: str) -> float:
        rows = cells.explanation[cells.explanation["step"] == step]
        assert len(rows) == 1, (step, cells.explanation["step"].tolist())
        return float(rows["value"].iloc[0])

    return get
