"""The smaller graph has the same driving times between the nodes that stay."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import floyd_warshall

from chargeplan.travel.reduction import reduce_graph


def draw_graph(edges: dict[tuple[int, int], float], n_nodes: int) -> sp.csr_array:
    rows, columns = np.array([*edges], dtype=np.int64).reshape(-1, 2).T
    return sp.csr_array(sp.coo_array(([*edges.values()], (rows, columns)), shape=(n_nodes, n_nodes)))


def test_a_street_becomes_one_edge_and_a_dead_end_goes() -> None:
    # 0 -> 1 -> 2 -> 3 one way, and the dead end 1 <-> 4; nodes 0 and 3 are kept.
    edges = {(0, 1): 10.0, (1, 2): 20.0, (2, 3): 30.0, (1, 4): 1.0, (4, 1): 1.0}
    smaller, row = reduce_graph(draw_graph(edges, 5), np.array([True, False, False, True, False]))
    assert row.tolist() == [0, -1, -1, 1, -1]
    np.testing.assert_array_equal(smaller.toarray(), [[0, 60], [0, 0]])


def test_the_faster_of_shortcut_and_road_stays() -> None:
    edges = {(0, 1): 10.0, (1, 2): 20.0, (0, 2): 25.0, (2, 0): 50.0, (2, 1): 20.0, (1, 0): 10.0}
    smaller, _ = reduce_graph(draw_graph(edges, 3), np.array([True, False, True]))
    np.testing.assert_array_equal(smaller.toarray(), [[0, 25], [30, 0]])


def test_a_graph_of_kept_nodes_stays_as_it_is() -> None:
    graph = draw_graph({(0, 1): 1.0, (1, 2): 2.0, (2, 0): 3.0}, 3)
    smaller, row = reduce_graph(graph, np.ones(3, dtype=bool))
    np.testing.assert_array_equal(smaller.toarray(), graph.toarray())
    assert row.tolist() == [0, 1, 2]


def test_a_long_street_with_dead_ends_becomes_one_edge_each_way() -> None:
    # 500 crossings in a row, 2 s apart, each with a dead end; 499 gaps of 2 s are 998 s.
    street = [(node, node + 1) for node in range(499)]
    ends = [(node, 500 + node) for node in range(500)]
    edges = {direction: 2.0 for pair in street + ends for direction in (pair, pair[::-1])}
    is_kept = np.isin(np.arange(1000), [0, 499])
    smaller, _ = reduce_graph(draw_graph(edges, 1000), is_kept)
    np.testing.assert_array_equal(smaller.toarray(), [[0, 998], [998, 0]])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_nodes=st.integers(2, 40),
    density=st.floats(0.5, 4.0),
    kept_share=st.floats(0.0, 1.0),
)
def test_times_between_kept_nodes_do_not_change(seed, n_nodes, density, kept_share) -> None:
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, n_nodes, (int(density * n_nodes), 2))
    edges = {(int(a), int(b)): float(rng.uniform(0.1, 100.0)) for a, b in ends if a != b}
    edges[0, 1] = 5.0
    graph = draw_graph(edges, n_nodes)
    is_kept = rng.random(n_nodes) < kept_share
    smaller, row = reduce_graph(graph, is_kept)
    assert np.all(row[is_kept] >= 0)
    left = np.flatnonzero(row >= 0)
    assert row[left].tolist() == list(range(smaller.shape[0]))
    expected = floyd_warshall(graph)[np.ix_(left, left)]
    got = floyd_warshall(smaller) if len(left) else np.empty((0, 0))
    assert got == pytest.approx(expected, abs=1e-9)
