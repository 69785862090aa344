"""The committed schema and reference are those of the settings, and the configs fit them."""

import json

import jsonschema
import pytest
from ruamel.yaml import YAML

from chargeplan.config.load import load_settings
from chargeplan.config.reference import REFERENCE_COMMAND, write_reference
from chargeplan.config.schema import SCHEMA_COMMAND, SCHEMA_PATH, write_schema_text


def test_committed_schema_is_the_schema_of_the_settings():
    assert SCHEMA_PATH.read_text(encoding="utf-8") == write_schema_text(), f"repair it with: {SCHEMA_COMMAND}"


def test_committed_reference_is_the_reference_of_the_settings(project_folder):
    page = project_folder / "docs" / "reference" / "config.md"
    assert page.read_text(encoding="utf-8") == write_reference(), f"repair it with: {REFERENCE_COMMAND}"


def test_schema_is_valid_draft_2020_12():
    schema = json.loads(write_schema_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))


def test_every_config_of_the_project_fits_the_schema_and_loads(project_folder, validator):
    configs = sorted((project_folder / "configs").glob("*.yaml"))
    assert configs
    for path in configs:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=../chargeplan/config/schema.json", path.name
        validator.validate(YAML(typ="safe", pure=True).load(path))
        load_settings(path)


def test_schema_refuses_what_the_loader_refuses(full_plain, bench, validator):
    validator.validate(full_plain)
    for key, value in [
        (("model", "bugdet_pkr"), 5),
        (("model", "mode"), "coverr"),
        (("model", "budget_pkr"), -5),
        (("study", "name"), "a b"),
        (("demand", "population", "source"), "csvv"),
        (("demand", "fleet", "classes", "my car"), {}),
        (("demand", "places", "weights", "mal"), 1),
        (("sites", "paths"), "a.csv"),
    ]:
        text = bench.change(key, value)
        assert bench.find_faults(text)
        assert not validator.is_valid(json.loads(text)), key


def test_every_key_of_the_schema_has_a_meaning():
    schema = json.loads(write_schema_text())
    for name, definition in schema["$defs"].items():
        for key, value in definition.get("properties", {}).items():
            assert value.get("description") or "const" in value or name == "ChargerSettings", f"{name}.{key}"
