"""The reference page of the config, written from its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chargeplan.config.money import MONEY_FORMS
from chargeplan.config.schema import describe_expected, follow, make_schema

REFERENCE_COMMAND = "chargeplan schema --reference docs/reference/config.md"

_OPENING = f"""\
# The config, key by key

<!-- Written by `{REFERENCE_COMMAND}`; change the texts in chargeplan/config/settings/. -->

A study is one YAML file; `configs/` has examples to copy. Its sections are the stages of a run.

- **Strict.** A key that is not listed here is refused, with the nearest name. A number is a
  number (`50000000` or `50e6`), a text is not (`"50"`, `50_000`); only `true` and `false` are
  true and false. Repeated keys, anchors, aliases, merge keys, tags, NaN and infinity are
  refused, and so are files over 1 MB, nesting deeper than 20 and characters that hide text.
- **Sums of money** (keys that end in `_pkr`) may be written short: {MONEY_FORMS}. A lakh is
  100 thousand, a crore 10 million.
- **Every fault at once**, as `file.yaml:12:3: model.budget_pkr: got -5; expected a number > 0
  (rupees)`. `chargeplan check CONFIG` also tells which files are missing, without running.
- **Units are in the names**: `_pkr` rupees, `_m` metres, `_km` kilometres, `_min` minutes, `_s`
  seconds, `_kw` kilowatts, `_share` a share from 0 to 1.
- **Paths** are relative to the config file's folder; in `--set`, to the working folder. `~` is
  not replaced.
- **`--set key=value`** changes one value for one run and is checked the same way:
  `--set model.budget_pkr=50e6`, `--set demand.population.figures[0].people=250000`,
  `--set "sites.paths=[a.geojson, b.gpkg]"`, `--set model.max_sites=null`.
- **Help in the editor**: open the file with
  `# yaml-language-server: $schema=../chargeplan/config/schema.json` as its first line (the path
  is relative to the file; `chargeplan schema --out FILE` writes the schema elsewhere).
"""


def write_reference() -> str:
    """Write the reference page in Markdown."""
    schema = follow(make_schema())
    lines = [_OPENING]
    for name, section in schema["properties"].items():
        need = "needed" if name in schema["required"] else "may be left out"
        lines += [f"## `{name}` ({need})", ""]
        lines += _write_section(name, follow(section), level=3)
    return "\n".join(lines).rstrip() + "\n"


def _write_section(key: str, schema: dict[str, Any], level: int) -> Iterator[str]:
    """Write the table of a section and then the sections inside it."""
    yield _flatten(schema.get("description", ""))
    yield ""
    yield "| key | accepts | default | meaning |"
    yield "| --- | --- | --- | --- |"
    required = schema.get("required", [])
    inner: list[tuple[str, dict[str, Any]]] = []
    for name, value in schema["properties"].items():
        yield _write_row(name, value, is_needed=name in required)
        inner += _find_inner(f"{key}.{name}", follow(value))
    yield ""
    for name, section in inner:
        yield f"{'#' * level} `{name}`"
        yield ""
        yield from _write_section(name.partition(" ")[0], section, min(level + 1, 6))


def _write_row(name: str, value: dict[str, Any], *, is_needed: bool) -> str:
    schema = follow(value)
    accepts = _describe(schema, name)
    meaning = value.get("description") or schema.get("description", "")
    return f"| `{name}` | {accepts} | {_show_default(value, is_needed=is_needed)} | {_flatten(meaning)} |"


def _describe(schema: dict[str, Any], name: str) -> str:
    if schema.get("properties"):
        return "a section, below"
    if "discriminator" in schema:
        return (
            f"a section of one of these kinds, below: {', '.join(sorted(schema['discriminator']['mapping']))}"
        )
    items = follow(schema.get("items", {}))
    if items.get("properties"):
        return "a list of sections, below"
    values = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    inner = next((follow(value) for value in values if isinstance(value, dict)), None)
    if inner is not None:
        names = follow(schema.get("propertyNames", {})).get("enum")
        keys = f"names ({', '.join(names)})" if names else "names"
        kind = "a section, below" if inner.get("properties") else describe_expected(inner, name)
        return f"{keys}, each with {kind}"
    return describe_expected(schema, name)


def _find_inner(key: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Find the sections that a key leads to, with the heading of each."""
    if schema.get("properties"):
        yield key, schema
    for kind, place in sorted(schema.get("discriminator", {}).get("mapping", {}).items()):
        yield f"{key} with source: {kind}", follow({"$ref": place})
    items = follow(schema.get("items", {}))
    if items.get("properties"):
        yield f"{key}[...]", items
    for value in schema.get("patternProperties", {}).values():
        if follow(value).get("properties"):
            yield f"{key}.NAME", follow(value)


def _show_default(value: dict[str, Any], *, is_needed: bool) -> str:
    if is_needed:
        return "**needed**"
    default = value.get("default")
    if default is None:
        return "none"
    return "as below" if isinstance(default, dict) and default else f"`{json.dumps(default)}`"


def _flatten(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
