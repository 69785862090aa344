"""Read the subset of Overpass QL that the downloader and osmnx write; anything else is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import shapely


class QueryError(Exception):
    """The query is not understood; the server answers it with status 400, as Overpass does."""


@dataclass(frozen=True, slots=True)
class TagFilter:
    """``[key operator value]``; the operator is one of ``has``, ``lacks``, ``=``, ``!=``, ``~``, ``!~``."""

    key: str
    operator: str
    value: str = ""
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """``way["k"](box)->.target``."""

    kinds: tuple[str, ...]
    tag_filters: tuple[TagFilter, ...]
    area: shapely.Geometry | None
    ids: tuple[int, ...] | None
    inputs: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Item:
    """``.name`` as a statement."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Recurse:
    """``>``: the nodes and ways below."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Union:
    """``( ... )``."""

    parts: tuple[Any, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Out:
    """``.source out verbosity``."""

    source: str
    verbosity: str


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: its settings (texts by name) and its statements."""

    settings: dict[str, str]
    statements: tuple[Any, ...]


_KINDS = {
    "node": ("node",),
    "way": ("way",),
    "rel": ("relation",),
    "relation": ("relation",),
    "nw": ("node", "way"),
    "nr": ("node", "relation"),
    "wr": ("way", "relation"),
    "nwr": ("node", "way", "relation"),
}
_VERBOSITIES = {"ids", "skel", "body", "tags", "meta", "count"}
_ORDERS = {"asc", "qt"}
_TOKEN = re.compile(
    r"""\s*(?: (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
      | (?P<sign>->|!=|!~|[\[\](){};:,.=~!<>-]) )""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t"}


def parse_query(text: str) -> Query:
    """Parse a query.

    Raises
    ------
    QueryError
        With the line, as Overpass words it.
    """
    parser = _Parser(_split_tokens(text))
    settings = parser.read_settings()
    statements = []
    while not parser.is_at_end():
        statement = parser.read_statement(inside_union=False)
        if statement is not None:
            statements.append(statement)
    if not statements:
        raise QueryError("line 1: parse error: An empty query is not allowed")
    return Query(settings, tuple(statements))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def _split_tokens(text: str) -> list[_Token]:
    # Comments keep their line ends, so that lines in messages are right; none stand inside strings here.
    text = (
        _COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)
        if "/*" in text or "\n//" in text
        else text
    )
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        line = text.count("\n", 0, at) + 1
        if found is None:
            raise QueryError(f"line {line}: parse error: Unexpected sign {text[at:].lstrip()[:1]!r}")
        at = found.end()
        kind = found.lastgroup or ""
        tokens.append(_Token(kind, found.group(kind), line))
    return tokens


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found.group(1), found.group(1)), text[1:-1])


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def is_at_end(self) -> bool:
        return self._at == len(self._tokens)

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at].text if at < len(self._tokens) else ""

    def _next(self) -> _Token:
        if self.is_at_end():
            raise QueryError(f"line {self._line()}: parse error: Unexpected end of input.")
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _line(self) -> int:
        if not self._tokens:
            return 1
        return self._tokens[min(self._at, len(self._tokens) - 1)].line

    def _fail(self, message: str) -> QueryError:
        return QueryError(f"line {self._line()}: {message}")

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            found = self._peek()
            if not found:
                raise self._fail("parse error: Unexpected end of input.")
            raise self._fail(f"parse error: '{sign}' expected - '{found}' found.")
        self._at += 1

    def _read_word(self, what: str) -> str:
        token = self._next()
        if token.kind == "text":
            return _unquote(token.text)
        if token.kind not in {"word", "number"}:
            self._at -= 1
            raise self._fail(f"parse error: {what} expected - '{token.text}' found.")
        return token.text

    def read_settings(self) -> dict[str, str]:
        settings: dict[str, str] = {}
        while self._peek() == "[":
            self._at += 1
            name = self._read_word("Name of a setting")
            self._expect(":")
            settings[name] = self._read_word("Value of a setting")
            self._expect("]")
            if name not in {"out", "timeout", "maxsize"}:
                raise self._fail(f'parse error: Unknown setting "{name}"')
            if name != "out" and not settings[name].isdigit():
                raise self._fail(f'static error: For the setting "{name}" a positive integer is expected')
        if settings:
            self._expect(";")
        if settings.get("out") != "json":
            raise self._fail("static error: this server writes [out:json] alone")
        return settings

    def read_statement(self, *, inside_union: bool) -> Any:
        """One statement with its semicolon; None for a lone semicolon."""
        sign = self._peek()
        if sign == ";":
            self._at += 1
            return None
        if sign == "(":
            statement = self._read_union()
        elif sign == ">":
            self._at += 1
            statement = Recurse("_", self._read_target())
        elif sign == ".":
            statement = self._read_from_set(inside_union=inside_union)
        elif sign == "out":
            if inside_union:
                raise self._fail('static error: Element "print" cannot be subelement of element "union".')
            statement = self._read_out("_")
        else:
            statement = self._read_select()
        self._expect(";")
        return statement

    def _read_target(self) -> str:
        if self._peek() != "->":
            return "_"
        self._at += 1
        self._expect(".")
        return self._read_word("Name of a set")

    def _read_union(self) -> Union:
        self._expect("(")
        parts = []
        while self._peek() != ")":
            if self._peek() == "-":
                raise self._fail("parse error: this server has no difference of sets")
            part = self.read_statement(inside_union=True)
            if part is not None:
                parts.append(part)
        self._expect(")")
        return Union(tuple(parts), self._read_target())

    def _read_from_set(self, *, inside_union: bool) -> Any:
        self._expect(".")
        source = self._read_word("Name of a set")
        if self._peek() == ">":
            self._at += 1
            return Recurse(source, self._read_target())
        if self._peek() == "out":
            if inside_union:
                raise self._fail('static error: Element "print" cannot be subelement of element "union".')
            return self._read_out(source)
        return Item(source, self._read_target())

    def _read_out(self, source: str) -> Out:
        self._expect("out")
        verbosity, words = "body", []
        while self._peek() not in {";", ""}:
            word = self._read_word("Detail of out")
            words.append(word)
            if word in _VERBOSITIES:
                verbosity = word
            elif word not in _ORDERS:
                raise self._fail(f'parse error: ";" expected - "{word}" found.')
        return Out(source, verbosity)

    def _read_select(self) -> Select:
        token = self._next()
        if token.text not in _KINDS:
            self._at -= 1
            raise self._fail(f'parse error: Unknown type "{token.text}"')
        tag_filters: list[TagFilter] = []
        area: shapely.Geometry | None = None
        ids: tuple[int, ...] | None = None
        inputs: list[str] = []
        while self._peek() in {"[", "(", "."}:
            if self._peek() == "[":
                tag_filters.append(self._read_tag_filter())
            elif self._peek() == ".":
                self._at += 1
                inputs.append(self._read_word("Name of a set"))
            else:
                found = self._read_round_filter()
                if isinstance(found, tuple):
                    ids = found
                elif area is None:
                    area = found
                else:
                    raise self._fail("static error: this server takes one place for a query statement")
        if not tag_filters and area is None and ids is None and not inputs:
            raise self._fail("parse error: a query statement needs a filter")
        return Select(_KINDS[token.text], tuple(tag_filters), area, ids, tuple(inputs), self._read_target())

    def _read_tag_filter(self) -> TagFilter:
        self._expect("[")
        if self._peek() == "!":
            self._at += 1
            found = TagFilter(self._read_word("Key"), "lacks")
        else:
            key = self._read_word("Key")
            while self._peek() == ":":  # addr:city without quotes
                self._at += 1
                key += ":" + self._read_word("Key")
            operator = self._peek()
            if operator == "]":
                found = TagFilter(key, "has")
            elif operator in {"=", "!=", "~", "!~"}:
                self._at += 1
                found = self._make_filter(key, operator, self._read_word("Value"))
            else:
                raise self._fail(f"parse error: ']' expected - '{operator}' found.")
        self._expect("]")
        return found

    def _make_filter(self, key: str, operator: str, value: str) -> TagFilter:
        flags = 0
        if self._peek() == ",":
            self._at += 1
            self._expect("i")
            flags = re.IGNORECASE
        if operator not in {"~", "!~"}:
            return TagFilter(key, operator, value)
        try:
            return TagFilter(key, operator, value, re.compile(value, flags))
        except re.error as error:
            raise self._fail(f'static error: Invalid regular expression: "{value}"') from error

    def _read_round_filter(self) -> shapely.Geometry | tuple[int, ...]:
        """A box, a polygon or ids."""
        self._expect("(")
        if self._peek() in {"poly", "id"}:
            name = self._next().text
            self._expect(":")
            if name == "poly":
                found: Any = self._read_polygon(self._read_word("Polygon"))
                self._expect(")")
                return found
        numbers = [self._read_number()]
        while self._peek() == ",":
            self._at += 1
            numbers.append(self._read_number())
        self._expect(")")
        if len(numbers) == 4 and any("." in number for number in numbers):
            return self._make_box([float(number) for number in numbers])
        if all(re.fullmatch(r"\d+", number) for number in numbers):
            if len(numbers) == 4:  # whole degrees are a box as well
                return self._make_box([float(number) for number in numbers])
            return tuple(int(number) for number in numbers)
        raise self._fail("parse error: a box (south,west,north,east) or ids are expected")

    def _read_number(self) -> str:
        token = self._next()
        if token.kind != "number":
            self._at -= 1
            raise self._fail(f"parse error: number expected - '{token.text}' found.")
        return token.text

    def _make_box(self, numbers: list[float]) -> shapely.Geometry:
        south, west, north, east = numbers
        if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
            raise self._fail(
                'static error: For the element "bbox-query" latitudes must be between -90.0 and 90.0 with '
                "south not above north, longitudes between -180.0 and 180.0"
            )
        if west > east:
            raise self._fail("static error: this server has no box across the date line")
        return shapely.box(west, south, east, north)

    def _read_polygon(self, text: str) -> shapely.Geometry:
        try:
            numbers = [float(word) for word in text.split()]
        except ValueError:
            numbers = []
        if len(numbers) < 6 or len(numbers) % 2:
            raise self._fail(
                'static error: For the element "polygon-query" at least 3 lat/lon pairs are needed'
            )
        return shapely.make_valid(shapely.Polygon(list(zip(numbers[1::2], numbers[0::2], strict=True))))
