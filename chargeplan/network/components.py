"""Keep the largest part of the network in which every node reaches every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from chargeplan.units import METRES_PER_KM

if TYPE_CHECKING:
    from chargeplan.network.repairs import RepairLog
    from chargeplan.network.segments import Segments
    from chargeplan.network.ways import Ways

# A part that hangs apart is told on a row of its own when it is this large; the rest of
# them, mostly courtyards and cut-off ends, share one row.
_PART_NODES_AT_LEAST = 100
_PARTS_SHOWN = 10


def keep_strongest(segments: Segments, ways: Ways, repairs: RepairLog) -> Segments:
    """Keep the strongly connected component with the most nodes; tell what fell out.

    A segment stays when both ends are in the component.
    """
    n_nodes = segments.node_id.size
    graph = _build_graph(segments)
    _, strong = connected_components(graph, directed=True, connection="strong")
    _, weak = connected_components(graph, directed=False)
    in_component = strong == np.bincount(strong, minlength=n_nodes).argmax()
    is_kept = in_component[segments.start] & in_component[segments.end]
    is_tied = weak == weak[np.flatnonzero(in_component)[0]]
    _note_traps(segments, ways, is_kept, in_component, is_tied, repairs)
    _note_parts(segments, weak, is_tied, repairs)
    return segments.keep(is_kept)


def _build_graph(segments: Segments) -> sp.csr_array:
    n_nodes = segments.node_id.size
    is_forward, is_backward = np.isfinite(segments.forward_s), np.isfinite(segments.backward_s)
    row = np.concatenate([segments.start[is_forward], segments.end[is_backward]])
    column = np.concatenate([segments.end[is_forward], segments.start[is_backward]])
    return sp.coo_array((np.ones(row.size), (row, column)), shape=(n_nodes, n_nodes)).tocsr()


def _note_traps(
    segments: Segments,
    ways: Ways,
    is_kept: NDArray[np.bool_],
    in_component: NDArray[np.bool_],
    is_tied: NDArray[np.bool_],
    repairs: RepairLog,
) -> None:
    """Tell of roads that touch the component but can only be entered or only be left."""
    lost = ~is_kept & is_tied[segments.start]
    nodes = np.flatnonzero(is_tied & ~in_component)
    way_id = np.unique(ways.way_id[segments.way[lost]]).tolist()
    repairs.add(
        f"road nodes that can only be entered or only be left, left out with "
        f"{segments.length_m[lost].sum() / METRES_PER_KM:.1f} km of road (ways named)",
        way_id,
        count=nodes.size,
    )


def _note_parts(
    segments: Segments, weak: NDArray[np.int32], is_tied: NDArray[np.bool_], repairs: RepairLog
) -> None:
    """Tell of parts that no road joins to the component."""
    n_parts = int(weak.max()) + 1
    nodes_in = np.bincount(weak[~is_tied], minlength=n_parts)
    length_km = np.bincount(weak[segments.start], segments.length_m, minlength=n_parts) / METRES_PER_KM
    parts = np.flatnonzero(nodes_in)
    parts = parts[np.argsort(-nodes_in[parts], kind="stable")]
    is_shown = (nodes_in[parts] >= _PART_NODES_AT_LEAST) & (np.arange(parts.size) < _PARTS_SHOWN)
    for part in parts[is_shown]:
        nodes = np.flatnonzero(weak == part)
        repairs.add(
            f"road nodes of a part that hangs apart around {segments.lon[nodes].mean():.4f} E, "
            f"{segments.lat[nodes].mean():.4f} N, left out with {length_km[part]:.1f} km of road",
            segments.node_id[nodes].tolist(),
        )
    rest = parts[~is_shown]
    nodes = np.flatnonzero(np.isin(weak, rest))
    repairs.add(
        f"road nodes of {rest.size} small parts that hang apart, left out with "
        f"{length_km[rest].sum():.1f} km of road",
        segments.node_id[nodes].tolist(),
    )
