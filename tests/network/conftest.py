"""Streets drawn with letters, written as an OpenStreetMap file and read again."""

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse.csgraph as csgraph
import shapely
from road_formats import copy_part

from chargeplan.area import build_study_area
from chargeplan.config.load import load_settings
from chargeplan.config.settings import AreaSettings, NetworkSettings, StudySettings
from chargeplan.network.read import NetworkReading, read_network

WEST, NORTH = 73.05, 33.72
# About 93 m by 111 m in Islamabad: short enough that only chains of five cells or more keep
# a node on the way.
CELL_DEG = 0.001
BOX = [73.0, 33.65, 73.12, 33.75]


@dataclass
class Drawing:
    """An OpenStreetMap file in the making; letters are nodes, their ids 1 for A, 2 for B, ..."""

    nodes: dict[str, tuple[float, float]]
    ways: list[tuple[str, dict[str, str]]]
    points: list[tuple[int, float, float, dict[str, str]]] = field(default_factory=list)
    extra: str = ""
    header: str = ""

    @staticmethod
    def find_id(letter: str) -> int:
        return ord(letter) - ord("A") + 1

    def write_xml(self) -> str:
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<osm version="0.6" generator="drawing">',
            self.header,
        ]
        for letter, (lon, lat) in sorted(self.nodes.items()):
            lines.append(f'<node id="{self.find_id(letter)}" lon="{lon:.7f}" lat="{lat:.7f}" version="1"/>')
        for number, lon, lat, tags in self.points:
            lines.append(
                f'<node id="{number}" lon="{lon:.7f}" lat="{lat:.7f}" version="1">{_write_tags(tags)}</node>'
            )
        for number, (letters, tags) in enumerate(self.ways, start=1):
            refs = "".join(f'<nd ref="{self.find_id(letter)}"/>' for letter in letters)
            lines.append(f'<way id="{100 + number}" version="1">{refs}{_write_tags(tags)}</way>')
        return "\n".join([*lines, self.extra, "</osm>"])


def _write_tags(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())


@dataclass
class Streets:
    """A network that was read, asked by letters."""

    reading: NetworkReading

    @property
    def network(self):
        return self.reading.network

    @property
    def letters(self) -> str:
        """The kept nodes."""
        return "".join(chr(ord("A") + number - 1) for number in self.network.node_id.tolist())

    def find_row(self, letter: str) -> int:
        return int(np.flatnonzero(self.network.node_id == Drawing.find_id(letter))[0])

    def find_edge_s(self, start: str, end: str) -> float:
        """Seconds of the direct road, 0 when there is none."""
        return float(self.network.seconds[self.find_row(start), self.find_row(end)])

    def find_drive_s(self, start: str, end: str) -> float:
        """Seconds of the fastest way from one letter to another, inf when there is none."""
        times = csgraph.dijkstra(self.network.seconds, indices=self.find_row(start))
        return float(times[self.find_row(end)])

    def find_repair(self, words: str) -> int:
        """Count of the repair with these words, 0 when there is none."""
        table = self.network.repairs
        return int(table["count"][table["what"].str.contains(words, regex=False)].sum())


def draw(picture: str, *ways: tuple[str, dict[str, str]]) -> Drawing:
    """Make a drawing; column and row of a letter are its place."""
    nodes = {
        letter: (WEST + CELL_DEG * column, NORTH - CELL_DEG * row)
        for row, line in enumerate(textwrap.dedent(picture).strip("\n").splitlines())
        for column, letter in enumerate(line)
        if letter.isalpha()
    }
    return Drawing(nodes, list(ways))


@pytest.fixture(scope="session")
def demo_settings(project_folder):
    return load_settings(project_folder / "configs" / "demo.yaml").settings


@pytest.fixture(scope="session")
def city_part(demo_settings, tmp_path_factory):
    """Some sectors of the demo city with two rings and all that lies in them, as a file of its own."""
    target = tmp_path_factory.mktemp("part") / "part.osm"
    return copy_part(demo_settings.network.path, target, (73.02, 33.68, 73.06, 33.71))


@pytest.fixture
def study_area():
    return build_study_area(StudySettings(name="drawn", title="Drawn", year=2026, area=AreaSettings(box=BOX)))


@pytest.fixture
def read_drawing(tmp_path: Path, study_area):
    def read(drawing: Drawing, **settings: object) -> Streets:
        path = tmp_path / "drawn.osm"
        path.write_text(drawing.write_xml(), encoding="utf-8")
        return Streets(
            read_network(study_area, NetworkSettings(path=path, **{"speed_factor": 1.0, **settings}))
        )

    return read


@pytest.fixture(name="draw")
def draw_fixture():
    return draw


@pytest.fixture
def find_length_m(study_area):
    """Length of a line of coordinates by the projection of the study, independent of the reader."""
    from chargeplan.geo import WGS84, project_geometry

    def find(*lonlats: tuple[float, float]) -> float:
        return float(project_geometry(shapely.LineString(lonlats), WGS84, study_area.crs).length)

    return find
