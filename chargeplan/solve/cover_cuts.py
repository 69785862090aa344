"""Rows that a fractional solution breaks and no plan worth looking for does.

Where two sites exclude each other (`chargeplan.solve.cover_probe`), so do, by cliques, many; and
where every site of a row is excluded by one that is open, the row is not covered.
"""

from __future__ import annotations

import numpy as np

from chargeplan.records import Bools, Floats, Ints
from chargeplan.solve.cover_lp import Relaxed
from chargeplan.solve.cover_node import CoverNode, Cut

_OPEN = 1e-6
_LEAST_BREACH = 0.02
_CUTS_AT_ONCE = 400


def find_cuts(node: CoverNode, relaxed: Relaxed, alive: Bools) -> list[Cut]:
    """Find cuts of a node that its relaxed solution breaks, the worst first."""
    known = set(node.cuts)
    opened = np.where(alive, relaxed.opened, 0.0)
    found = [cut for cut in find_cliques(node.conflict, opened) if cut not in known]
    for cut in _find_row_cuts(node, opened, relaxed.covered):
        if cut not in known:
            known.add(cut)
            found.append(cut)
    return found


def find_cliques(conflict: Bools, opened: Floats) -> list[Cut]:
    """Find sets of sites that exclude each other and are open more than once in all."""
    support = np.flatnonzero(opened > _OPEN)
    found: dict[Cut, None] = {}
    for start in support[np.argsort(-opened[support], kind="stable")]:
        members = [int(start)]
        fits = conflict[start] & (opened > _OPEN)
        while fits.any():
            choices = np.flatnonzero(fits)
            best = int(choices[np.argmax(opened[choices])])
            members.append(best)
            fits &= conflict[best]
        if opened[members].sum() > 1.0 + _LEAST_BREACH:
            found[Cut(-1, tuple(sorted(members)), ())] = None
    return list(found)


def _find_row_cuts(node: CoverNode, opened: Floats, covered: Floats) -> list[Cut]:
    """Find rows that are covered although sites that shut all theirs are open."""
    support = np.flatnonzero(opened > _OPEN)
    goes_with = ~node.conflict[:, support]
    excused = np.asarray(node.cover @ (opened[:, None] * goes_with))
    breach = covered[:, None] + opened[support][None, :] - 1.0 - excused
    breach[np.asarray(node.cover[:, support].todense()) > 0] = 0.0
    row, at = np.nonzero(breach > _LEAST_BREACH)
    worst = np.argsort(-breach[row, at], kind="stable")[:_CUTS_AT_ONCE]
    cuts = [_grow(node, opened, int(row[each]), int(support[at[each]])) for each in worst]
    return list(dict.fromkeys(cuts))


def _grow(node: CoverNode, opened: Floats, row: int, site: int) -> Cut:
    """Add further sites to a cut as long as that makes the breach larger."""
    of_row: Ints = node.cover.indices[node.cover.indptr[row] : node.cover.indptr[row + 1]]
    conflict, worth = node.conflict, opened[of_row]
    members, excused = [site], ~conflict[site, of_row]
    fits = conflict[site] & (opened > _OPEN)
    fits[of_row] = False
    while fits.any():
        choices = np.flatnonzero(fits)
        newly = ~conflict[np.ix_(choices, of_row)] & ~excused[None, :]
        gain = opened[choices] - newly @ worth
        best = int(np.argmax(gain))
        if gain[best] <= _OPEN:
            break
        members.append(int(choices[best]))
        excused |= ~conflict[choices[best], of_row]
        fits &= conflict[choices[best]]
    return Cut(row, tuple(sorted(members)), tuple(of_row[excused].tolist()))
