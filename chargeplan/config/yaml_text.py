"""YAML text to a tree with places, refusing whatever could mean something else than it shows.

ruamel.yaml's pure parser gives the events of YAML 1.2; the tree is built here without
recursion, so that depth, repeated keys, anchors, aliases, tags and further documents are seen
before anything is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
)

from chargeplan.config.scalars import ScalarError, find_forbidden_character, resolve_plain
from chargeplan.config.tree import (
    BrokenNode,
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

MAX_DEPTH = 20
MAX_VALUES = 12_000
_MAX_FAULTS = 100
_LONGEST_KEY = 100

# The parser's words for the commonest slips, and what to do about each.
_ADVICE = {
    "found character '\\t' that cannot start any token": "indent with spaces, not with a tab",
    "mapping values are not allowed here": 'put quotes around a text that holds ": "; else check the indent',
    "could not find expected ':'": "a key needs a colon and a space after it; is the file cut off?",
    "while scanning a quoted scalar": "close the quotes; is the file cut off?",
    "while parsing a flow": "close the bracket or add the comma; is the file cut off?",
    "while parsing a block": "give all keys of a section the same indent",
    "cannot start any token": "put quotes around the text",
}


@dataclass(slots=True)
class _Frame:
    """A section or list whose end has not been read yet."""

    node: Node
    path: KeyPath
    key: str | None = None
    key_mark: Mark | None = None
    key_is_broken: bool = False


class _EnoughReadError(Exception):
    """Enough is known: the rest of the text is not read."""


def read_yaml(text: str, label: str, *, source_pos: int = 0) -> tuple[Node | None, list[Fault]]:
    """Read one YAML document.

    Parameters
    ----------
    text : str
        The whole text.
    label : str
        Name of the source in messages. For ``source_pos`` above 0 (a ``--set``) lines and
        columns are left out.
    source_pos : int
        0 for the file, else the number of the ``--set``.

    Returns
    -------
    node : Node or None
        The tree; None when the text is empty or could not be read to its end.
    faults : list of Fault
        In reading order.
    """
    builder = _TreeBuilder(label, source_pos)
    hidden = find_forbidden_character(text)
    if hidden is not None:
        position, name = hidden
        line, column = text.count("\n", 0, position), position - text.rfind("\n", 0, position) - 1
        builder.add_fault(
            builder.make_mark(line, column), (), f"got the character {name}; type ordinary text instead"
        )
        return None, builder.faults
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except _EnoughReadError:
        return None, builder.faults
    except MarkedYAMLError as error:
        builder.add_syntax_fault(error)
        return None, builder.faults
    except (YAMLError, ValueError, LookupError, AttributeError, AssertionError, RecursionError) as error:
        # ruamel.yaml lets a few of its own slips through on damaged text.
        builder.add_fault(builder.make_mark(0, 0), (), f"cannot be read as YAML ({type(error).__name__})")
        return None, builder.faults
    return builder.root, builder.faults


@dataclass(slots=True)
class _TreeBuilder:
    """Makes the tree of one document out of the parser's events."""

    label: str
    source_pos: int
    root: Node | None = None
    faults: list[Fault] = field(default_factory=list)
    _stack: list[_Frame] = field(default_factory=list)
    _document_count: int = 0
    _value_count: int = 0

    def make_mark(self, line: int, column: int) -> Mark:
        """Make a mark from a line and column that count from 0."""
        if self.source_pos:
            return Mark(self.source_pos, 0, 0, self.label)
        return Mark(0, line + 1, column + 1, self.label)

    def add_fault(self, mark: Mark, path: KeyPath, text: str) -> None:
        """Remember a fault; stop reading when there are too many."""
        self.faults.append(Fault(mark, format_path(path), text))
        if len(self.faults) >= _MAX_FAULTS:
            raise _EnoughReadError

    def add_syntax_fault(self, error: MarkedYAMLError) -> None:
        """Remember where the parser gave up and what is usually wrong there."""
        where = error.problem_mark or error.context_mark
        mark = self.make_mark(where.line, where.column) if where is not None else self.make_mark(0, 0)
        words = f"{error.context or ''} {error.problem or ''}".strip()
        advice = next((advice for sign, advice in _ADVICE.items() if sign in words), "correct it there")
        began = error.context_mark
        since = (
            f" (begun on line {began.line + 1})"
            if began is not None and where is not None and began.line != where.line and not self.source_pos
            else ""
        )
        self.faults.append(Fault(mark, "", f"not YAML: {error.problem or words}{since}; {advice}"))

    def take(self, event: Any) -> None:
        """Add one event of the parser to the tree."""
        self._value_count += 1
        if self._value_count > MAX_VALUES:
            self.add_fault(
                self._mark_of(event),
                (),
                f"more than {MAX_VALUES:,} keys and values; is this a study's config?",
            )
            raise _EnoughReadError
        if isinstance(event, DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, AliasEvent):
            mark = self._mark_of(event)
            self.add_fault(
                mark, self._find_path(), f"got the alias *{event.anchor}; write the value out in full"
            )
            self._attach(BrokenNode(mark))
        elif isinstance(event, ScalarEvent):
            self._refuse_decoration(event)
            self._attach(self._read_scalar(event))
        elif isinstance(event, CollectionStartEvent):
            self._refuse_decoration(event)
            self._open(event)
        elif isinstance(event, CollectionEndEvent):
            self._close()

    def _start_document(self, event: DocumentStartEvent) -> None:
        self._document_count += 1
        mark = self._mark_of(event)
        if self._document_count > 1:
            self.add_fault(mark, (), 'got a second document; keep one and remove the line "---"')
            raise _EnoughReadError
        if event.version is not None and tuple(event.version) != (1, 2):
            version = ".".join(str(part) for part in event.version)
            self.add_fault(
                self.make_mark(0, 0), (), f"got %YAML {version}; this is read as 1.2: remove the line"
            )
        if event.tags:
            self.add_fault(self.make_mark(0, 0), (), "got a %TAG line; tags are not used here: remove it")

    def _refuse_decoration(self, event: Any) -> None:
        """Refuse anchors and tags, which make a text mean more than it shows."""
        if event.anchor is not None:
            self.add_fault(
                self._mark_of(event), self._find_path(), f"got the anchor &{event.anchor}; remove it"
            )
        if event.ctag is not None:
            self.add_fault(
                self._mark_of(event),
                self._find_path(),
                f"got the tag {event.ctag}; write the value without it",
            )

    def _read_scalar(self, event: ScalarEvent) -> Node:
        mark = self._mark_of(event)
        text = str(event.value)
        hidden = find_forbidden_character(text)
        if hidden is not None:
            self.add_fault(mark, self._find_path(), f"got the character {hidden[1]}; type ordinary text")
            return BrokenNode(mark)
        if event.style is not None or self._expects_key():
            return ScalarNode(mark, text, text)
        try:
            return ScalarNode(mark, resolve_plain(text), text)
        except ScalarError as error:
            self.add_fault(mark, self._find_path(), str(error))
            return BrokenNode(mark)

    def _open(self, event: CollectionStartEvent) -> None:
        mark = self._mark_of(event)
        path = self._find_path()
        if len(self._stack) >= MAX_DEPTH:
            self.add_fault(
                mark, path[:1], f"nested deeper than {MAX_DEPTH} levels; no setting goes that deep"
            )
            raise _EnoughReadError
        node = MapNode(mark) if isinstance(event, MappingStartEvent) else ListNode(mark)
        self._stack.append(_Frame(node, path))

    def _close(self) -> None:
        frame = self._stack.pop()
        self._attach(frame.node)

    def _attach(self, node: Node) -> None:
        """Put a finished value where it belongs: the root, a list, a key or a key's value."""
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        if isinstance(frame.node, ListNode):
            frame.node.items.append(node)
        elif isinstance(frame.node, MapNode):
            if frame.key is None:
                self._start_key(frame, node)
            else:
                self._finish_key(frame, frame.node, node)

    def _start_key(self, frame: _Frame, node: Node) -> None:
        frame.key_mark = node.mark
        frame.key = node.raw if isinstance(node, ScalarNode) else ""
        frame.key_is_broken = True
        if isinstance(node, BrokenNode):
            return
        if not isinstance(node, ScalarNode):
            self.add_fault(
                node.mark, frame.path, f"got {describe_value(node)} as a key; a key must be a plain word"
            )
        elif node.raw == "<<":
            self.add_fault(node.mark, frame.path, "got the merge key <<; write the keys out in full")
        elif not node.raw or len(node.raw) > _LONGEST_KEY:
            shown = f"a key of {len(node.raw)} characters" if node.raw else "an empty key"
            self.add_fault(node.mark, frame.path, f"got {shown}; a key must be a plain word")
        else:
            frame.key_is_broken = False

    def _finish_key(self, frame: _Frame, section: MapNode, value: Node) -> None:
        key, mark = frame.key or "", frame.key_mark or value.mark
        frame.key = None
        if frame.key_is_broken:
            return
        if key in section.entries:
            first = section.entries[key].mark
            where = f"on line {first.line}" if first.line else "before"
            self.add_fault(mark, (*frame.path, key), f"given twice, first {where}; keep one of the two")
            return
        value.mark = mark
        section.entries[key] = value

    def _expects_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].node, MapNode) and self._stack[-1].key is None

    def _find_path(self) -> KeyPath:
        """Find the path of the value that comes next."""
        if not self._stack:
            return ()
        frame = self._stack[-1]
        if isinstance(frame.node, ListNode):
            return (*frame.path, len(frame.node.items))
        return frame.path if frame.key is None or frame.key_is_broken else (*frame.path, frame.key)

    def _mark_of(self, event: Any) -> Mark:
        return self.make_mark(event.start_mark.line, event.start_mark.column)
