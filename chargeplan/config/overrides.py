"""``--set key=value``: a value that replaces, or is added to, what the file says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chargeplan.config.tree import (
    Fault,
    KeyPath,
    ListNode,
    MapNode,
    Mark,
    Node,
    ScalarNode,
    describe_value,
    format_path,
)
from chargeplan.config.yaml_text import MAX_DEPTH, read_yaml

_MAX_CHARACTERS = 10_000


def apply_overrides(root: MapNode, overrides: Sequence[str]) -> list[Fault]:
    """Apply ``key=value`` texts to a tree, in order; return what is wrong with them.

    A key is written as in messages (``demand.population.figures[0].people``) or with dots
    throughout (``demand.population.figures.0.people``). The value is YAML.
    """
    faults: list[Fault] = []
    seen: set[KeyPath] = set()
    for number, text in enumerate(overrides, start=1):
        label = f"--set {text if len(text) <= 120 else text[:117] + '...'}"
        mark = Mark(number, 0, 0, label)
        key, equals, value = text.partition("=")
        path = parse_path(key)
        if not equals or path is None or not value.strip() or len(text) > _MAX_CHARACTERS:
            advice = "expected KEY=VALUE, such as model.budget_pkr=50000000"
            faults.append(Fault(mark, "", f"{advice}; for no value write KEY=null"))
            continue
        if path in seen:
            faults.append(Fault(mark, format_path(path), "given twice on the command line; keep one"))
            continue
        seen.add(path)
        node, value_faults = read_yaml(value, label, source_pos=number)
        faults += value_faults
        if node is not None:
            faults += _put(root, path, node, mark)
    return faults


def parse_path(key: str) -> KeyPath | None:
    """Read a key such as ``sites.files[2].status`` or ``sites.files.2.status``; None when it is not one.

    Examples
    --------
    >>> parse_path("sites.files[2].status")
    ('sites', 'files', 2, 'status')
    >>> parse_path("a..b") is None
    True
    """
    dotted = re.sub(r"\[(\d{1,6})\]", r".\1", key.strip())
    parts = dotted.split(".")
    if not all(parts) or len(parts) > MAX_DEPTH:
        return None
    return tuple(int(part) if re.fullmatch(r"[0-9]{1,6}", part) else part for part in parts)


def _put(root: MapNode, path: KeyPath, value: Node, mark: Mark) -> list[Fault]:
    """Put a value at a path, making the sections on the way that are not there."""
    node: Node = root
    for steps, part in enumerate(path):
        here = path[:steps]
        child = value if steps == len(path) - 1 else None
        if isinstance(node, MapNode):
            node = _put_in_section(node, str(part), child, mark)
        elif isinstance(node, ListNode):
            if not isinstance(part, int) or part >= len(node.items):
                size = f"of {len(node.items)}, counted from 0"
                text = f'got "{part}" as a place in a list {size}; set the whole list to add to it'
                return [Fault(mark, format_path(here), text)]
            if child is not None:
                node.items[part] = child
            node = node.items[part]
        else:
            text = (
                f"the file has {describe_value(node)} here, which has no key {part}; set {format_path(here)}"
            )
            return [Fault(mark, format_path(here), text)]
    return []


def _put_in_section(section: MapNode, key: str, value: Node | None, mark: Mark) -> Node:
    """Put a value under a key, or step into the section under it, making it where there is none."""
    child = section.entries.get(key)
    if value is not None:
        value.mark = mark
        section.entries[key] = value
        return value
    if child is None or (isinstance(child, ScalarNode) and child.value is None):
        child = section.entries[key] = MapNode(mark)
    return child
