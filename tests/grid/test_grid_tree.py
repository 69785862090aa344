"""The tree of headroom against its definition: walk up from every site, one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeplan.errors import RecordError
from chargeplan.grid_assets import GridAssets, find_cycles, find_leaves
from chargeplan.store import check_records, read_record, write_records
from chargeplan.tables import GRID_ASSETS, make_table

NAN = float("nan")


def make_assets(parent_pos, site_asset_pos, headroom_kw=None, **more):
    n_assets = len(parent_pos)
    data = {
        "asset_id": [f"a{row:06d}" for row in range(n_assets)],
        "name": [""] * n_assets,
        "lon": [NAN] * n_assets,
        "lat": [NAN] * n_assets,
        "parent_pos": parent_pos,
        "headroom_kw": [1.0] * n_assets if headroom_kw is None else headroom_kw,
        "step_kw": [0.0] * n_assets,
        "step_pkr": [0.0] * n_assets,
        "max_steps": [0] * n_assets,
        "is_synthetic": [False] * n_assets,
    } | more
    n_sites = len(site_asset_pos)
    return GridAssets(
        title="drawn",
        table=make_table(GRID_ASSETS, data),
        site_asset_pos=np.array(site_asset_pos, dtype=np.int64),
        site_asset_m=np.zeros(n_sites),
        is_linked=np.zeros(n_sites, dtype=bool),
        max_distance_m=1000.0,
        unknown_headroom_pkr_kw=7.0,
    )


def walk_up(parent_pos, asset):
    while asset >= 0:
        yield asset
        asset = parent_pos[asset]


@st.composite
def draw_trees(draw):
    """A forest whose rows are shuffled, so that parents stand anywhere."""
    n_assets = draw(st.integers(1, 12))
    above = [draw(st.integers(-1, row - 1)) for row in range(n_assets)]
    rank = draw(st.permutations(range(n_assets)))
    parent_pos = [0] * n_assets
    for row, parent in enumerate(above):
        parent_pos[rank[row]] = rank[parent] if parent >= 0 else -1
    sites = draw(st.lists(st.integers(-1, n_assets - 1), max_size=15))
    headroom = draw(
        st.lists(st.one_of(st.just(NAN), st.floats(0, 1e6)), min_size=n_assets, max_size=n_assets)
    )
    return parent_pos, sites, headroom


@given(draw_trees())
def test_sites_below_are_those_whose_way_up_passes_the_asset(tree):
    parent_pos, sites, headroom = tree
    assets = make_assets(parent_pos, sites, headroom)
    start, site = assets.list_sites_below()
    for asset in range(len(parent_pos)):
        expected = [row for row, at in enumerate(sites) if asset in walk_up(parent_pos, at)]
        assert site[start[asset] : start[asset + 1]].tolist() == expected


@given(draw_trees(), st.data())
def test_loads_below_are_sums_along_the_way_up(tree, data):
    parent_pos, sites, _ = tree
    loads = data.draw(st.lists(st.integers(0, 10**6), min_size=len(sites), max_size=len(sites)))
    expected = [0] * len(parent_pos)
    for load, at in zip(loads, sites, strict=True):
        for asset in walk_up(parent_pos, at):
            expected[asset] += load
    assert make_assets(parent_pos, sites).sum_below(np.array(loads, dtype=float)).tolist() == expected


@given(draw_trees())
def test_a_site_is_unknown_with_any_unknown_headroom_above_it(tree):
    parent_pos, sites, headroom = tree
    assets = make_assets(parent_pos, sites, headroom)
    expected = [at < 0 or any(np.isnan(headroom[asset]) for asset in walk_up(parent_pos, at)) for at in sites]
    assert assets.is_headroom_unknown.tolist() == expected
    assert assets.site_risk_pkr_kw.tolist() == [7.0 if unknown else 0.0 for unknown in expected]


@given(draw_trees())
def test_leaves_are_nobodys_parent(tree):
    parent_pos = tree[0]
    assert find_leaves(np.array(parent_pos)).tolist() == [
        row not in parent_pos for row in range(len(parent_pos))
    ]


@given(st.integers(1, 9).flatmap(lambda n: st.lists(st.integers(-1, n - 1), min_size=n, max_size=n)))
def test_cycles_are_the_rows_that_meet_themselves_on_their_way_up(parent_pos):
    on_cycle = set()
    for row in range(len(parent_pos)):
        at, seen = parent_pos[row], 0
        while at >= 0 and at != row and seen < len(parent_pos):
            at, seen = parent_pos[at], seen + 1
        if at == row:
            on_cycle.add(row)
    cycles = find_cycles(np.array(parent_pos, dtype=np.int64))
    assert sorted(row for cycle in cycles for row in cycle) == sorted(on_cycle)
    for cycle in cycles:
        assert cycle[0] == min(cycle)
        assert [parent_pos[row] for row in cycle] == [*cycle[1:], cycle[0]]


def test_a_known_tree_by_hand():
    # 0 substation; 1, 2 transformers below it; 3 a feeder below 1.
    assets = make_assets([-1, 0, 0, 1], [3, 3, 2, -1, 0], [NAN, 5.0, 5.0, 5.0])
    start, site = assets.list_sites_below()
    assert start.tolist() == [0, 4, 6, 7, 9]
    assert site.tolist() == [0, 1, 2, 4, 0, 1, 2, 0, 1]
    assert assets.sum_below(np.array([1.0, 2.0, 4.0, 8.0, 16.0])).tolist() == [23.0, 3.0, 4.0, 3.0]
    assert assets.is_leaf.tolist() == [False, False, True, True]
    assert assets.is_headroom_unknown.all()


def test_a_deep_chain_is_read_in_no_time():
    n_assets = 20_000
    parent_pos = np.arange(-1, n_assets - 1)
    assert find_cycles(parent_pos) == []
    assets = make_assets(parent_pos, [n_assets - 1])
    assert assets.sum_below(np.array([3.0])).tolist() == [3.0] * n_assets


def test_the_record_comes_back_from_disk(tmp_path):
    assets = make_assets([-1, 0], [1, -1], [NAN, 2.5])
    write_records(tmp_path, {"grid": assets})
    check_records(tmp_path)
    stored = read_record(tmp_path, "grid", GridAssets)
    assert stored.table.equals(assets.table)
    assert stored.site_asset_pos.tolist() == [1, -1]
    assert (stored.title, stored.max_distance_m, stored.unknown_headroom_pkr_kw) == ("drawn", 1000.0, 7.0)


@pytest.mark.parametrize(
    ("parent_pos", "sites", "more", "words"),
    [
        ([1, 0], [], {}, "no asset may be above itself"),
        ([0], [], {}, "no asset may be above itself"),
        ([5], [], {}, "parent_pos must be a row"),
        ([-1], [1], {}, "site_asset_pos must be a row"),
        ([-1], [], {"headroom_kw": [-1.0]}, "headroom must be finite and not negative"),
        ([-1], [], {"headroom_kw": [np.inf]}, "headroom must be finite and not negative"),
        ([-1], [], {"step_pkr": [np.inf]}, "steps must be finite"),
        ([-1], [], {"max_steps": [1]}, "a step must add headroom"),
        ([-1, -1], [], {"asset_id": ["b", "a"]}, "ids must rise"),
        ([], [], {}, "there must be an asset"),
    ],
)
def test_a_broken_record_is_refused(parent_pos, sites, more, words):
    with pytest.raises(RecordError, match=words):
        make_assets(parent_pos, sites, **more)
