"""The drawn road pieces: shape points, class, name, speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chargeplan.osm.road_classes import ROAD_CLASSES
from chargeplan.tables import ROADS, make_table
from chargeplan.text import clean_text

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.network.chains import Chains
    from chargeplan.network.segments import Segments
    from chargeplan.network.ways import Ways

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWN_CLASSES = tuple(dict.fromkeys(name.removesuffix("_link") for name in ROAD_CLASSES))
_DRAWN_CODES = np.array([DRAWN_CLASSES.index(name.removesuffix("_link")) for name in ROAD_CLASSES])


def find_drawn_class(segments: Segments, ways: Ways) -> Ints:
    """Find the position in `DRAWN_CLASSES` of each segment (link roads join their class)."""
    return np.asarray(_DRAWN_CODES[ways.class_code[segments.way]], np.int64)


def draw_shapes(chains: Chains, segments: Segments) -> tuple[Floats, Ints]:
    """Line up the shape points of all pieces.

    Returns
    -------
    lonlat : ndarray of float64, shape (n_points, 2)
        EPSG:4326.
    offsets : ndarray of int64, shape (n_pieces + 1,)
        Piece r is ``lonlat[offsets[r]:offsets[r + 1]]``, from `chains.start` to `chains.end`.
    """
    n_segments = np.bincount(chains.piece, minlength=chains.start.size)
    offsets = np.concatenate([[0], np.cumsum(n_segments + 1)]).astype(np.int64)
    node = np.empty(offsets[-1], np.int64)
    node[offsets[:-1]] = chains.start
    node[offsets[chains.piece] + 1 + chains.step] = chains.head
    return np.column_stack([segments.lon[node], segments.lat[node]]), offsets


def describe_roads(chains: Chains, segments: Segments, ways: Ways, drawn_class: Ints) -> pd.DataFrame:
    """Make the table of `tables.ROADS`, one row per piece.

    The speed is length over time; a piece counts as tagged when at least half of its
    length is, and bears the name that covers most of it.
    """
    n_pieces = chains.start.size
    class_of_piece = np.empty(n_pieces, np.int64)
    class_of_piece[chains.piece] = drawn_class
    free_h = np.bincount(chains.piece, segments.length_m / ways.speed_kmh[segments.way], minlength=n_pieces)
    tagged_m = np.bincount(
        chains.piece, np.where(ways.is_tagged[segments.way], segments.length_m, 0.0), minlength=n_pieces
    )
    return make_table(
        ROADS,
        {
            "road_class": np.array(DRAWN_CLASSES)[class_of_piece],
            "name": _choose_names(chains, segments, ways),
            "length_m": chains.length_m,
            "speed_kmh": chains.length_m / free_h,
            "is_speed_tagged": tagged_m >= 0.5 * chains.length_m,
        },
    )


def _choose_names(chains: Chains, segments: Segments, ways: Ways) -> list[str]:
    """Choose the name with the greatest length in each piece, the first in order of equal ones."""
    names = sorted({clean_text(name) for name in set(ways.name)} | {""})  # the empty name comes first
    code_of = {name: code for code, name in enumerate(names)}
    code_of_raw = {name: code_of[clean_text(name)] for name in set(ways.name)}
    code = np.array([code_of_raw[name] for name in ways.name], np.int64)[segments.way]
    is_named = code > 0
    pairs, group = np.unique(chains.piece[is_named] * len(names) + code[is_named], return_inverse=True)
    length_m = np.bincount(group, segments.length_m[is_named], minlength=pairs.size)
    order = np.lexsort((-pairs, length_m))  # the longest of each piece is written last
    chosen = np.zeros(chains.start.size, np.int64)
    chosen[pairs[order] // len(names)] = pairs[order] % len(names)
    return [names[position] for position in chosen.tolist()]
