"""What a file of the grid may hold and what each fault is told as."""

import csv
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeplan.errors import DataError
from chargeplan.grid.attach import attach_sites
from chargeplan.grid.read import read_grid_file
from chargeplan.grid_assets import find_leaves

HEADER = "id,parent,name,lon,lat,headroom_kw,step_kw,step_pkr,max_steps,synthetic\n"
GOOD = (
    HEADER
    + "S,,Grid station,73.05,33.70,5000,10000,4e8,2,\n"
    + "T,S,,73.05,33.70,,,,,\n"
    + "F2,T,Feeder 2,73.06,33.70,0,500,6e6,,no\n"
    + "F1,T,Feeder 1,73.05,33.71,250.5,0,,,no\n"
)


@pytest.fixture
def read_text(tmp_path):
    def write_and_read(text, **options):
        path = tmp_path / "grid.csv"
        path.write_bytes(text.encode("utf-8"))
        return read_grid_file(path, "grid.path", **options)

    return write_and_read


@pytest.fixture
def read_features(tmp_path):
    def write_and_read(features, **members):
        path = tmp_path / "grid.geojson"
        made = [
            {"type": "Feature", "properties": properties, "geometry": geometry}
            for properties, geometry in features
        ]
        path.write_text(
            json.dumps({"type": "FeatureCollection", **members, "features": made}), encoding="utf-8"
        )
        return read_grid_file(path, "grid.path")

    return write_and_read


def point(lon, lat):
    return {"type": "Point", "coordinates": [lon, lat]}


def test_all_columns_are_read_and_sorted_by_id(read_text):
    file = read_text(GOOD)
    table = file.table
    assert table["asset_id"].tolist() == ["F1", "F2", "S", "T"]
    assert table["name"].tolist() == ["Feeder 1", "Feeder 2", "Grid station", ""]
    assert table["parent_pos"].tolist() == [3, 3, -1, 2]
    np.testing.assert_array_equal(table["headroom_kw"], [250.5, 0.0, 5000.0, np.nan])
    assert table["step_kw"].tolist() == [0.0, 500.0, 10_000.0, 0.0]
    assert table["step_pkr"].tolist() == [0.0, 6e6, 4e8, 0.0]
    # One upgrade where the file does not say how many (data/costs/grid.csv).
    assert table["max_steps"].tolist() == [0, 1, 2, 0]
    assert (table["lon"][0], table["lat"][0]) == (73.05, 33.71)
    assert file.title == "grid"


def test_geojson_gives_the_same_as_csv(read_text, read_features):
    features = [
        ({"id": "S", "parent": None, "name": "Grid station", "headroom_kw": 5000, "step_kw": 10000, "step_pkr": 4e8,
          "max_steps": 2}, point(73.05, 33.70)),
        ({"id": "T", "parent": "S", "headroom_kw": None}, point(73.05, 33.70)),
        ({"id": "F2", "parent": "T", "name": "Feeder 2", "headroom_kw": 0, "step_kw": 500, "step_pkr": 6e6},
         point(73.06, 33.70)),
        ({"id": "F1", "parent": "T", "name": "Feeder 1", "headroom_kw": 250.5}, point(73.05, 33.71)),
    ]  # fmt: skip
    assert read_features(features).table.equals(read_text(GOOD).table)


def test_whole_numbers_are_ids_also_where_parents_are_missing(read_features):
    # A column of whole numbers with gaps comes as 7.0 from the reader of the layer.
    file = read_features(
        [
            ({"id": 7, "parent": None, "headroom_kw": 1}, point(73, 33.7)),
            ({"id": 8, "parent": 7, "headroom_kw": 1}, point(73, 33.7)),
        ]
    )
    assert file.table["asset_id"].tolist() == ["7", "8"]
    assert file.table["parent_pos"].tolist() == [-1, 0]


def test_ids_of_the_features_themselves_are_read(tmp_path):
    path = tmp_path / "grid.geojson"
    feature = {
        "type": "Feature",
        "id": "a",
        "properties": {"parent": "", "headroom_kw": 1},
        "geometry": point(73, 33),
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert read_grid_file(path, "grid.path").table["asset_id"].tolist() == ["a"]


def test_lines_and_areas_are_shown_at_a_point_on_them(read_features):
    line = {"type": "LineString", "coordinates": [[73.0, 33.7], [73.1, 33.7]]}
    ring = [
        [73.0, 33.7],
        [73.1, 33.7],
        [73.1, 33.71],
        [73.01, 33.71],
        [73.01, 33.8],
        [73.0, 33.8],
        [73.0, 33.7],
    ]
    area = {"type": "Polygon", "coordinates": [ring]}
    file = read_features(
        [
            ({"id": "line", "parent": "", "headroom_kw": 1}, line),
            ({"id": "area", "parent": "", "headroom_kw": 1}, area),
        ]
    )
    assert [geometry.geom_type for geometry in file.geometry] == ["Polygon", "LineString"]
    assert file.table["lat"][1] == 33.7
    lon, lat = file.table.loc[0, ["lon", "lat"]]
    assert (73.0 < lon < 73.01) or (33.7 < lat < 33.71)


def test_an_asset_that_feeds_others_needs_no_position(read_text, read_features):
    file = read_text("id,parent,lon,lat,headroom_kw\nS,,,,\nF,S,73,33.7,\n")
    assert file.geometry.tolist()[1] is None
    assert np.isnan(file.table["lon"]).tolist() == [False, True]
    file = read_features(
        [
            ({"id": "S", "parent": "", "headroom_kw": 1}, None),
            ({"id": "F", "parent": "S", "headroom_kw": 1}, point(73, 33)),
        ]
    )
    assert file.geometry.tolist()[1] is None


def test_a_leaf_that_sites_name_needs_no_position(read_text):
    text = "id,parent,lon,lat,headroom_kw\nS,,73,33.7,\nF,S,,,\n"
    assert read_text(text, linked={"F"}).geometry.tolist()[0] is None
    with pytest.raises(DataError, match="no position in line 3, which feed no other asset"):
        read_text(text)


def test_no_upgrades_may_be_said_in_three_ways(read_text):
    header = "id,parent,lon,lat,headroom_kw,step_kw,step_pkr,max_steps\n"
    for steps in (",,", "0,0,0", "0,,", "500,6e6,0", "500,,0"):
        table = read_text(f"{header}F,,73,33.7,9,{steps}\n").table
        assert table[["step_kw", "step_pkr", "max_steps"]].to_numpy().tolist() == [[0, 0, 0]], steps


def test_a_free_upgrade_is_written_0(read_text):
    table = read_text("id,parent,lon,lat,headroom_kw,step_kw,step_pkr\nF,,73,33.7,9,500,0\n").table
    assert table[["step_kw", "step_pkr", "max_steps"]].to_numpy().tolist() == [[500, 0, 1]]


def test_synthetic_figures_make_a_synthetic_title(read_text, read_features):
    text = "id,parent,lon,lat,headroom_kw,synthetic\nF,,73,33.7,9,yes\nG,,73,33.7,9,\n"
    file = read_text(text)
    assert file.title == "SYNTHETIC: grid"
    assert file.table["is_synthetic"].tolist() == [True, False]
    feature = ({"id": "F", "parent": "", "headroom_kw": 1, "synthetic": True}, point(73, 33.7))
    assert read_features([feature], name="Synthetic grid of X").title == "Synthetic grid of X"
    assert read_features([feature], name="Grid of X").title == "SYNTHETIC: Grid of X"


def test_hostile_texts_stay_text(read_text):
    name = "<script>alert(1)</script>${x}\u202e"
    file = read_text(
        f'id,parent,name,lon,lat,headroom_kw\n"../../a\u0000",,"{name}",73,33.7,1\n=1+1,../../a,,73,33.7,1\n'
    )
    assert file.table["asset_id"].tolist() == ["../../a", "=1+1"]
    assert file.table["name"].tolist() == ["<script>alert(1)</script>${x}", ""]
    assert file.table["parent_pos"].tolist() == [-1, 0]


def test_urdu_and_arabic_names_are_read_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "grid.csv"
    path.write_text("id,parent,name,lon,lat,headroom_kw\nفیڈر,,گرڈ,73,33.7,1\n", encoding="utf-8-sig")
    table = read_grid_file(path, "grid.path").table
    assert (table["asset_id"][0], table["name"][0]) == ("فیڈر", "گرڈ")


SHORT = "id,parent,lon,lat,headroom_kw,step_kw,step_pkr,max_steps\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SHORT + "a,,73,33.7,1,,,\nb,c,73,33.7,1,,,\n", "parent 'c' in line 3 is the id of no asset"),
        (SHORT + "Sub-1,,73,33.7,1,,,\nb,sub-1,73,33.7,1,,,\n", "(did you mean 'Sub-1'?); correct it"),
        (SHORT + "12,,73,33.7,1,,,\nb,12.0,73,33.7,1,,,\n", "is the id of no asset (did you mean '12'?)"),
        (SHORT + "a,a,73,33.7,1,,,\n", "the asset is its own parent in line 2"),
        (
            SHORT + "a,b,73,33.7,1,,,\nb,c,73,33.7,1,,,\nc,a,73,33.7,1,,,\nd,a,73,33.7,1,,,\n",
            "go round in a circle in lines 2, 3, 4: 'a' below 'b' below 'c' below 'a'",
        ),
        (SHORT + "a,,73,33.7,1,,,\nb,,73,33.7,1,,,\na,,73,33.7,1,,,\n", "the same id ('a') in lines 2, 4"),
        (SHORT + "a,,73,33.7,1,,,\n,,73,33.7,1,,,\n", "no id in line 3"),
        (SHORT + "a,,73,33.7,-5,,,\n", "headroom_kw: out of range in line 2 (the first is -5); expected 0 to 1e9 kW"),
        (SHORT + "a,,73,33.7,inf,,,\n", "headroom_kw: no number in line 2 (the first is 'inf')"),
        (SHORT + "a,,73,33.7,unknown,,,\n", "headroom_kw: no number in line 2 (the first is 'unknown')"),
        (SHORT + "a,,73,33.7,2e12,,,\n", "headroom_kw: out of range in line 2"),
        (SHORT + 'a,,73,33.7,"1,000",,,\n', "headroom_kw: no number in line 2 (the first is '1,000')"),
        (SHORT + "a,,73,33.7,1,-1,5,\n", "step_kw: out of range in line 2 (the first is -1)"),
        (SHORT + "a,,73,33.7,1,1,-5,\n", "step_pkr: out of range in line 2 (the first is -5)"),
        (SHORT + "a,,73,33.7,1,,5e6,\n", "step_pkr without step_kw in line 2"),
        (SHORT + "a,,73,33.7,1,0,5e6,\n", "step_pkr without step_kw in line 2"),
        (SHORT + "a,,73,33.7,1,,,2\n", "max_steps without step_kw in line 2"),
        (SHORT + "a,,73,33.7,1,500,,\n", "step_kw without step_pkr in line 2"),
        (SHORT + "a,,73,33.7,1,500,1,1.5\n", "max_steps: out of range in line 2 (the first is 1.5); expected a whole"),
        (
            SHORT + "a,,73,33.7,1,,,\nb,,33.7,73,1,,,\n",
            "longitude and latitude are swapped in line 3 (1 of 2): lon is 33.7 and lat is 73",
        ),
        (SHORT + "a,,73,33.7,1,,,\nb,,73,3.37,1,,,\n", "outside Pakistan (60-78 E, 23-38 N) in line 3"),
        (SHORT + "a,,320000,3728000,1,,,\n", "no degrees in line 2 (1 of 1)"),
        (SHORT + "a,,73,,1,,,\n", "lon without lat, or lat without lon, in line 2"),
        (SHORT + "a,,,,1,,,\n", "no position in line 2, which feed no other asset"),
        (SHORT + "a,,73 E,33.7,1,,,\n", "lon: no number in line 2 (the first is '73 E')"),
        (SHORT, "holds no asset"),
        ("id,lon,lat,headroom_kw\na,73,33.7,1\n", "has no column 'parent' (id of the asset above that feeds it"),
        ("id,parent,lat,headroom_kw\na,,33.7,1\n", "has no column 'lon' (degrees, EPSG:4326)"),
        ("id,parent,lon,lat\na,,73,33.7\n", "has no column 'headroom_kw'"),
        ("id;parent;lon;lat;headroom_kw\na;;73;33.7;1\n", "its columns, separated by commas, are: id;parent"),
        (SHORT + "a,,73,33.7,1,,\n", "another number of fields than the header (8) in line 2"),
        (SHORT.replace("max_steps", "step_kw") + "a,,73,33.7,1,,,\n", "the header repeats a column name"),
        (
            SHORT.replace("step_pkr", "step_pkrs") + "a,,73,33.7,1,,,\n",
            "column 'step_pkrs' is not known; did you mean 'step_pkr'?",
        ),
        ("id,parent,lon,lat,headroom_kw,synthetic\na,,73,33.7,1,perhaps\n", "synthetic: neither yes nor no in line 2"),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_rows(read_text, text, words):
    with pytest.raises(DataError) as caught:
        read_text(text)
    assert words in str(caught.value)
    assert all(fault.startswith("grid.path: grid.csv") for fault in caught.value.faults)


def test_all_faults_are_told_at_once(read_text):
    with pytest.raises(DataError) as caught:
        read_text(SHORT + "a,a,33.7,73,-1,,5,\nb,x,73,33.7,?,2,,\n,,73,33.7,1,,,1\nb,,73,33.7,1,,,\n")
    told = str(caught.value)
    for words in (
        "no id in line 4", "the same id ('b') in lines 3, 5", "own parent in line 2", "parent 'x' in line 3",
        "headroom_kw: out of range in line 2", "headroom_kw: no number in line 3", "step_pkr without step_kw in line 2",
        "max_steps without step_kw in line 4", "step_kw without step_pkr in line 3", "swapped in line 2",
    ):  # fmt: skip
        assert words in told
    assert len(caught.value.faults) == 10


def test_many_circles_and_unknown_parents_are_counted(read_text):
    rows = "".join(
        f"a{i},b{i},73,33.7,1,,,\nb{i},a{i},73,33.7,1,,,\nc{i},x{i},73,33.7,1,,,\n" for i in range(9)
    )
    with pytest.raises(DataError) as caught:
        read_text(SHORT + rows)
    assert len(caught.value.faults) == 8
    assert "6 further parents are the id of no asset" in caught.value.faults[3]
    assert (
        "6 further circles of parents, through lines 11, 14, 17, 20, 23 and 1 more" in caught.value.faults[7]
    )


def test_a_long_circle_is_told_shortly(read_text):
    rows = "".join(f"a{i},a{(i + 1) % 500},73,33.7,1,,,\n" for i in range(500))
    with pytest.raises(DataError) as caught:
        read_text(SHORT + rows)
    assert "'a4' below ... below 'a0'" in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"id,parent\n\xff\xfe", "cannot be read as a CSV file"),
        (b"", "is empty"),
        (b"id,parent,lon,lat,headroom_kw\na,,73,33,\"1\n", "cannot be read as a CSV file"),
    ],
)  # fmt: skip
def test_files_that_are_no_tables_are_told(tmp_path, content, words):
    path = tmp_path / "grid.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_grid_file(path, "grid.path")


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ([], "holds no asset"),
        ([({"id": "a", "headroom_kw": 1}, point(73, 33.7))], "has no column 'parent'"),
        ([({"id": "a", "parent": "", "headroom_kw": 1}, None)], "no position in feature 1"),
        ([({"id": "a", "parent": "", "headroom_kw": 1}, point(33.7, 73))], "swapped in feature 1"),
        (
            [
                ({"id": "a", "parent": "", "headroom_kw": 1}, point(73, 33.7)),
                (
                    {"id": "b", "parent": "", "headroom_kw": 1},
                    {"type": "LineString", "coordinates": [[73, 33.7], [79, 33.7]]},
                ),
            ],
            "outside Pakistan (60-78 E, 23-38 N) in feature 2",
        ),
        (
            [({"id": "a", "parent": "", "headroom_kw": "many"}, point(73, 33.7))],
            "headroom_kw: no number in feature 1",
        ),
    ],
)
def test_faults_of_layers_name_the_features(read_features, features, words):
    with pytest.raises(DataError) as caught:
        read_features(features)
    assert words in str(caught.value)


def test_a_damaged_layer_is_told(tmp_path):
    path = tmp_path / "grid.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [')
    with pytest.raises(DataError, match="cannot be read as a vector layer"):
        read_grid_file(path, "grid.path")


cells = st.one_of(
    st.sampled_from(
        ["", "a", "b", "a ", "0", "-1", "1e9", "5e5", "nan", "73", "33.7", "1,5", "yes", '"', "=A1", "12.0"]
    ),
    st.text(max_size=4),
)


@given(st.lists(st.lists(cells, min_size=10, max_size=10), max_size=4))
def test_any_table_is_read_or_refused_in_words(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grid.csv"
        with path.open("w", encoding="utf-8", newline="", errors="surrogatepass") as file:
            file.write(HEADER)
            csv.writer(file).writerows(rows)
        try:
            file = read_grid_file(path, "grid.path")
        except DataError as error:
            assert all(fault.startswith("grid.path") for fault in error.faults)  # noqa: PT017
        else:
            assert len(file.table) == sum(any(row) or len(row) > 1 for row in rows)
            assert file.table["asset_id"].is_unique


def test_a_large_table_is_read_and_hung_on_soon(tmp_path):
    rng = np.random.default_rng(1)
    n_assets, n_sites = 10_000, 10_000
    lon, lat = rng.uniform(72.9, 73.2, n_assets), rng.uniform(33.5, 33.8, n_assets)
    parent = [""] + [f"f{above}" for above in rng.integers(0, np.arange(1, n_assets))]
    path = tmp_path / "grid.csv"
    rows = (f"f{row},{parent[row]},{lon[row]:.6f},{lat[row]:.6f},{row},500,9e6\n" for row in range(n_assets))
    path.write_text("id,parent,lon,lat,headroom_kw,step_kw,step_pkr\n" + "".join(rows))
    started = time.process_time()
    file = read_grid_file(path, "grid.path")
    site_lonlat = np.column_stack([rng.uniform(72.9, 73.2, n_sites), rng.uniform(33.5, 33.8, n_sites)])
    is_leaf = find_leaves(file.table["parent_pos"].to_numpy())
    found = attach_sites(file.geometry, is_leaf, site_lonlat, crs="EPSG:32643", max_distance_m=1e4)
    assert (found.asset_pos >= 0).all()
    assert time.process_time() - started < 10  # 0.8 s when written
