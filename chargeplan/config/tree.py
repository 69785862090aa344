"""What a YAML text says, with the line and column of every key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chargeplan.text import escape_invisible

Scalar = str | int | float | bool | None
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Where something was written; sorts in reading order.

    Parameters
    ----------
    source_pos : int
        0 for the file, 1, 2, ... for each ``--set``.
    line, column : int
        Counted from 1; both 0 in a ``--set``, which is shown whole.
    label : str
        File as the user named it, or the text of the ``--set``.
    """

    source_pos: int
    line: int
    column: int
    label: str

    def __str__(self) -> str:
        return f"{self.label}:{self.line}:{self.column}" if self.line else self.label


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong, shown as ``file.yaml:12:3: model.budget_pkr: ...``."""

    mark: Mark
    key: str
    text: str

    def __str__(self) -> str:
        parts = [str(self.mark), self.key, self.text] if self.key else [str(self.mark), self.text]
        return ": ".join(escape_invisible(part) for part in parts)


@dataclass(slots=True)
class Node:
    """A value with the place of its key (or of itself in a list)."""

    mark: Mark


@dataclass(slots=True)
class ScalarNode(Node):
    """A single value; `raw` is its text as written, without quotes."""

    value: Scalar = None
    raw: str = ""


@dataclass(slots=True)
class ListNode(Node):
    """A list of values."""

    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class MapNode(Node):
    """A section: keys with their values."""

    entries: dict[str, Node] = field(default_factory=dict)


@dataclass(slots=True)
class BrokenNode(Node):
    """A value that a fault has already been raised about; nothing more is said of it."""


def walk(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
    """Give every value below a node, itself included, with its path."""
    yield path, node
    if isinstance(node, MapNode):
        for key, child in node.entries.items():
            yield from walk(child, (*path, key))
    elif isinstance(node, ListNode):
        for index, child in enumerate(node.items):
            yield from walk(child, (*path, index))


def find_deepest(root: Node, path: KeyPath) -> tuple[Node, int]:
    """Follow a path as far as it goes; give the last value and the number of steps made."""
    node = root
    for steps, part in enumerate(path):
        if isinstance(node, MapNode) and isinstance(part, str) and part in node.entries:
            node = node.entries[part]
        elif isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        else:
            return node, steps
    return node, len(path)


def format_path(path: KeyPath) -> str:
    """Write a path the way messages show it.

    Examples
    --------
    >>> format_path(("sites", "files", 2, "status"))
    'sites.files[2].status'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def to_plain(node: Node) -> object:
    """Return the dicts, lists and scalars of a tree; a broken value becomes None."""
    if isinstance(node, MapNode):
        return {key: to_plain(child) for key, child in node.entries.items()}
    if isinstance(node, ListNode):
        return [to_plain(child) for child in node.items]
    return node.value if isinstance(node, ScalarNode) else None


def describe_value(node: Node) -> str:
    """Say what was given, short enough for a message.

    Examples
    --------
    >>> mark = Mark(0, 1, 1, "a.yaml")
    >>> describe_value(ScalarNode(mark, "12_000", "12_000"))
    'the text "12_000"'
    >>> describe_value(ScalarNode(mark, 20.0, "20.0"))
    '20.0'
    """
    if isinstance(node, MapNode):
        keys = ", ".join(list(node.entries)[:3])
        return f"a section ({keys}{', ...' if len(node.entries) > 3 else ''})" if keys else "an empty section"
    if isinstance(node, ListNode):
        return f"a list of {len(node.items)}" if node.items else "an empty list"
    if not isinstance(node, ScalarNode) or node.value is None:
        return "nothing"
    shown = node.raw if len(node.raw) <= 60 else node.raw[:57] + "..."
    return f'the text "{shown}"' if isinstance(node.value, str) else shown
