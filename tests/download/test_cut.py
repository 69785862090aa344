"""A cut: the elements by hand and by brute force, and one clear error for what cannot be cut."""

import json
import os
import random
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely

from chargeplan.download.areas import FetchArea
from chargeplan.download.cut import cut_dataset
from chargeplan.errors import ConfigError, DataError
from chargeplan.files import compute_sha256
from chargeplan.osm.dataset import verify_datasets

BOX = shapely.box(73.0, 33.6, 73.1, 33.7)  # 103 km2
# Nodes 1, 2 and 12000000000 are inside, 6 on the edge; 3, 4 and 5 are east of the box.
CITY = """
n1 v3 dV t2024-05-01T10:00:00Z Tamenity=fuel,name=Shell%20%Pump x73.05 y33.65
n2 v1 dV t2024-05-01T10:00:00Z T x73.09 y33.65
n3 v1 dV t2024-05-01T10:00:00Z T x73.20 y33.65
n4 v1 dV t2024-05-01T10:00:00Z T x73.30 y33.65
n5 v1 dV t2024-05-01T10:00:00Z T x73.40 y33.65
n6 v1 dV t2024-05-01T10:00:00Z T x73.1 y33.65
n12000000000 v1 dV t2024-05-01T10:00:00Z T x73.02 y33.62
w10 v2 dV t2024-06-01T10:00:00Z Thighway=primary,name=سڑک Nn1,n2,n3
w11 v1 dV t2024-05-01T10:00:00Z Thighway=residential Nn3,n4,n5
w12 v7 dV t2024-05-01T10:00:00Z Tbuilding=yes Nn12000000000,n4,n12000000000
w13 v1 dV t2024-05-01T10:00:00Z Thighway=service Nn6,n5
w14 v1 dV t2024-05-01T10:00:00Z T N
r20 v1 dV t2024-05-01T10:00:00Z Ttype=route Mw10@forward,w11@
r21 v1 dV t2024-05-01T10:00:00Z Ttype=site Mn3@only%20%a%20%way%20%s%20%node
r22 v1 dV t2024-05-01T10:00:00Z Ttype=network Mr20@
r23 v1 dV t2024-05-01T10:00:00Z Ttype=network Mr24@,r21@
r24 v1 dV t2024-05-01T10:00:00Z Ttype=network Mr22@
r25 v1 dV t2024-05-01T10:00:00Z Ttype=stop Mn2@stop
r26 v1 dV t2024-05-01T10:00:00Z Ttype=empty M
"""
# Way 10 and 12 bring nodes 3 and 4, way 13 node 5; relation 21 has only such a node and stays out,
# 22, 24 and 23 follow 20 one after the other.
EXPECTED = {
    "n": [1, 2, 3, 4, 5, 6, 12000000000],
    "w": [10, 12, 13],
    "r": [20, 22, 23, 24, 25],
}


def write_osm(path: Path, opl: str, *, file_format: str = "") -> Path:
    """Write elements given in osmium's text format, in the order given."""
    target = osmium.io.File(str(path), file_format) if file_format else str(path)
    source = osmium.io.FileBuffer(opl.strip().encode("utf-8") + b"\n", "opl")
    with osmium.io.Reader(source) as reader, osmium.SimpleWriter(target) as writer:
        osmium.apply(reader, writer)
    return path


def read_lines(path: Path) -> list[str]:
    """Everything a file says about its elements, one line each, in its order."""
    text = path.parent / f"{path.name}.{random.randrange(10**9)}.opl"
    with osmium.io.Reader(str(path)) as reader, osmium.SimpleWriter(text) as writer:
        osmium.apply(reader, writer)
    lines = text.read_text("utf-8").splitlines()
    text.unlink()
    return lines


def read_ids(path: Path) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"n": [], "w": [], "r": []}
    for line in read_lines(path):
        found[line[0]].append(int(line[1:].split(" ")[0]))
    return found


def read_covered(state) -> shapely.Geometry:
    return shapely.from_geojson(json.dumps(state.manifest.covered))


def choose(boundary=BOX, *, relation_id: int = 0, name: str = "city") -> FetchArea:
    return FetchArea(name, "the box of the test", relation_id, None if relation_id else boundary)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "datasets"


@pytest.fixture
def cut(folder):
    """Cut with no margin, whatever is there; what was told is in `cut.told`."""

    def run(extract, area=None, *, buffer_km=0.0, is_replacing=True):
        run.told = []
        return cut_dataset(
            extract,
            area or choose(),
            folder=folder,
            buffer_km=buffer_km,
            is_replacing=is_replacing,
            tell=run.told.append,
        )

    return run


@pytest.fixture
def city(tmp_path):
    return write_osm(tmp_path / "country.osm.pbf", CITY)


def test_ways_are_complete_and_relations_follow_their_members(cut, city):
    assert read_ids(cut(city).data_path) == EXPECTED


def test_tags_versions_roles_and_order_are_those_of_the_extract(cut, city):
    taken = {kind + str(number) for kind, ids in EXPECTED.items() for number in ids}
    expected = [line for line in read_lines(city) if line.split(" ")[0] in taken]
    assert read_lines(cut(city).data_path) == expected


@pytest.mark.parametrize("ending", [".osm", ".osm.gz", ".osm.bz2", ".pbf"])
def test_every_kind_of_file_gives_the_same_elements(cut, city, tmp_path, ending):
    expected = read_lines(cut(city).data_path)
    other = write_osm(tmp_path / f"other{ending}", CITY)
    assert read_lines(cut(other).data_path) == expected


@pytest.mark.parametrize(
    "file_format",
    [
        "pbf,pbf_dense_nodes=false",
        "pbf,pbf_compression=none",
        "pbf,pbf_compression=lz4",
        "pbf,add_metadata=false",
    ],
)
def test_every_way_of_writing_a_pbf_is_understood(cut, tmp_path, file_format):
    extract = write_osm(tmp_path / "country.osm.pbf", CITY, file_format=file_format)
    assert read_ids(cut(extract).data_path) == EXPECTED


def test_area_is_the_polygon_and_not_its_box(cut, city):
    # Without the south-west corner, where node 12000000000 is, and way 12 with it.
    corner = shapely.box(73.0, 33.6, 73.03, 33.63)
    ids = read_ids(cut(city, choose(BOX.difference(corner))).data_path)
    assert ids["w"] == [10, 13]
    assert ids["n"] == [1, 2, 3, 5, 6]


def test_margin_widens_what_is_taken_and_not_the_area(cut, city, folder):
    # Node 3 is 9.3 km east of the box: 0.1 degrees of longitude at 33.65 N.
    assert read_ids(cut(city, buffer_km=9.0).data_path)["w"] == [10, 12, 13]
    state = cut(city, buffer_km=9.5)
    assert read_ids(state.data_path)["w"] == [10, 11, 12, 13]
    asked = shapely.from_geojson((folder / "city" / "area.geojson").read_text("utf-8"))
    assert asked.bounds == pytest.approx(BOX.bounds, abs=1e-7)


def test_dataset_is_whole_and_says_what_it_is(cut, city, folder):
    state = cut(city)
    manifest = state.manifest
    assert [found.fault for found in verify_datasets(folder)] == [""]
    assert manifest.counts == {"nodes": 7, "ways": 3, "relations": 5, "roads": 1}
    assert manifest.source == "cut from country.osm.pbf"
    assert manifest.source_sha256 == compute_sha256(city)
    assert manifest.osm_timestamp == "2024-06-01T10:00:00Z"  # of way 10, the only road for cars
    assert any("does not say of when it is" in line for line in cut.told)


def test_two_cuts_are_the_same_bytes(cut, city):
    first = cut(city).data_path.read_bytes()
    assert cut(city).data_path.read_bytes() == first


def write_with_box(path: Path, west: float, east: float) -> Path:
    header = osmium.io.Header()
    header.add_box(osmium.osm.Box(west, 33.0, east, 34.0))
    source = osmium.io.FileBuffer(CITY.strip().encode("utf-8") + b"\n", "opl")
    with osmium.io.Reader(source) as reader, osmium.SimpleWriter(path, header=header) as writer:
        osmium.apply(reader, writer)
    return path


def test_part_of_the_area_beyond_the_box_of_the_extract_is_said(cut, tmp_path):
    state = cut(write_with_box(tmp_path / "boxed.osm.pbf", 73.05, 74.0))
    assert any("50.0% of the area" in limit for limit in state.manifest.limits)
    assert read_covered(state).bounds == pytest.approx((73.05, 33.6, 73.1, 33.7))


def test_extract_that_covers_another_place_by_its_own_words_is_refused(cut, tmp_path, folder):
    with pytest.raises(DataError, match="by its own words"):
        cut(write_with_box(tmp_path / "boxed.osm.pbf", 75.0, 76.0))
    assert not folder.exists()


def test_demo_city_is_cut_as_brute_force_says(cut, project_folder):
    extract = project_folder / "data" / "demo" / "islamabad-schematic.osm.gz"
    triangle = shapely.Polygon([(72.95, 33.64), (73.06, 33.66), (73.02, 33.74)])
    inside, members, ways = set(), {}, {}
    for element in osmium.FileProcessor(str(extract)):
        if element.is_node():
            if triangle.intersects(shapely.Point(element.lon, element.lat)):
                inside.add(element.id)
        elif element.is_way():
            ways[element.id] = [node.ref for node in element.nodes]
        else:
            members[element.id] = [(member.type, member.ref) for member in element.members]
    taken = {way for way, nodes in ways.items() if inside & set(nodes)}
    expected = {
        "n": sorted(inside.union(*(ways[way] for way in taken))),
        "w": sorted(taken),
        "r": sorted(
            relation
            for relation, refs in members.items()
            if any((kind == "n" and ref in inside) or (kind == "w" and ref in taken) for kind, ref in refs)
        ),
    }
    assert 100 < len(expected["n"]) < 10_000
    assert read_ids(cut(extract, choose(triangle)).data_path) == expected


def test_random_countries_are_cut_as_brute_force_says(cut, tmp_path):
    rng = np.random.default_rng(7)
    for number in range(2):
        # Ids over all that were ever given, so that several windows of ids are read.
        node_id = np.unique(rng.integers(1, 13_000_000_000, 9_000))
        lon, lat = rng.uniform(72.8, 73.3, node_id.size), rng.uniform(33.4, 33.9, node_id.size)
        refs = [rng.choice(node_id, rng.integers(2, 6)).tolist() for _ in range(2_000)]
        lines = [f"n{i} v1 x{x:.7f} y{y:.7f}" for i, x, y in zip(node_id, lon, lat, strict=True)]
        lines += [
            f"w{at * 350_000 + 1} v1 Thighway=residential N" + ",".join(f"n{ref}" for ref in way)
            for at, way in enumerate(refs)
        ]
        extract = write_osm(tmp_path / f"random{number}.osm.pbf", "\n".join(lines))
        is_inside = (lon.round(7) >= 73.0) & (lon.round(7) <= 73.1)
        is_inside &= (lat.round(7) >= 33.6) & (lat.round(7) <= 33.7)
        inside = set(node_id[is_inside].tolist())
        taken = [at for at, way in enumerate(refs) if inside.intersection(way)]
        ids = read_ids(cut(extract).data_path)
        assert ids["w"] == [at * 350_000 + 1 for at in taken]
        assert ids["n"] == sorted(inside.union(*(refs[at] for at in taken)))


BOUNDARY = """
n1 v1 dV t2024-05-01T10:00:00Z T x73.05 y33.65
n2 v1 dV t2024-05-01T10:00:00Z T x73.06 y33.65
n3 v1 dV t2024-05-01T10:00:00Z T x73.20 y33.65
n4 v1 dV t2024-05-01T10:00:00Z T x73.21 y33.65
n100 v1 dV T x73.0 y33.6
n101 v1 dV T x73.1 y33.6
n102 v1 dV T x73.1 y33.7
n103 v1 dV T x73.0 y33.7
w10 v1 dV t2024-05-01T10:00:00Z Thighway=primary Nn1,n2
w11 v1 dV t2024-05-01T10:00:00Z Thighway=primary Nn3,n4
w30 v1 dV T Nn100,n101,n102
w31 v1 dV T Nn102,n103,n100
r40 v1 dV Ttype=boundary,boundary=administrative,admin_level=5,name=Kohsar Mw30@outer,w31@outer,n1@label
r41 v1 dV Ttype=boundary,boundary=administrative Mw30@outer
r42 v1 dV Ttype=route,route=bus,name=7 Mw10@
"""


def test_boundary_is_looked_up_in_the_extract(cut, tmp_path):
    extract = write_osm(tmp_path / "country.osm.pbf", BOUNDARY)
    state = cut(extract, choose(relation_id=40))
    assert read_ids(state.data_path)["w"] == [10, 30, 31]
    assert state.manifest.area == "relation 40 (Kohsar), with 0 km around it"
    assert read_covered(state).equals(BOX)


def test_boundary_is_found_among_many_pieces(cut, tmp_path):
    """Some 20 pieces: osmium puts 8,000 elements into one."""
    roads = [f"n{i} v1 x{73.2 + i * 1e-7:.7f} y33.65" for i in range(1000, 90_000)]
    ways = [f"w{i} v1 Thighway=track Nn{i},n{i + 1}" for i in range(1000, 80_000)]
    lines = sorted(
        [*BOUNDARY.strip().splitlines(), *roads, *ways],
        key=lambda x: ("nwr".index(x[0]), int(x.split(" ")[0][1:])),
    )
    extract = write_osm(tmp_path / "country.osm.pbf", "\n".join(lines))
    assert read_ids(cut(extract, choose(relation_id=40)).data_path)["w"] == [10, 30, 31]


@pytest.mark.parametrize(
    ("relation_id", "words"),
    [(99, "does not hold the relation 99"), (41, "has a gap"), (42, "is no area")],
)
def test_relation_that_bounds_nothing_is_refused(cut, tmp_path, folder, relation_id, words):
    extract = write_osm(tmp_path / "country.osm.pbf", BOUNDARY)
    with pytest.raises(DataError, match=words):
        cut(extract, choose(relation_id=relation_id))
    assert not folder.exists()


def swap(text: str, first: str, second: str) -> str:
    """Swap two lines."""
    lines = text.strip().splitlines()
    a, b = (next(i for i, line in enumerate(lines) if line.startswith(f"{x} ")) for x in (first, second))
    lines[a], lines[b] = lines[b], lines[a]
    return "\n".join(lines)


FAULTS = {
    "falling nodes": (swap(CITY, "n2", "n4"), "the node 3 comes after node 4.*osmium sort"),
    "falling ways": (swap(CITY, "w10", "w11"), "the way 10 comes after way 11"),
    "way before node": (swap(CITY, "n6", "w10"), "comes after a way"),
    "relation before way": (swap(CITY, "w13", "r25"), "comes after a relation"),
    "node twice": (CITY.replace("n2 v1", "n1 v1"), "the node 1 more than once"),
    "way twice": (CITY.replace("w11 v1", "w10 v1"), "the way 10 more than once"),
    "drawing": (CITY.replace("n1 v3", "n-1 v3"), "holds the node -1.*osmium renumber"),
    "missing node": (CITY.replace(",n3\n", ",n77\n"), r"lacks 1 nodes of ways .*\(77\)"),
    "no roads": (CITY.replace("highway=primary", "highway=path"), "no road for cars"),
    "outside": (CITY.replace("x73.", "x63."), "holds nothing in the box of the test .*63.0200, 33.6200"),
    "no nodes": ("w1 v1 Thighway=primary Nn1,n2", "has no nodes at all"),
    "nothing": ("", "has no nodes at all"),
}


@pytest.mark.parametrize("ending", [".osm.pbf", ".osm"])
@pytest.mark.parametrize("fault", FAULTS)
def test_extract_that_cannot_be_cut_is_one_clear_error(cut, city, folder, tmp_path, fault, ending):
    before = cut(city).data_path.read_bytes()
    opl, words = FAULTS[fault]
    extract = write_osm(tmp_path / f"broken{ending}", opl)
    with pytest.raises(DataError, match=words) as caught:
        cut(extract)
    assert str(caught.value).startswith("extract: ")
    assert_only_the_former_dataset_stands(folder, before)


def assert_only_the_former_dataset_stands(folder: Path, data: bytes) -> None:
    assert [path.name for path in folder.iterdir()] == ["city"]
    assert (folder / "city" / "city.osm.pbf").read_bytes() == data
    assert [state.fault for state in verify_datasets(folder)] == [""]


def test_history_is_refused(cut, tmp_path):
    extract = write_osm(tmp_path / "country.osm.pbf", CITY, file_format="pbf,history=true")
    with pytest.raises(DataError, match="holds history"):
        cut(extract)


def test_changes_are_refused(cut, tmp_path):
    extract = tmp_path / "changes.osm"
    node = '<node id="1" version="1" lat="33.65" lon="73.05"/>'
    extract.write_text(f'<osmChange version="0.6"><create>{node}</create></osmChange>', "utf-8")
    with pytest.raises(DataError, match="holds history or changes"):
        cut(extract)


@pytest.mark.parametrize("name", ["page.osm.pbf", "page.osm", "page.osm.gz", "page.osm.bz2"])
def test_file_that_is_no_osm_file_is_refused(cut, tmp_path, folder, name):
    extract = tmp_path / name
    extract.write_text("<!DOCTYPE html><html><body>Sign in to the network</body></html>" * 50, "utf-8")
    with pytest.raises(DataError, match="cannot be read as an OpenStreetMap file"):
        cut(extract)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.with_name("missing.osm.pbf"), "no file at"),
        (lambda path: path.parent, "is not a file"),
        (lambda path: path.rename(path.with_suffix(".zip")), "does not end in .osm.pbf"),
        (lambda path: (path.write_bytes(b""), path)[1], "empty"),
    ],
)
def test_wrong_file_is_refused(cut, city, make, words):
    with pytest.raises(DataError, match=words):
        cut(make(city))


@pytest.mark.parametrize("ending", [".osm.pbf", ".osm", ".osm.gz", ".osm.bz2"])
def test_file_cut_short_anywhere_is_refused(cut, tmp_path, folder, ending):
    whole = write_osm(tmp_path / f"whole{ending}", CITY).read_bytes().rstrip(b"\n")
    short = tmp_path / f"short{ending}"
    for size in sorted({1, 3, 50, 200, len(whole) // 2, len(whole) - 30, len(whole) - 1}):
        short.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"cannot be read|comes after|has no nodes"):
            cut(short)
    assert not folder.exists()


def test_flipped_bytes_never_give_other_elements(cut, city, tmp_path):
    whole = city.read_bytes()
    expected = read_lines(cut(city).data_path)
    rng = np.random.default_rng(11)
    broken = tmp_path / "flipped.osm.pbf"
    n_refused = 0
    for position in rng.choice(len(whole), 150, replace=False).tolist():
        flipped = bytearray(whole)
        flipped[position] ^= 1 << int(rng.integers(0, 8))
        broken.write_bytes(flipped)
        try:
            state = cut(broken)
        except DataError:
            n_refused += 1
        else:
            assert read_lines(state.data_path) == expected, f"byte {position}"
    assert n_refused > 100


def test_disk_with_too_little_room_is_said_beforehand(cut, city, folder, monkeypatch):
    usage = shutil.disk_usage(city.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    with pytest.raises(DataError, match=r"needs about 10 MB, but the disk has 1 MB"):
        cut(city)
    assert not folder.exists()


@pytest.mark.skipif(os.name != "posix", reason="the limit of a file's size is a thing of POSIX")
def test_disk_that_fills_up_leaves_the_former_dataset(cut, city, folder, tmp_path):
    before = cut(city).data_path.read_bytes()
    rng = np.random.default_rng(5)
    lines = [
        f"n{i} v1 Tname={rng.integers(10**15)} x{x:.7f} y33.65"
        for i, x in enumerate(rng.uniform(73.0, 73.1, 12_000).tolist(), start=1)
    ]
    lines[1] = "n2 v1 x73.05 y33.66"  # so that its nodes reach over an area
    extract = write_osm(tmp_path / "large.osm.pbf", "\n".join([*lines, "w1 v1 Thighway=primary Nn1,n2"]))
    script = f"""
        import resource, shapely
        from pathlib import Path
        from chargeplan.download.areas import FetchArea
        from chargeplan.download.cut import cut_dataset
        from chargeplan.errors import DataError
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
        area = FetchArea("city", "a box", 0, shapely.box(73.0, 33.6, 73.1, 33.7))
        try:
            extract, folder = Path({str(extract)!r}), Path({str(folder)!r})
            cut_dataset(extract, area, folder=folder, buffer_km=0.0, is_replacing=True, tell=print)
        except DataError as error:
            print("refused:", error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "refused:" in done.stdout
    assert "could not be written (" in done.stdout
    assert "what was there before stays as it was" in done.stdout
    assert_only_the_former_dataset_stands(folder, before)


def test_extract_inside_the_dataset_it_would_replace_is_refused(cut, city):
    data_path = cut(city).data_path
    before = data_path.read_bytes()
    with pytest.raises(DataError, match="which the cut would replace"):
        cut(data_path)
    assert data_path.read_bytes() == before


def test_folder_of_somebody_else_is_not_replaced(cut, city, folder):
    (folder / "city").mkdir(parents=True)
    (folder / "city" / "letters.txt").write_text("dear all", "utf-8")
    with pytest.raises(DataError, match="not a dataset of chargeplan"):
        cut(city)
    assert (folder / "city" / "letters.txt").read_text("utf-8") == "dear all"


def test_area_of_no_size_and_a_margin_below_zero_are_refused(cut, city):
    with pytest.raises(DataError, match="km2; expected 5 to"):
        cut(city, choose(shapely.box(73.05, 33.65, 73.051, 33.651)))
    with pytest.raises(ConfigError, match="margin"):
        cut(city, buffer_km=-1.0)


def test_phases_are_told_with_counts(city, folder):
    events = []
    cut_dataset(city, choose(), folder=folder, buffer_km=0.0, listen=events.append, tell=lambda _: None)
    ended = {event.phase: event.message for event in events if event.elapsed_s is not None}
    assert list(ended) == ["select", "publish"]
    assert ended["select"] == "7 of 7 nodes, 3 of 5 ways, 5 of 7 relations"


# What may be replaced


def test_same_cut_is_made_again_and_another_one_is_refused(cut, city, folder, tmp_path):
    before = cut(city).data_path.read_bytes()
    assert cut(city, is_replacing=False).data_path.read_bytes() == before
    other = tmp_path / "other.osm.pbf"
    shutil.copy(city, other)
    for extract, area, buffer_km in (
        (city, choose(SMALL), 0.0),
        (city, choose(), 1.0),
        (other, choose(), 0.0),
    ):
        with pytest.raises(DataError, match=r"holds another request: the box of the test, .*with --replace$"):
            cut(extract, area, buffer_km=buffer_km, is_replacing=False)
        assert_only_the_former_dataset_stands(folder, before)


def test_fetched_dataset_is_not_replaced_by_a_cut_unasked(cut, city, folder):
    from osm_samples import publish_grid

    before = publish_grid(folder, "city").read_bytes()
    with pytest.raises(
        DataError, match=r"holds another request: .*overpass\.example.*country\.osm\.pbf.*--replace"
    ):
        cut(city, is_replacing=False)
    assert_only_the_former_dataset_stands(folder, before)
    assert cut(city).fault == ""


def test_own_file_without_a_manifest_is_never_replaced(cut, city, folder):
    own = folder / "city" / "city.osm.pbf"
    own.parent.mkdir(parents=True)
    shutil.copy(city, own)
    for is_replacing in (False, True):
        with pytest.raises(DataError, match="has no manifest: somebody put it there"):
            cut(city, is_replacing=is_replacing)
    assert own.read_bytes() == city.read_bytes()


def test_dataset_with_a_damaged_manifest_is_cut_again_and_said(cut, city):
    path = cut(city).data_path
    path.with_name("city.osm.pbf.manifest.json").write_text("{", "utf-8")
    assert cut(city, is_replacing=False).fault == ""
    assert "it is cut again" in cut.told[0]


# What an extract covers


def read_header_box(path: Path) -> tuple[float, ...]:
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        box = reader.header().box()
    return (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)


SMALL = shapely.box(73.02, 33.62, 73.06, 33.66)


@pytest.fixture
def country(tmp_path):
    return write_with_box(tmp_path / "boxed.osm.pbf", 72.0, 75.0)


def test_cut_of_a_cut_covers_no_more_than_the_first(cut, country):
    """The second asks for the whole box, of which the first has 0.04 by 0.04 of 0.1 by 0.1 degrees."""
    first = cut(country, choose(SMALL, name="small"))
    assert read_header_box(first.data_path) == pytest.approx(SMALL.bounds)
    second = cut(first.data_path, choose(name="big"))
    assert read_covered(second).equals(SMALL)
    assert read_header_box(second.data_path) == pytest.approx(SMALL.bounds)
    assert any("84.0% of the area" in limit for limit in second.manifest.limits)
    assert set(first.manifest.limits) <= set(second.manifest.limits)
    assert second.manifest.osm_timestamp == first.manifest.osm_timestamp
    with pytest.raises(DataError, match=r"covers only 73\.0200.*use an extract that holds the area"):
        cut(first.data_path, choose(shapely.box(73.065, 33.6, 73.1, 33.7), name="other"))


def test_manifest_tells_the_polygon_within_the_box(cut, country):
    corner = shapely.box(73.05, 33.66, 73.1, 33.7)
    first = cut(country, choose(BOX.difference(corner), name="small"))
    assert read_covered(cut(first.data_path, choose(name="big"))).equals(read_covered(first))


def test_extract_that_is_not_the_one_of_its_manifest_is_refused(cut, country, folder):
    first = cut(country, choose(SMALL, name="small")).data_path
    shutil.copy(country, first)
    with pytest.raises(DataError, match=r"^extract: .* its manifest says"):
        cut(first, choose(name="big"))
    assert [path.name for path in folder.iterdir()] == ["small"]


def test_both_times_of_a_fetched_extract_are_kept(cut, tmp_path):
    from osm_samples import COVERED, make_grid, make_manifest

    from chargeplan.osm.manifest import write_manifest
    from chargeplan.osm.merge import write_elements

    path, newest = tmp_path / "fetched.osm.pbf", "2026-03-19T23:00:00Z"
    result = write_elements(path, make_grid(), osm_timestamp="2026-03-19T19:50:00Z")
    write_manifest(path, make_manifest(path, result, newest_osm_timestamp=newest))
    manifest = cut(path, choose(shapely.box(73.0, 33.6, 73.2, 33.66))).manifest
    assert (manifest.osm_timestamp, manifest.newest_osm_timestamp) == ("2026-03-19T19:50:00Z", newest)
    assert manifest.limits[0] == "3 ways lack a node"
    covered = shapely.from_geojson(json.dumps(manifest.covered))
    assert covered.equals(COVERED.intersection(shapely.box(73.0, 33.6, 73.2, 33.66)))


def test_extract_that_does_not_tell_what_it_covers_is_judged_by_its_nodes(cut, city):
    """Its nodes reach from 73.02 and from 33.62 to 33.65: 0.08 by 0.03 of 0.1 by 0.1 degrees."""
    state = cut(city)
    assert read_covered(state).bounds == pytest.approx((73.02, 33.62, 73.1, 33.65))
    (limit,) = [limit for limit in state.manifest.limits if "does not tell what it covers" in limit]
    assert "76.0% of the area" in limit
