"""A cut of the real Islamabad, against osmium-tool where it is installed."""

import json
import shutil
import subprocess

import osmium
import pytest
import shapely

from chargeplan.download.areas import FetchArea
from chargeplan.download.cut import cut_dataset
from chargeplan.errors import DataError

pytestmark = pytest.mark.real_data


@pytest.fixture
def extract(real_data_folder):
    return real_data_folder / "osm" / "islamabad" / "islamabad_ict_2020-07.osm.pbf"


def read_lines(path, folder):
    text = folder / f"{path.parent.name}-{path.name}.opl"
    with osmium.io.Reader(str(path)) as reader, osmium.SimpleWriter(text, overwrite=True) as writer:
        osmium.apply(reader, writer)
    return text.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    "boundary",
    [
        shapely.box(73.0, 33.6, 73.1, 33.7),
        # With a hole and a second part.
        shapely.Point(73.05, 33.7).buffer(0.06).difference(shapely.Point(73.05, 33.7).buffer(0.02))
        | shapely.box(73.2, 33.5, 73.3, 33.6),
    ],
    ids=["box", "ring and box"],
)
def test_cut_is_that_of_osmium_tool_in_every_letter(extract, tmp_path, boundary):
    program = shutil.which("osmium")
    if program is None:
        pytest.skip("osmium-tool is not installed")
    boundary = shapely.set_precision(boundary, 1e-7)
    state = cut_dataset(
        extract,
        FetchArea("city", "x", 0, boundary),
        folder=tmp_path / "ours",
        buffer_km=0.0,
        tell=lambda _: None,
    )
    polygon = tmp_path / "area.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(boundary))}
    polygon.write_text(json.dumps(feature), "utf-8")
    theirs = tmp_path / "theirs.osm.pbf"
    subprocess.run(
        [program, "extract", "--strategy=complete_ways", "-p", polygon, extract, "-o", theirs], check=True
    )
    ours = read_lines(state.data_path, tmp_path)
    assert len(ours) > 10_000
    assert ours == read_lines(theirs, tmp_path)


def test_boundary_that_the_extract_does_not_hold_whole_is_said(extract, tmp_path):
    """The extract was cut along the boundary and lacks one of its 15 ways."""
    area = FetchArea("city", "relation 358002", 358002, None)
    with pytest.raises(DataError, match="1 of 15 ways of its boundary are missing from the data: 45778127"):
        cut_dataset(extract, area, folder=tmp_path / "ours", tell=lambda _: None)
    assert not (tmp_path / "ours").exists()
