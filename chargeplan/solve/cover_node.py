"""What is left of a maximum coverage problem: of all of it, or of a branch of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from chargeplan.records import Bools, Floats, Ints
from chargeplan.solve.reduce import CoverRows, group_equal_rows


@dataclass(frozen=True, slots=True)
class Cut:
    """A row that every plan worth looking for keeps: ``z[row] + sum y[one_of] <= 1 + sum y[unless]``.

    At most one site of ``one_of`` is open, and while one is, the row is covered by a site of
    ``unless`` or by none. With ``row`` -1 there is no ``z``.
    """

    row: int
    one_of: tuple[int, ...]
    unless: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CoverNode:
    """Rows and sites that are left to decide, and what is known of plans that reach a goal.

    Parameters
    ----------
    cover : scipy.sparse.csr_array, shape (n_rows, n_sites)
        No row is empty, no two are equal.
    weight : ndarray, shape (n_rows,)
    site : ndarray of int64, shape (n_sites,)
        Column of each site in the `CoverRows` at the root.
    cost : ndarray, shape (n_sites,)
        In units of the dearest.
    budget : float
        Left, in the same units; infinite without a limit.
    max_sites : int
        Left.
    base : float
        Worth of what is decided already.
    opened : tuple of int
        Columns of the `CoverRows` that this branch opens.
    conflict : ndarray of bool, shape (n_sites, n_sites)
        Pairs that no plan reaching the goal opens together; false on the diagonal.
    cuts : tuple of Cut
    """

    cover: sp.csr_array
    weight: Floats
    site: Ints
    cost: Floats
    budget: float
    max_sites: int
    base: float
    opened: tuple[int, ...]
    conflict: Bools
    cuts: tuple[Cut, ...]

    @property
    def n_sites(self) -> int:
        """Number of sites left to decide."""
        return len(self.site)


def make_node(rows: CoverRows, columns: Ints) -> CoverNode:
    """Make the node of a whole problem with some of its sites only, rows merged anew."""
    unit = max(1.0, float(rows.cost_pkr.max(initial=0.0)))
    n_sites = rows.cover.shape[1]
    whole = CoverNode(
        cover=rows.cover,
        weight=rows.row_weight_kwh_day,
        site=np.arange(n_sites, dtype=np.int64),
        cost=rows.cost_pkr / unit,
        budget=rows.budget_pkr / unit,
        max_sites=rows.max_sites,
        base=rows.base_kwh_day,
        opened=(),
        conflict=np.zeros((0, 0), dtype=bool),
        cuts=(),
    )
    return _take(whole, columns, np.ones(len(rows.row_weight_kwh_day), dtype=bool), whole.conflict)


def keep_sites(node: CoverNode, keep: Bools) -> CoverNode:
    """Take sites out for good; rows that become equal are one, cuts stay where they say anything."""
    columns = np.flatnonzero(keep)
    rows = np.ones(len(node.weight), dtype=bool)
    return _take(node, columns, rows, node.conflict[np.ix_(columns, columns)])


def open_site(node: CoverNode, at: int) -> CoverNode:
    """Open a site: its rows are served, and sites that do not go with it are out."""
    opened = np.zeros(node.n_sites)
    opened[at] = 1.0
    served = (node.cover @ opened) > 0
    paid = CoverNode(
        cover=node.cover,
        weight=node.weight,
        site=node.site,
        cost=node.cost,
        budget=node.budget - float(node.cost[at]),
        max_sites=node.max_sites - 1,
        base=node.base + float(node.weight[served].sum()),
        opened=(*node.opened, int(node.site[at])),
        conflict=node.conflict,
        # While the site is open, a cut that names it has one open already: what it says is in
        # the conflicts; one that it excuses says nothing any more.
        cuts=tuple(cut for cut in node.cuts if at not in cut.one_of and at not in cut.unless),
    )
    keep = ~node.conflict[at]
    keep[at] = False
    columns = np.flatnonzero(keep)
    return _take(paid, columns, ~served, node.conflict[np.ix_(columns, columns)])


def close_site(node: CoverNode, at: int) -> CoverNode:
    """Close a site."""
    keep = np.ones(node.n_sites, dtype=bool)
    keep[at] = False
    return keep_sites(node, keep)


def _take(node: CoverNode, columns: Ints, is_kept_row: Bools, conflict: Bools) -> CoverNode:
    """Take some columns and rows, drop empty rows, merge equal ones."""
    kept_rows = np.flatnonzero(is_kept_row)
    cover = sp.csr_array(node.cover[kept_rows][:, columns])
    cover.sort_indices()
    used = np.diff(cover.indptr) > 0
    cover, kept_rows = sp.csr_array(cover[used]), kept_rows[used]
    first, group = group_equal_rows(cover.indptr.astype(np.int64), cover.indices.astype(np.int64))
    row_of = np.full(len(node.weight), -1, dtype=np.int64)
    row_of[kept_rows] = group
    place_of = np.full(node.n_sites, -1, dtype=np.int64)
    place_of[columns] = np.arange(len(columns))
    return CoverNode(
        cover=sp.csr_array(cover[first]),
        weight=np.bincount(group, node.weight[kept_rows], len(first)).astype(np.float64),
        site=node.site[columns],
        cost=node.cost[columns],
        budget=node.budget,
        max_sites=min(node.max_sites, len(columns)),
        base=node.base,
        opened=node.opened,
        conflict=conflict if conflict.size else np.zeros((len(columns), len(columns)), dtype=bool),
        cuts=_renumber(node.cuts, row_of, place_of),
    )


def _renumber(cuts: tuple[Cut, ...], row_of: Ints, place_of: Ints) -> tuple[Cut, ...]:
    """Write cuts in the new numbers, without those that say nothing any more."""
    kept: dict[Cut, None] = {}
    for cut in cuts:
        row = int(row_of[cut.row]) if cut.row >= 0 else -1
        one_of = tuple(int(place_of[at]) for at in cut.one_of if place_of[at] >= 0)
        unless = tuple(int(place_of[at]) for at in cut.unless if place_of[at] >= 0)
        if len(one_of) + (row >= 0) > 1:
            kept[Cut(row, one_of, unless)] = None
    return tuple(kept)
