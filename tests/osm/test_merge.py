"""The merge writes each element once, the newest, sorted, and nothing when it cannot write all."""

import os
import random
import subprocess
import sys
from datetime import datetime

import osmium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osm_samples import TIMESTAMP, make_grid

from chargeplan.errors import DataError
from chargeplan.osm import merge
from chargeplan.osm.merge import count_file_elements, write_elements


def read_all(path):
    """What the file holds, by an independent reading: (type, id) to version, tags, place or nodes."""
    found = []
    for item in osmium.FileProcessor(str(path)):
        if item.is_node():
            rest = (item.location.lon, item.location.lat)
        elif item.is_way():
            rest = [node.ref for node in item.nodes]
        else:
            rest = [(member.type, member.ref, member.role) for member in item.members]
        found.append(((item.type_str(), item.id), item.version, dict(item.tags), rest))
    return found


def make_node(version=None, *, node_id=1, timestamp=None, lat=33.6, **more):
    node = {"type": "node", "id": node_id, "lat": lat, "lon": 73.0, **more}
    node |= {} if version is None else {"version": version}
    return node | ({} if timestamp is None else {"timestamp": timestamp})


def merge_one(tmp_path, *elements):
    path = tmp_path / "a.osm.pbf"
    write_elements(path, elements)
    (only,) = read_all(path)
    return only


def test_every_element_is_written_as_it_came(tmp_path):
    path = tmp_path / "grid.osm.pbf"
    result = write_elements(path, iter(make_grid()), osm_timestamp=TIMESTAMP)
    assert result.counts == {"nodes": 50, "ways": 14, "relations": 1}  # 7 x 7 + 1, 7 + 7, 1
    assert (result.n_repeated, result.n_missing_way_nodes) == (0, 0)
    assert count_file_elements(path) == result.counts
    found = read_all(path)
    assert found[0] == (("n", 100), 2, {}, (73.0, 33.6))
    assert found[49] == (("n", 1000), 1, {"amenity": "fuel", "name": "Shell"}, (73.015, 33.615))
    assert found[50] == (("w", 200), 3, {"highway": "residential"}, list(range(100, 107)))
    assert found[64] == (("r", 300), 1, {"type": "route"}, [("w", 200, "outer")])


def test_the_state_of_the_data_and_the_times_are_kept(tmp_path):
    path = tmp_path / "grid.osm.pbf"
    write_elements(path, make_grid(), osm_timestamp=TIMESTAMP)
    with osmium.io.Reader(str(path)) as reader:
        header = reader.header()
    assert header.get("osmosis_replication_timestamp") == TIMESTAMP
    assert header.get("sorting") == "Type_then_ID"
    times = {way.timestamp for way in osmium.FileProcessor(str(path), osmium.osm.WAY)}
    assert times == {datetime.fromisoformat("2021-05-01T10:00:00Z")}


def test_the_highest_version_wins_wherever_it_comes(tmp_path):
    versions = [make_node(9, lat=33.9), make_node(10, lat=33.1), make_node(2, lat=33.2), make_node(lat=33.3)]
    for order in (versions, versions[::-1]):
        assert merge_one(tmp_path, *order)[3] == (73.0, 33.1)


def test_of_equal_versions_the_later_wins(tmp_path):
    early = make_node(2, timestamp="2020-01-01T00:00:00Z", lat=33.1, tags={"a": "b"})
    late = make_node(2, timestamp="2020-01-01T00:00:01Z", lat=33.2)
    assert merge_one(tmp_path, early, late)[3] == merge_one(tmp_path, late, early)[3] == (73.0, 33.2)


def test_of_equal_times_the_fuller_wins(tmp_path):
    bare, full = make_node(2), make_node(2, tags={"amenity": "fuel"})
    assert merge_one(tmp_path, bare, full)[2] == merge_one(tmp_path, full, bare)[2] == {"amenity": "fuel"}


def test_types_do_not_replace_each_other(tmp_path):
    path = tmp_path / "a.osm.pbf"
    way = {"type": "way", "id": 1, "nodes": [1], "version": 5}
    relation = {"type": "relation", "id": 1, "members": [{"type": "node", "ref": 1, "role": ""}]}
    result = write_elements(path, [relation, way, make_node(1)])
    assert result.counts == {"nodes": 1, "ways": 1, "relations": 1}
    assert [row[0] for row in read_all(path)] == [("n", 1), ("w", 1), ("r", 1)]


def test_missing_nodes_of_ways_are_counted_once_each(tmp_path):
    ways = [{"type": "way", "id": number, "nodes": [1, 77, 78]} for number in (1, 2)]
    assert write_elements(tmp_path / "a.osm.pbf", [make_node(1), *ways]).n_missing_way_nodes == 2


def test_the_newest_version_of_a_way_decides_which_nodes_are_missing(tmp_path):
    old, new = ({"type": "way", "id": 1, "version": v, "nodes": nodes} for v, nodes in ((1, [5]), (2, [1])))
    assert write_elements(tmp_path / "a.osm.pbf", [make_node(1), new, old]).n_missing_way_nodes == 0


def test_an_empty_merge_is_a_file_without_elements(tmp_path):
    path = tmp_path / "a.osm.pbf"
    assert write_elements(path, []).counts == {"nodes": 0, "ways": 0, "relations": 0}
    assert read_all(path) == []


def test_names_of_mappers_are_left_out(tmp_path):
    path = tmp_path / "a.osm.pbf"
    write_elements(path, [make_node(1, user="somebody", uid=7, changeset=9)])
    found = [(node.user, node.uid, node.changeset) for node in osmium.FileProcessor(str(path))]
    assert found == [("", 0, 0)]


@given(st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_any_order_and_repetition_gives_the_same_bytes(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("order")
    grid = make_grid()
    old = [{**item, "version": 1, "tags": {"old": "yes"}} for item in grid if item["version"] > 1]
    shuffled = [*grid, *old, *grid[:20]]
    random.Random(seed).shuffle(shuffled)
    write_elements(folder / "a.osm.pbf", grid)
    result = write_elements(folder / "b.osm.pbf", shuffled)
    assert (folder / "a.osm.pbf").read_bytes() == (folder / "b.osm.pbf").read_bytes()
    assert result.n_repeated == len(old) + 20


def test_equal_rank_is_decided_by_content_and_not_by_order(tmp_path):
    one, other = make_node(1, tags={"name": "a"}), make_node(1, tags={"name": "b"})
    assert merge_one(tmp_path, one, other) == merge_one(tmp_path, other, one)


@pytest.mark.parametrize(
    "element",
    [
        make_node(1, tags={"name": "x" * 1025}),
        make_node(1, tags={"x" * 1025: "name"}),
        make_node(1, tags={"name": "\ud800"}),
        make_node(1, tags={"name": "a\0b"}),
        {"type": "relation", "id": 1, "members": [{"type": "way", "ref": 1, "role": "a\0b"}]},
    ],
    ids=["long value", "long key", "surrogate", "NUL", "NUL in a role"],
)
def test_a_text_that_no_file_can_hold_is_an_error_and_leaves_nothing(tmp_path, element):
    with pytest.raises(
        DataError, match=r"(node|relation) 1 has a tag or role that OpenStreetMap does not allow"
    ):
        write_elements(tmp_path / "a.osm.pbf", [make_node(2, node_id=5), element])
    assert list(tmp_path.iterdir()) == []


def test_a_fault_in_the_source_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.osm.pbf"
    write_elements(path, [make_node(1)])
    before = path.read_bytes()

    def break_off():
        yield make_node(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_elements(path, break_off())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts open files through /proc")
def test_an_interruption_while_writing_leaves_nothing_open_or_behind(tmp_path, monkeypatch):
    read_rows = merge._read_rows

    def break_off(*arguments):
        for element in read_rows(*arguments):
            yield element
            if element["type"] == "way":
                raise KeyboardInterrupt

    write_elements(tmp_path / "a.osm.pbf", make_grid())  # imports what stays open
    before = (tmp_path / "a.osm.pbf").read_bytes()
    n_open = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(merge, "_read_rows", break_off)
    with pytest.raises(KeyboardInterrupt):
        write_elements(tmp_path / "a.osm.pbf", make_grid()[3:])
    assert len(os.listdir("/proc/self/fd")) == n_open
    assert os.listdir(tmp_path) == ["a.osm.pbf"]
    assert (tmp_path / "a.osm.pbf").read_bytes() == before


FULL_DISK = """
import resource, sys
from pathlib import Path
from chargeplan.osm import merge
from chargeplan.osm.merge import write_elements
node = {"type": "node", "lat": 33.6, "lon": 73.0}
nodes = [{**node, "id": number + 1, "tags": {"name": str(number * 7919 % 10007)}} for number in range(30_000)]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    write_elements(Path(sys.argv[1]) / "a.osm.pbf", nodes)
except OSError as error:
    print("refused:", error, flush=True)
else:
    print("written", flush=True)
"""


# The texts of 30,000 nodes are 2.6 MB and of one 75 bytes, which is less than a file's header: so
# the first two limits meet the temporary texts, the next one the writer of the file.
@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes on Windows")
@pytest.mark.parametrize(("limit", "n_nodes"), [(0, 1), (100_000, 30_000), (90, 1), (60_000, 2)])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, limit, n_nodes):
    path = tmp_path / "a.osm.pbf"
    write_elements(path, [make_node(1)])
    before = path.read_bytes()
    script = FULL_DISK.replace("30_000", str(n_nodes))
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), str(limit)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("written" if n_nodes == 2 else "refused:")
    assert list(tmp_path.iterdir()) == [path]
    assert (path.read_bytes() == before) == (n_nodes != 2)
