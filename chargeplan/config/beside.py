"""Settings with stand-ins for what is at fault, so that faults beside those are told in the same round."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from chargeplan.config.nearest import find_nearest
from chargeplan.config.schema import find_schema
from chargeplan.config.settings import Settings
from chargeplan.config.settings.clashes import Clash
from chargeplan.config.tree import MapNode, to_plain

_MOST_ROUNDS = 8
# What stands in for a key that must be there; nothing that reads it is told.
_STAND_INS: Mapping[tuple[str, ...], object] = {
    ("study",): {"name": "x", "title": "x", "year": 2030, "area": {"box": [73.0, 33.6, 73.1, 33.7]}},
    ("study", "name"): "x",
    ("study", "title"): "x",
    ("study", "year"): 2030,
    ("study", "area"): {"box": [73.0, 33.6, 73.1, 33.7]},
    ("network",): {"path": "x"},
    ("network", "path"): "x",
    ("demand",): {"population": {"source": "csv", "path": "x", "column": "x"}},
    ("demand", "population"): {"source": "csv", "path": "x", "column": "x"},
    ("model",): {"mode": "allocate", "max_sites": 1},
    ("model", "mode"): "allocate",
    ("model", "budget_pkr"): 1.0,
    ("model", "max_sites"): 1,
    ("model", "bands", "up_to_min"): 1.0,
    ("model", "bands", "quality"): 0.5,
    ("model", "chargers", "name"): "x",
    ("model", "chargers", "power_kw"): 60.0,
    ("model", "years", "year"): 2030,
    ("publish",): {"folder": "x"},
    ("publish", "folder"): "x",
}


def look_beside(
    root: MapNode, errors: Iterable[Mapping[str, Any]]
) -> tuple[Settings | None, list[Clash], set[str]]:
    """Read settings as if what is at fault were not there.

    Parameters
    ----------
    root : MapNode
        What was refused.
    errors : iterable of mapping
        As from ``ValidationError.errors()``.

    Returns
    -------
    settings : Settings or None
        None when no stand-ins make them valid.
    clashes : list of Clash
        Those that read nothing that is at fault.
    replaced : set of str
        Keys without numbers of list entries that were dropped or have stand-ins.
    """
    plain: Any = to_plain(root)
    replaced: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        # From the end of each list on, so that entries keep their numbers.
        for error in sorted(errors, key=_order, reverse=True):
            replaced |= _replace(plain, error["loc"], str(error["type"]), root)
        clashes: list[Clash] = []
        try:
            settings = Settings.model_validate_json(json.dumps(plain), context=clashes)
        except ValidationError as error:
            errors = list(error.errors(include_url=False))
            continue
        return settings, [clash for clash in clashes if not touches(clash.reads, replaced)], replaced
    return None, [], replaced


def touches(keys: Iterable[str], replaced: Iterable[str]) -> bool:
    """Tell whether a key lies in, or holds, one that was replaced.

    Examples
    --------
    >>> touches(["model.years.year"], ["model.years"]), touches(["model.years"], ["model.mode"])
    (True, False)
    """
    return any(
        f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}.")
        for key in keys
        for other in replaced
    )


def _order(error: Mapping[str, Any]) -> list[str]:
    return [f"{part:09d}" if isinstance(part, int) else str(part) for part in error["loc"]]


def _replace(plain: Any, loc: Sequence[str | int], kind: str, root: MapNode) -> set[str]:
    """Drop what an error is about, or put a stand-in there."""
    path, parents, node = list[str | int](), list[Any](), plain
    for at, part in enumerate(loc):
        is_there = _has(node, part)
        if not is_there and not (kind == "missing" and at == len(loc) - 1):
            continue  # the kind of a union, which is no key
        parents.append(node)
        path.append(part)
        node = node[part] if is_there else None
    found = {_name(path)}
    if kind == "extra_forbidden" and path:
        known = find_schema(tuple(path[:-1]), root).get("properties", {})
        meant = find_nearest(str(path[-1]), known)
        found |= {_name([*path[:-1], meant])} if meant else set()
    while path:
        parent, part = parents.pop(), path[-1]
        stand_in = _STAND_INS.get(tuple(each for each in path if isinstance(each, str)))
        if stand_in is not None and isinstance(part, str):
            parent[part] = json.loads(json.dumps(stand_in))
            return found | {_name(path)}
        if _has(parent, part):
            del parent[part]
            return found | {_name(path)}
        path.pop()  # what misses a key goes as a whole
    return found


def _has(node: Any, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)


def _name(path: Iterable[str | int]) -> str:
    return ".".join(part for part in path if isinstance(part, str))
