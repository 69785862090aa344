"""Contraction of chains: exact times, kept nodes, drawn pieces."""

import itertools

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
import scipy.sparse.csgraph as csgraph
from hypothesis import given, settings
from hypothesis import strategies as st

from chargeplan.network.chains import NODE_SPACING_M, contract_chains
from chargeplan.network.segments import Segments

PRIMARY = {"highway": "primary", "maxspeed": "36"}


def make_segments(edges: dict[tuple[int, int], tuple[float, float, float]], n_nodes: int) -> Segments:
    """Segments of a dict from (start, end) to (length, seconds there, seconds back)."""
    ordered = sorted(edges)
    columns = np.array([edges[pair] for pair in ordered], np.float64).reshape(-1, 3)
    pairs = np.array(ordered, np.int64).reshape(-1, 2)
    return Segments(
        np.arange(1, n_nodes + 1),
        np.linspace(73.0, 73.1, n_nodes),
        np.full(n_nodes, 33.7),
        pairs[:, 0],
        pairs[:, 1],
        np.zeros(len(ordered), np.int64),
        columns[:, 0],
        columns[:, 1],
        columns[:, 2],
    )


@st.composite
def draw_networks(draw):
    """Strongly connected networks with long chains, one-way streets, loops and dead ends.

    A few crossings are joined by chains of random length, and only the strongest component
    of what comes out is used, as the reader does.
    """
    n_crossings = draw(st.integers(1, 5))
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n_crossings))
    next_node = n_crossings
    for _ in range(draw(st.integers(1, 9))):
        start, end = draw(st.integers(0, n_crossings - 1)), draw(st.integers(0, n_crossings - 1))
        n_inner = draw(st.integers(0, 6))
        if start == end and n_inner < 2:
            n_inner = 2
        is_dead_end = draw(st.booleans()) and draw(st.booleans())
        inner = list(range(next_node, next_node + n_inner))
        next_node += n_inner
        line = [start, *inner] if is_dead_end else [start, *inner, end]
        direction = 0 if is_dead_end else draw(st.sampled_from([-1, 0, 0, 1]))
        for a, b in itertools.pairwise(line):
            if a == b:
                continue
            length_m = float(draw(st.integers(1, 300)))
            if direction >= 0:
                graph.add_edge(a, b, length_m=length_m, seconds=length_m / 10)
            if direction <= 0:
                slow = draw(st.sampled_from([10, 9]))
                graph.add_edge(b, a, length_m=length_m, seconds=length_m / slow)
    component = sorted(max(nx.strongly_connected_components(graph), key=lambda part: (len(part), -min(part))))
    row = {node: position for position, node in enumerate(component)}
    edges: dict[tuple[int, int], tuple[float, float, float]] = {}
    for a, b, data in graph.subgraph(component).edges(data=True):
        pair = (min(row[a], row[b]), max(row[a], row[b]))
        length_m, there, back = edges.get(pair, (data["length_m"], np.inf, np.inf))
        if row[a] < row[b]:
            there = data["seconds"]
        else:
            back = data["seconds"]
        edges[pair] = (length_m, there, back)
    kinds = draw(st.lists(st.integers(0, 1), min_size=len(edges), max_size=len(edges)))
    return make_segments(edges, len(component)), np.array(kinds, np.int64) * draw(st.integers(0, 1))


def measure_all(start, end, forward_s, backward_s, n_nodes):
    """All shortest times by networkx, on a graph with an arc for every open direction."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(n_nodes))
    for a, b, there, back in zip(start, end, forward_s, backward_s, strict=True):
        if np.isfinite(there):
            graph.add_edge(int(a), int(b), weight=float(there))
        if np.isfinite(back):
            graph.add_edge(int(b), int(a), weight=float(back))
    return dict(nx.all_pairs_dijkstra_path_length(graph))


@settings(max_examples=150, deadline=None)
@given(draw_networks())
def test_times_between_kept_nodes_are_those_of_the_whole_network(network):
    segments, kind = network
    if segments.start.size == 0:
        return
    chains = contract_chains(segments, kind)
    n_nodes = segments.node_id.size
    before = measure_all(segments.start, segments.end, segments.forward_s, segments.backward_s, n_nodes)
    after = measure_all(chains.start, chains.end, chains.forward_s, chains.backward_s, n_nodes)
    kept = np.union1d(chains.start, chains.end).tolist()
    for a in kept:
        for b in kept:
            assert after[a][b] == pytest.approx(before[a][b], rel=1e-12, abs=1e-12)


@settings(max_examples=150, deadline=None)
@given(draw_networks())
def test_every_segment_lies_in_one_piece_and_pieces_are_unbroken(network):
    segments, kind = network
    if segments.start.size == 0:
        return
    chains = contract_chains(segments, kind)
    assert chains.length_m.sum() == pytest.approx(segments.length_m.sum(), rel=1e-12)
    for piece in range(chains.start.size):
        rows = np.flatnonzero(chains.piece == piece)
        rows = rows[np.argsort(chains.step[rows])]
        assert chains.step[rows].tolist() == list(range(rows.size))
        here = int(chains.start[piece])
        for row in rows.tolist():
            assert {here, int(chains.head[row])} == {int(segments.start[row]), int(segments.end[row])}
            here = int(chains.head[row])
        assert here == chains.end[piece]
        assert segments.length_m[rows].sum() == pytest.approx(chains.length_m[piece])
        assert len(set(kind[rows].tolist())) == 1


@settings(max_examples=150, deadline=None)
@given(draw_networks())
def test_only_pieces_of_one_segment_exceed_the_node_spacing_by_much(network):
    segments, kind = network
    if segments.start.size == 0:
        return
    chains = contract_chains(segments, kind)
    longest_m = segments.length_m.max()
    # A chain of n spacings is cut into n parts, each end moved by at most one segment.
    assert (chains.length_m <= 1.5 * NODE_SPACING_M + 2 * longest_m).all()


def test_ring_without_crossings_keeps_two_nodes_or_more():
    edges = {(0, 1): (10.0, 1.0, 1.0), (1, 2): (10.0, 1.0, 1.0), (0, 2): (90.0, 9.0, 9.0)}
    chains = contract_chains(make_segments(edges, 3), np.zeros(3, np.int64))
    assert np.union1d(chains.start, chains.end).size >= 2


def test_shape_nodes_of_a_short_street_are_contracted_and_drawn(draw, read_drawing):
    drawing = draw("A-B\n  |\nD-C", ("ABCD", PRIMARY))
    streets = read_drawing(drawing)
    # 0.002 + 0.002 + 0.002 degrees are about 590 m: one part, no node in between.
    assert streets.letters == "AD"
    drawn = streets.network.road_lonlat
    assert drawn == pytest.approx(np.array([drawing.nodes[letter] for letter in "ABCD"]))
    assert streets.network.road_offsets.tolist() == [0, 4]


def test_long_street_keeps_a_node_about_every_400_m(draw, read_drawing):
    # 13 steps of 92.7 m: 1,205 m, three parts of 402 m. Shape nodes lie at multiples of 92.7 m:
    # the first beyond 402 m is the fifth step (F), the first beyond 803 m the ninth (J).
    streets = read_drawing(draw("ABCDEFGHIJKLMN", ("ABCDEFGHIJKLMN", PRIMARY)))
    assert streets.letters == "AFJN"
    assert streets.network.roads["length_m"].tolist() == pytest.approx([463.6, 370.9, 370.9], abs=1.5)


def test_crossing_and_dead_end_are_kept(draw, read_drawing):
    streets = read_drawing(draw("A-B-C\n  |\n  D", ("ABC", PRIMARY), ("BD", PRIMARY)))
    assert streets.letters == "ABCD"
    assert streets.network.seconds.nnz == 6


def test_street_is_broken_where_its_drawn_class_changes(draw, read_drawing):
    streets = read_drawing(
        draw("A-B-C-D", ("AB", PRIMARY), ("BC", {"highway": "primary_link"}), ("CD", {"highway": "tertiary"}))
    )
    assert streets.letters == "ACD"
    assert streets.network.roads["road_class"].tolist() == ["primary", "tertiary"]


@pytest.mark.parametrize("oneway_first", [True, False])
@pytest.mark.parametrize("towards_end", [True, False])
def test_node_between_twoway_and_oneway_segment_is_kept(oneway_first, towards_end):
    # Crossings 0 and 1 are joined directly, over node 2, and over node 3 by a street of which
    # one half is one-way.
    there, back = (1.0, np.inf) if towards_end else (np.inf, 1.0)
    both, oneway = (100.0, 1.0, 1.0), (100.0, there, back)
    first, second = (oneway, both) if oneway_first else (both, oneway)
    edges = {(0, 1): both, (0, 2): both, (1, 2): both, (0, 3): first, (1, 3): second}
    chains = contract_chains(make_segments(edges, 4), np.zeros(5, np.int64))
    assert np.union1d(chains.start, chains.end).tolist() == [0, 1, 3]


@pytest.mark.parametrize(("last_m", "middle"), [(10.0, 2), (90.0, 3)])
def test_short_loop_keeps_the_node_beyond_its_middle_else_its_last(last_m, middle):
    # From crossing 0 round 1, 2, 3: three steps of 10 m and a last one. Half of 40 m is at
    # node 2, half of 120 m on the last step. Nodes 4 and 5 are dead ends.
    both = (10.0, 1.0, 1.0)
    edges = {(0, 1): both, (1, 2): both, (2, 3): both, (0, 3): (last_m, 1.0, 1.0), (0, 4): both, (0, 5): both}
    chains = contract_chains(make_segments(edges, 6), np.zeros(6, np.int64))
    assert np.union1d(chains.start, chains.end).tolist() == [0, middle, 4, 5]


def test_node_where_a_street_becomes_oneway_is_kept(draw, read_drawing):
    streets = read_drawing(
        draw(
            "A-B-C\n|   |\nD---E",
            ("AB", PRIMARY),
            ("BC", {**PRIMARY, "oneway": "yes"}),
            ("CEDA", PRIMARY),
        )
    )
    assert {"B", "C"} <= set(streets.letters)
    assert streets.find_edge_s("B", "C") > 0
    assert streets.find_edge_s("C", "B") == 0


def test_of_parallel_roads_the_fastest_counts_and_both_are_drawn(draw, read_drawing):
    picture = """
    X-A---B-Y
      C---D
    """
    streets = read_drawing(
        draw(
            picture,
            ("XA", PRIMARY),
            ("BY", PRIMARY),
            ("AB", PRIMARY),
            ("ACDB", {**PRIMARY, "maxspeed": "130"}),
        )
    )
    direct_m, around_m = sorted(streets.network.roads["length_m"])[-2:]
    assert streets.find_edge_s("A", "B") == pytest.approx(min(direct_m / 10, around_m / (130 / 3.6)))
    assert len(streets.network.roads) == 4


def test_of_ways_over_the_same_nodes_each_direction_takes_the_fastest_that_is_open(draw, read_drawing):
    streets = read_drawing(
        draw("A-B", ("AB", PRIMARY), ("AB", {**PRIMARY, "maxspeed": "72", "oneway": "yes"}))
    )
    assert streets.find_edge_s("B", "A") == pytest.approx(2 * streets.find_edge_s("A", "B"))
    assert len(streets.network.roads) == 1


def test_piece_bears_the_english_name_of_most_of_its_length(draw, read_drawing):
    streets = read_drawing(
        draw(
            "A-B---C",
            ("AB", {**PRIMARY, "name": "Short Street"}),
            ("BC", {**PRIMARY, "name": "شارع", "name:en": "Long\u202e Street"}),
        )
    )
    assert streets.network.roads["name"].tolist() == ["Long Street"]


def test_rows_do_not_depend_on_the_order_of_the_ways(draw, read_drawing):
    ways = [("ABC", PRIMARY), ("BD", {**PRIMARY, "name": "Middle"}), ("DC", {**PRIMARY, "oneway": "yes"})]
    picture = "A-B-C\n  |\n  D"
    one, other = read_drawing(draw(picture, *ways)), read_drawing(draw(picture, *reversed(ways)))
    assert one.network.roads.equals(other.network.roads)
    assert np.array_equal(one.network.road_lonlat, other.network.road_lonlat)
    assert (one.network.seconds != other.network.seconds).nnz == 0


def test_contracted_network_is_strongly_connected(draw, read_drawing):
    streets = read_drawing(draw("A-B-C\n|   |\nD---E", ("ABCEDA", {**PRIMARY, "oneway": "yes"})))
    n_parts, _ = csgraph.connected_components(sp.csr_array(streets.network.seconds), connection="strong")
    assert n_parts == 1
    assert len(streets.letters) >= 2
