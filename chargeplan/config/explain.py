"""Pydantic's errors in a planner's words: where, what was given, what was expected, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from chargeplan.config.money import NUMBER_WORDS
from chargeplan.config.nearest import find_nearest
from chargeplan.config.schema import (
    choose,
    describe_expected,
    find_schema,
    follow,
    list_words,
    make_schema,
    read_source,
    step_into,
)
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
    find_deepest,
    format_path,
)

_LEADING_KEY = re.compile(r"([a-z_][a-z0-9_.]*)(:| must) ")
# Keys of earlier versions, and what replaces them.
_REPLACED = {
    ("demand", "places_share"): (
        "replaced by demand.layers, the weights of people, places, traffic and industry, and by how much each "
        "vehicle class charges overnight, at destinations and fast: demand.fleet.classes.<class>.overnight_share, "
        "destination_share, fast_share, depot_share"
    ),
    ("public_share",): "replaced by overnight_share, destination_share, fast_share and depot_share",
}
_BOOL_WORDS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_AMOUNT = re.compile(
    rf"(?:pkr|rs\.?)?(?P<digits>[-+]?\d+(?:\.\d+)?)(?:(?P<word>{'|'.join(NUMBER_WORDS)})s?)?(?:rupees|rs|pkr)?"
)


def explain_errors(errors: Iterable[Mapping[str, Any]], root: MapNode) -> list[Fault]:
    """Turn the errors of a validation into faults, one for each cause.

    Parameters
    ----------
    errors : iterable of mapping
        As from ``ValidationError.errors()``.
    root : MapNode
        What was validated.
    """
    faults: list[Fault] = []
    missing: dict[KeyPath, Fault] = {}
    meant: set[KeyPath] = set()  # keys that a misspelt one asks for; they are not missing as well
    for error in errors:
        path, is_key = _find_document_path(error["loc"])
        node, steps = find_deepest(root, path)
        if isinstance(node, BrokenNode):
            continue
        kind = error["type"]
        if kind == "missing":
            missing[path] = _explain_missing(path, node.mark, root)
        elif kind == "extra_forbidden":
            nearest = find_nearest(str(path[-1]), _list_keys(path[:-1], root))
            meant.add((*path[:-1], nearest or ""))
            faults.append(_explain_unknown_key(path, nearest, node.mark, root))
        elif is_key:
            faults.append(_explain_key(path, node.mark, root))
        elif kind == "union_tag_not_found" and isinstance(node, MapNode):
            missing[(*path, "source")] = _explain_missing((*path, "source"), node.mark, root)
        elif kind == "union_tag_invalid":
            faults.append(_explain_source(path, root))
        elif kind == "value_error":
            faults.append(_explain_rule(path, str(error["msg"]), root))
        elif steps == len(path):
            faults.append(_explain_value(path, node, root))
        else:
            faults.append(Fault(node.mark, format_path(path), str(error["msg"])))
    return faults + [fault for path, fault in missing.items() if path not in meant]


def _find_document_path(loc: tuple[str | int, ...]) -> tuple[KeyPath, bool]:
    """Drop from an error's place what is not in the document: the kind of a union, "[key]"."""
    schema, path = follow(make_schema()), list[str | int]()
    for part in loc:
        if part == "[key]":
            return tuple(path), True
        if "discriminator" in schema:
            schema = choose(schema, part)
            continue
        path.append(part)
        schema = step_into(schema, part)
    return tuple(path), False


def _explain_missing(path: KeyPath, mark: Mark, root: Node) -> Fault:
    expected = describe_expected(_find_key_schema(path, root), str(path[-1]))
    return Fault(mark, format_path(path), f"missing; add it: {expected}")


def _explain_unknown_key(path: KeyPath, nearest: str | None, mark: Mark, root: Node) -> Fault:
    replaced = next((text for end, text in _REPLACED.items() if path[-len(end) :] == end), None)
    if replaced is not None:
        advice = replaced
    elif nearest is not None:
        advice = f'did you mean "{nearest}"?'
    else:
        homes = [format_path(home) for home in _find_homes(str(path[-1]))]
        known = f"the keys here are {', '.join(_list_keys(path[:-1], root))}"
        advice = f"it belongs to {' or '.join(homes)}" if homes else known
    return Fault(mark, format_path(path), f"unknown key; {advice}")


def _explain_key(path: KeyPath, mark: Mark, root: Node) -> Fault:
    """Explain a name that is not allowed in a section of names and values."""
    section = find_schema(path[:-1], root)
    words = list_words(follow(section.get("propertyNames", {})))
    expected = describe_expected({"enum": words} if words else {"type": "string", "pattern": ""})
    hint = _suggest_word(str(path[-1]), words)
    return Fault(mark, format_path(path), f"unknown name; expected {expected}{hint}")


def _explain_source(path: KeyPath, root: Node) -> Fault:
    node, _ = find_deepest(root, (*path, "source"))
    words = list_words(find_schema(path, root))
    expected = describe_expected({"enum": words})
    hint = _suggest_word(node.value, words) if isinstance(node, ScalarNode) else ""
    return Fault(
        node.mark,
        format_path((*path, "source")),
        f"got {describe_value(node)}; expected {expected}{hint}",
    )


def _explain_rule(path: KeyPath, message: str, root: MapNode) -> Fault:
    """Place the message of a rule over several keys at the key that it opens with."""
    text = message.removeprefix("Value error, ")
    named = _LEADING_KEY.match(text)
    if named is not None:
        for candidate in ((*path, *named[1].split(".")), tuple(named[1].split("."))):
            node, steps = find_deepest(root, candidate)
            if steps == len(candidate):
                rest = text.removeprefix(f"{named[1]}: ")
                return Fault(node.mark, format_path(candidate), rest)
    return Fault(find_deepest(root, path)[0].mark, format_path(path), text)


def _explain_value(path: KeyPath, node: Node, root: Node) -> Fault:
    schema = _find_key_schema(path, root)
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    expected = describe_expected(schema, name)
    text = f"got {describe_value(node)}; expected {expected}{_advise(node, schema)}"
    return Fault(node.mark, format_path(path), text)


def _advise(node: Node, schema: Mapping[str, Any]) -> str:
    """Say what to write instead, where that can be told."""
    kind = schema.get("type")
    if isinstance(node, ListNode | MapNode):
        return ""
    value = node.value if isinstance(node, ScalarNode) else None
    if value is None:
        return "; write a value, or remove the line to use the default"
    if kind == "array":
        return "; write it in brackets: [...]"
    if isinstance(value, str):
        return _advise_text(value, kind) or _suggest_word(value, list_words(dict(schema)))
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return f"; write {int(value)}"
    if kind == "string" and not isinstance(value, bool) and "enum" not in schema:
        return "; put it in quotes"
    return ""


def _advise_text(value: str, kind: object) -> str:
    if kind == "boolean" and value.casefold() in _BOOL_WORDS:
        return f"; write {_BOOL_WORDS[value.casefold()]}"
    if kind in {"number", "integer"}:
        amount = _AMOUNT.fullmatch(re.sub(r"[_,\s]", "", value.casefold()))
        if amount is not None and amount["word"]:
            return f"; write {Decimal(amount['digits']) * NUMBER_WORDS[amount['word']]:f}"
        if amount is not None:
            return f"; write {amount['digits']} without quotes or separators"
    return ""


def _suggest_word(value: object, words: list[str]) -> str:
    meant = find_nearest(value, words) if isinstance(value, str) else None
    return f'; did you mean "{meant}"?' if meant is not None else ""


def _find_key_schema(path: KeyPath, root: Node) -> dict[str, Any]:
    """Give the schema of a key; for the word that chooses a kind, the words."""
    parent = find_schema(path[:-1], root)
    if path[-1:] == ("source",) and "discriminator" in parent:
        return {"enum": list_words(parent)}
    return find_schema(path, root)


def _list_keys(path: KeyPath, root: Node) -> list[str]:
    schema = find_schema(path, root)
    if "discriminator" in schema:
        schema = choose(schema, read_source(schema, find_deepest(root, path)[0]))
    return list(schema.get("properties", {}))


def _find_homes(name: str) -> Iterator[KeyPath]:
    """Find the sections that have a key of this name."""
    waiting: list[tuple[KeyPath, dict[str, Any]]] = [((), follow(make_schema()))]
    while waiting:
        path, schema = waiting.pop(0)
        for key, value in schema.get("properties", {}).items():
            if key == name and path:
                yield path
            waiting.append(((*path, key), follow(value)))
