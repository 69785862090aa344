"""Carry out a query on a store and write the answer as Overpass 0.7.62 does."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from osm_server.ql import Item, Out, Query, Recurse, Select, TagFilter, Union
from osm_server.store import KINDS, OsmStore

GENERATOR = "Overpass API 0.7.62.7 375dc00a"
COPYRIGHT = (
    "The data included in this document is from www.openstreetmap.org. The data is made available under ODbL."
)
Rows = dict[str, np.ndarray]  # kind -> sorted rows
_META = ("timestamp", "version", "changeset", "user", "uid")
_HIDDEN = {
    "ids": {*_META, "lat", "lon", "nodes", "members", "tags"},
    "skel": {*_META, "tags"},
    "body": set(_META),
    "tags": {*_META, "lat", "lon", "nodes", "members"},
    "meta": set[str](),
}


def find_elements(store: OsmStore, query: Query) -> list[dict[str, Any]]:
    """What the out statements of a query print, in their order; elements as in Overpass's JSON."""
    sets: dict[str, Rows] = {"_": _make_empty()}
    printed: list[dict[str, Any]] = []
    for statement in query.statements:
        if isinstance(statement, Out):
            printed += _print_set(store, sets.get(statement.source, _make_empty()), statement.verbosity)
        else:
            _run(store, statement, sets)
    return printed


def write_answer(elements: list[dict[str, Any]], *, osm_timestamp: str, remark: str = "") -> bytes:
    """Write the JSON text of an answer."""
    head = {"timestamp_osm_base": osm_timestamp, "copyright": COPYRIGHT}
    # NaN is let through on purpose: the faults write it.
    body = ",\n".join(_write_element(element) for element in elements)
    text = (
        f'{{\n  "version": 0.6,\n  "generator": {json.dumps(GENERATOR)},\n'
        f'  "osm3s": {json.dumps(head)},\n  "elements": [\n\n{body}\n\n  ]'
    )
    if remark:
        text += f',\n"remark": {json.dumps(remark)}'
    return (text + "\n}\n").encode()


def write_error_page(message: str) -> bytes:
    """The page with which Overpass refuses a query or says that it is too busy."""
    escaped = message.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en">\n'
        '<head>\n  <meta http-equiv="content-type" content="text/html; charset=utf-8" lang="en"/>\n'
        f"  <title>OSM3S Response</title>\n</head>\n<body>\n\n<p>{COPYRIGHT}</p>\n"
        f'<p><strong style="color:#FF0000">Error</strong>: {escaped} </p>\n\n</body>\n</html>\n'
    ).encode()


def _write_element(element: dict[str, Any]) -> str:
    return json.dumps(element, ensure_ascii=False)


def _make_empty() -> Rows:
    return {kind: np.zeros(0, np.int64) for kind in KINDS}


def _run(store: OsmStore, statement: Any, sets: dict[str, Rows]) -> Rows:
    """Carry out one statement; as in Overpass its result goes to its target set alone."""
    if isinstance(statement, Union):
        found = _make_empty()
        for part in statement.parts:
            found = _join(found, _run(store, part, sets))
    elif isinstance(statement, Select):
        found = _select(store, statement, sets)
    elif isinstance(statement, Recurse):
        found = _find_below(store, sets.get(statement.source, _make_empty()))
    elif isinstance(statement, Item):
        found = sets.get(statement.source, _make_empty())
    else:
        raise TypeError(type(statement))
    sets[statement.target] = found
    return found


def _join(left: Rows, right: Rows) -> Rows:
    return {kind: np.union1d(left[kind], right[kind]) for kind in KINDS}


def _select(store: OsmStore, select: Select, sets: dict[str, Rows]) -> Rows:
    found = _make_empty()
    for kind in select.kinds:
        table = store.tables[kind]
        rows: np.ndarray | None = None
        if select.ids is not None:
            rows = table.find_rows(select.ids)
        for name in select.inputs:
            rows = _narrow(rows, sets.get(name, _make_empty())[kind])
        for tag_filter in select.tag_filters:
            if tag_filter.operator in {"has", "=", "~"}:
                rows = _narrow(rows, table.rows_of_key.get(tag_filter.key, np.zeros(0, np.int64)))
        if select.area is not None:
            rows = _narrow(rows, store.find_rows_in(kind, select.area))
        if rows is None:
            rows = np.arange(table.ids.size)
        matching = [
            row for row in rows.tolist() if all(_matches(table.tags[row], one) for one in select.tag_filters)
        ]
        found[kind] = np.array(matching, np.int64)
    return found


def _narrow(rows: np.ndarray | None, others: np.ndarray) -> np.ndarray:
    return others if rows is None else np.intersect1d(rows, others)


def _matches(tags: dict[str, str], wanted: TagFilter) -> bool:
    value = tags.get(wanted.key)
    match wanted.operator:
        case "has":
            return value is not None
        case "lacks":
            return value is None
        case "=":
            return value == wanted.value
        case "!=":
            return value != wanted.value
    assert wanted.pattern is not None
    is_found = value is not None and wanted.pattern.search(value) is not None
    return is_found if wanted.operator == "~" else not is_found


def _find_below(store: OsmStore, rows: Rows) -> Rows:
    """``>``: members of relations that are nodes or ways, and the nodes of all these ways."""
    relations, ways = store.tables["relation"], store.tables["way"]
    members = [member for row in rows["relation"] for member in relations.refs[row]]
    member_ways = ways.find_rows(ref for kind, ref, _ in members if kind == "way")
    all_ways = np.union1d(rows["way"], member_ways)
    node_ids = {ref for row in all_ways for ref in ways.refs[row]}
    node_ids |= {ref for kind, ref, _ in members if kind == "node"}
    return {
        "node": store.tables["node"].find_rows(node_ids),
        "way": member_ways,
        "relation": np.zeros(0, np.int64),
    }


def _print_set(store: OsmStore, rows: Rows, verbosity: str) -> list[dict[str, Any]]:
    if verbosity == "count":
        counts = {f"{kind}s": rows[kind].size for kind in KINDS}
        tags = {name: str(n) for name, n in (counts | {"total": sum(counts.values())}).items()}
        return [{"type": "count", "id": 0, "tags": tags}]
    hidden = _HIDDEN[verbosity]
    elements = (store.get_element(kind, row) for kind in KINDS for row in rows[kind].tolist())
    return [{key: value for key, value in one.items() if key not in hidden} for one in elements]
