"""The JSON Schema of a study's config, and what it says about one key."""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

from chargeplan.config.money import MONEY_PATTERN, is_money_key
from chargeplan.config.settings import Settings
from chargeplan.config.tree import KeyPath, MapNode, Node, ScalarNode
from chargeplan.text import to_json

SCHEMA_PATH = Path(__file__).with_name("schema.json")
SCHEMA_COMMAND = "chargeplan schema --out chargeplan/config/schema.json"

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LARGEST_TOLD = 1e15  # bounds of this size only keep figures finite; telling them would distract

# Names end in their unit, so a message can say it in words.
_UNITS = {
    "_kwh_day": "kWh per day",
    "_pkr": "rupees",
    "_pkr_kw": "rupees per kW",
    "_pkr_kwh": "rupees per kWh",
    "_km": "kilometres",
    "_min": "minutes",
    "_kw": "kW",
    "_m": "metres",
    "_s": "seconds",
    "km_day": "kilometres per day",
    "kwh_km": "kWh per kilometre",
    "hours_day": "hours per day",
}


def write_schema_text() -> str:
    """Write the JSON Schema (draft 2020-12) of a config; equal settings give equal bytes."""
    schema = copy.deepcopy(make_schema())
    for definition in [schema, *schema["$defs"].values()]:
        for name, value in definition.get("properties", {}).items():
            if is_money_key((name,)):
                _take_words(value)
    return to_json({"$schema": _DIALECT, **schema}) + "\n"


def _take_words(schema: dict[str, Any]) -> None:
    """Let every number inside a schema be written as a sum of money in short words too."""
    if schema.get("type") in {"number", "integer"}:
        number = {
            key: schema.pop(key) for key in list(schema) if key not in {"description", "default", "title"}
        }
        schema["anyOf"] = [number, {"type": "string", "pattern": MONEY_PATTERN}]
        return
    for inner in (*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            _take_words(inner)


@lru_cache(maxsize=1)
def make_schema() -> dict[str, Any]:
    """Make the JSON Schema of a config as a dict; do not change it."""
    schema = Settings.model_json_schema()
    schema["title"] = "chargeplan study"
    for definition in [schema, *schema["$defs"].values()]:
        for value in definition.get("properties", {}).values():
            if "patternProperties" in value:  # pydantic refuses names of another shape; so must an editor
                value["additionalProperties"] = False
    return schema


def follow(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow references and drop the choice of null, down to what a given value must be."""
    while True:
        if "$ref" in schema:
            schema = make_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(choice for choice in schema["anyOf"] if choice.get("type") != "null")
        else:
            return schema


def choose(schema: dict[str, Any], source: object) -> dict[str, Any]:
    """Choose one of several kinds of a section by the word that tells them apart."""
    mapping = schema["discriminator"]["mapping"]
    return follow({"$ref": mapping[source]}) if isinstance(source, str) and source in mapping else {}


def step_into(schema: dict[str, Any], part: str | int) -> dict[str, Any]:
    """Give the schema of a key or a list item; empty when there is none."""
    if isinstance(part, int):
        return follow(schema.get("items", {}))
    if part in schema.get("properties", {}):
        return follow(schema["properties"][part])
    values = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    return next((follow(value) for value in values if isinstance(value, dict)), {})


def find_schema(path: KeyPath, root: Node) -> dict[str, Any]:
    """Give the schema of a place in a config; empty when no setting is there."""
    schema, node = follow(make_schema()), root
    for part in path:
        if "discriminator" in schema:
            schema = choose(schema, read_source(schema, node))
        schema = step_into(schema, part)
        if isinstance(node, MapNode) and isinstance(part, str):
            node = node.entries.get(part, node)
        else:
            items = getattr(node, "items", [])
            node = items[part] if isinstance(part, int) and part < len(items) else node
    return schema


def read_source(schema: dict[str, Any], node: Node) -> object:
    """Read the word by which a section of several kinds is told apart."""
    name = schema["discriminator"]["propertyName"]
    source = node.entries.get(name) if isinstance(node, MapNode) else None
    return source.value if isinstance(source, ScalarNode) else None


def list_words(schema: dict[str, Any]) -> list[str]:
    """List the words that a key accepts; empty when it is not a choice of words."""
    if "const" in schema:
        return [schema["const"]]
    if "discriminator" in schema:
        return sorted(schema["discriminator"]["mapping"])
    return list(schema.get("enum", []))


def describe_expected(schema: dict[str, Any], name: str = "") -> str:
    """Say what a key accepts, with its unit.

    Parameters
    ----------
    schema : dict
        Of the key, as from `find_schema`.
    name : str
        Last part of the key; its ending tells the unit.

    Examples
    --------
    >>> describe_expected({"type": "number", "exclusiveMinimum": 0}, "budget_pkr")
    'a number > 0 (rupees)'
    >>> describe_expected({"type": "integer", "minimum": 6, "maximum": 10})
    'a whole number from 6 to 10'
    >>> describe_expected({"enum": ["cover", "allocate"]})
    'cover or allocate'
    """
    words = list_words(schema)
    if words:
        return (
            _join_or(words) if "discriminator" not in schema else f"a section with source: {_join_or(words)}"
        )
    kind = schema.get("type")
    if kind in {"number", "integer"}:
        noun = "a number" if kind == "number" else "a whole number"
        return noun + _describe_range(schema) + _describe_unit(name)
    if kind == "array":
        return _describe_list(schema)
    if kind == "string":
        return _describe_text(schema)
    if kind == "object":
        keys = list(schema.get("properties", {}))
        return f"a section with the keys {', '.join(keys)}" if keys else "a section of names and values"
    return "true or false" if kind == "boolean" else "another value"


def _describe_range(schema: dict[str, Any]) -> str:
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high = schema.get("maximum")
    if high is not None and high >= _LARGEST_TOLD:
        high = None
    if low is not None and high is not None:
        return f" from {_format_bound(low)} to {_format_bound(high)}"
    lower = (
        f" > {_format_bound(above)}"
        if above is not None
        else f" >= {_format_bound(low)}"
        if low is not None
        else ""
    )
    return lower + ("" if high is None else f"{' and' if lower else ''} <= {_format_bound(high)}")


def _format_bound(bound: float) -> str:
    """Write a bound; years stay without separators."""
    return f"{bound:,}" if abs(bound) >= 10_000 else f"{bound:g}"


def _describe_unit(name: str) -> str:
    endings = sorted((ending for ending in _UNITS if name.endswith(ending)), key=len)
    return f" ({_UNITS[endings[-1]]})" if endings else ""


def _describe_list(schema: dict[str, Any]) -> str:
    item = describe_expected(follow(schema.get("items", {})))
    low, high = schema.get("minItems"), schema.get("maxItems")
    if low is not None and low == high:
        count = f" of {low}"
    elif low:
        count = f" of at least {low}" + (f" and at most {high:,}" if high else "")
    else:
        count = f" of at most {high:,}" if high else ""
    return f"a list{count}, each {item}"


def _describe_text(schema: dict[str, Any]) -> str:
    if schema.get("format") == "path":
        return "a path (text)"
    if schema.get("format") == "rule-pack":
        return "the name of a rule pack or the path of one of your own (text)"
    if "pattern" in schema:  # there is one pattern, `settings.Name`
        return "1 to 64 letters A-Z, a-z, digits, - or _"
    low, high = schema.get("minLength"), schema.get("maxLength")
    return f"a text of {low} to {high} characters" if high else "a text"


def _join_or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
