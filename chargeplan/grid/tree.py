"""The tree that ids and parents of assets describe, or what is wrong with it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.grid_assets import find_cycles
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from collections.abc import Collection

    from chargeplan.errors import FaultCollector
    from chargeplan.records import Ints
    from chargeplan.rows import Rows

# Looking for a similar id in longer lists takes seconds.
_MOST_IDS_COMPARED = 2_000
_MOST_TOLD = 3


def find_parents(ids: list[str], parents: list[str], where: str, rows: Rows, faults: FaultCollector) -> Ints:
    """Find the row of each asset's parent, -1 for those without one; what is no tree is a fault.

    Parameters
    ----------
    ids, parents : list of str
        One of each for every asset; an empty parent makes a root.
    where : str
        Key and file, for messages.
    rows : Rows
        What the rows are called.
    faults : FaultCollector
    """
    first: dict[str, int] = {}
    for row, asset_id in enumerate(ids):
        first.setdefault(asset_id, row)
    _check_ids(ids, first, where, rows, faults)
    parent_pos = np.array([first.get(parent, -1) if parent else -1 for parent in parents], dtype=np.int64)
    unknown: dict[str, list[int]] = {}
    for row, parent in enumerate(parents):
        if parent and parent not in first:
            unknown.setdefault(parent, []).append(row)
    for parent, at in list(unknown.items())[:_MOST_TOLD]:
        faults.add(
            f"{where}: parent {parent!r} in {rows.name(at)} is the id of no asset{_suggest_id(parent, first)}; "
            f"correct it, add that asset, or empty the parent when nothing is above"
        )
    if len(unknown) > _MOST_TOLD:
        rest = list(unknown)[_MOST_TOLD:]
        faults.add(
            f"{where}: {count_things(len(rest), 'further parent is', 'further parents are')} the id of no asset: "
            f"{name_rows(map(repr, rest))}; correct them too"
        )
    _check_cycles(parent_pos, ids, where, rows, faults)
    return parent_pos


def _check_ids(ids: list[str], first: dict[str, int], where: str, rows: Rows, faults: FaultCollector) -> None:
    empty = np.flatnonzero([not asset_id for asset_id in ids])
    if empty.size:
        faults.add(f"{where}: no id in {rows.name(empty)}; give every asset its own id")
    repeated: dict[str, list[int]] = {}
    for row, asset_id in enumerate(ids):
        if asset_id and first[asset_id] != row:
            repeated.setdefault(asset_id, [first[asset_id]]).append(row)
    if repeated:
        at = sorted(row for same in repeated.values() for row in same)
        faults.add(
            f"{where}: the same id ({name_rows(map(repr, repeated))}) in {rows.name(at)}; give every asset its own id"
        )


def _check_cycles(parent_pos: Ints, ids: list[str], where: str, rows: Rows, faults: FaultCollector) -> None:
    cycles = find_cycles(parent_pos)
    own = [int(cycle[0]) for cycle in cycles if len(cycle) == 1]
    if own:
        faults.add(
            f"{where}: the asset is its own parent in {rows.name(own)}; name the asset above, or empty the parent "
            f"when nothing is above"
        )
    circles = [cycle for cycle in cycles if len(cycle) > 1]
    for cycle in circles[:_MOST_TOLD]:
        names = [repr(ids[row]) for row in cycle[:5]]
        told = " below ".join([*names, *(["..."] if len(cycle) > 5 else []), names[0]])
        faults.add(
            f"{where}: the parents go round in a circle in {rows.name(cycle)}: {told}; expected a tree: correct "
            f"them, and empty the parent of the topmost"
        )
    if len(circles) > _MOST_TOLD:
        at = [int(cycle[0]) for cycle in circles[_MOST_TOLD:]]
        faults.add(
            f"{where}: {count_things(len(at), 'further circle')} of parents, through {rows.name(at)}; correct them too"
        )


def _suggest_id(parent: str, ids: Collection[str]) -> str:
    """Say which id may be meant: 12 by 12.0, else one that looks alike."""
    whole = parent.removesuffix(".0")
    if whole in ids:
        return f" (did you mean {whole!r}?)"
    if len(ids) > _MOST_IDS_COMPARED:
        return ""
    folded = {asset_id.casefold(): asset_id for asset_id in ids}
    near = get_close_matches(parent.casefold(), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[near[0]]!r}?)" if near else ""
