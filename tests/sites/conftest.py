"""A drawn study: a box of 4 by 4 km with a crossing every 100 m, places put at metres from its corner."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from chargeplan.area import build_study_area
from chargeplan.config.settings import AreaSettings, SiteFileSettings, SitesSettings, StudySettings
from chargeplan.geo import to_degrees
from chargeplan.records import CandidateSites, LandAreas, MapPlaces, RoadNetwork, StudyArea
from chargeplan.sites.build import build_sites
from chargeplan.tables import PLACES, REPAIRS, ROADS, make_table
from chargeplan.words import PlaceKind, SiteStatus

CRS = "EPSG:32643"
CORNER_M = (320_000.0, 3_728_000.0)


def lonlat(x_m: float, y_m: float) -> tuple[float, float]:
    lon, lat = to_degrees(np.array([CORNER_M[0] + x_m]), np.array([CORNER_M[1] + y_m]), CRS)
    return float(lon[0]), float(lat[0])


def draw_area() -> StudyArea:
    west, south = lonlat(0, 0)
    east, north = lonlat(4000, 4000)
    area = AreaSettings(box=[west, south, east, north])
    return build_study_area(StudySettings(name="drawn", title="Drawn City", year=2026, area=area))


def draw_network() -> RoadNetwork:
    """Crossings every 100 m from -500 to 4500 m, but none where x is between 1000 and 2000 m."""
    ticks = np.arange(-500.0, 4501.0, 100.0)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    grid = grid[(grid[:, 0] <= 1000) | (grid[:, 0] >= 2000)]
    n_nodes = len(grid)
    ring = sp.coo_array(
        (np.ones(n_nodes), (np.arange(n_nodes), np.roll(np.arange(n_nodes), -1))), shape=(n_nodes, n_nodes)
    )
    return RoadNetwork(
        node_id=np.arange(n_nodes),
        node_xy_m=grid + CORNER_M,
        is_joinable=np.ones(n_nodes, dtype=bool),
        seconds=sp.csr_array(ring),
        roads=make_table(ROADS, {column.name: [] for column in ROADS}),
        road_lonlat=np.empty((0, 2)),
        road_offsets=np.zeros(1, dtype=np.int64),
        crs=CRS,
        imputed_speed_share=0.0,
        repairs=make_table(REPAIRS, {column.name: [] for column in REPAIRS}),
        data_date="",
    )


@dataclass
class DrawnStudy:
    """Put places and files down, then build."""

    folder: Path
    area: StudyArea
    network: RoadNetwork
    places: list[dict[str, object]] = field(default_factory=list)
    files: list[SiteFileSettings] = field(default_factory=list)
    land: LandAreas | None = None

    def put(self, place_id: str, kind: str, x_m: float, y_m: float, **more: object) -> None:
        """Put a place of the map at metres from the corner."""
        lon, lat = lonlat(x_m, y_m)
        row: dict[str, object] = {
            column.name: np.nan if column.may_be_missing else "" for column in PLACES
        } | {"place_id": place_id, "kind": kind, "lon": lon, "lat": lat, "source": "map.osm"}
        self.places.append(row | more)

    def write_csv(self, name: str, status: str, rows: list[dict[str, object]]) -> Path:
        """Write a planner's CSV; ``x_m`` and ``y_m`` of a row become lon and lat."""
        written = []
        for row in rows:
            rest = {key: value for key, value in row.items() if key not in {"x_m", "y_m"}}
            lon, lat = lonlat(float(str(row["x_m"])), float(str(row["y_m"]))) if "x_m" in row else ("", "")
            written.append({"lon": lon, "lat": lat} | rest)
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in written for key in row)))
            writer.writeheader()
            writer.writerows(written)
        self.add_file(path, status)
        return path

    def add_file(self, path: Path, status: str) -> None:
        self.files.append(SiteFileSettings(path=path, status=SiteStatus(status)))

    def build(self, **settings: object) -> CandidateSites:
        if "kinds" in settings:
            settings["kinds"] = [PlaceKind(kind) for kind in settings["kinds"]]
        options = SitesSettings.model_validate({"files": self.files} | settings)
        # Not sorted on purpose: the order of the places must not matter.
        columns: dict[str, object] = {
            column.name: [row[column.name] for row in self.places] for column in PLACES
        }
        table = make_table(PLACES, columns)
        places = MapPlaces(table) if self.land is None else MapPlaces(table, self.land)
        return build_sites(self.area, self.network, places, options)


@pytest.fixture(scope="session")
def drawn() -> tuple[StudyArea, RoadNetwork]:
    return draw_area(), draw_network()


@pytest.fixture
def study(tmp_path: Path, drawn: tuple[StudyArea, RoadNetwork]) -> DrawnStudy:
    return DrawnStudy(tmp_path, *drawn)


@pytest.fixture
def get_lonlat() -> Callable[[float, float], tuple[float, float]]:
    return lonlat
