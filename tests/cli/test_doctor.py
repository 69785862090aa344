"""The doctor finds what is broken and says what to do about it."""

import json
from collections import namedtuple
from importlib import metadata
from itertools import product

import pytest
from typer.testing import CliRunner

from chargeplan import doctor
from chargeplan.cli import app
from chargeplan.doctor import Finding, Health, check_dependencies, check_python, list_requirements, meets
from chargeplan.solve import selftest


def test_this_computer_is_fine_and_every_dependency_is_named():
    result = CliRunner().invoke(app, ["doctor", "--json"])
    findings = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0, result.stdout
    names = [finding["name"] for finding in findings if finding["event"] == "finding"]
    assert {"Python", "pulp", "geopandas", "data", "machine", "Chromium"} <= set(names)
    assert any(name.startswith("HiGHS 1.") for name in names)
    assert findings[-1]["broken"] == 0


def test_something_broken_ends_with_1_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(doctor, "examine", lambda: iter([check_python((3, 9, 1))]))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "broken  Python: 3.9.1" in result.stdout
    assert "install Python 3.11 or newer" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 broken; do what is said above"


def test_requirements_are_those_of_the_project():
    assert any(requirement.startswith("highspy") for requirement in list_requirements())
    assert not any(requirement.startswith("pytest") for requirement in list_requirements())


def find(requirement, version):
    def get_version(name):
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    (finding,) = check_dependencies([requirement], get_version=get_version)
    return finding


def test_dependency_that_is_missing_old_or_broken():
    assert find("json>=1.0", None) == Finding(
        Health.BROKEN, "json", "not installed", 'pip install "json>=1.0"'
    )
    assert find("json>=1.0", "0.9").detail == "0.9; chargeplan needs >=1.0"
    assert find("json>=1.0,<2", "2.0").health is Health.BROKEN
    assert find("json>=1.0", "1.0").health is Health.FINE
    assert "cannot be loaded: ModuleNotFoundError" in find("no-such-module-here", "1.0").detail


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("3.3", ">=3.3.0", True),
        ("3.10", ">=3.9", True),
        ("4.0", "<4", False),
        ("1.2", "!=1.2", False),
        ("5", "", True),
    ],
)
def test_versions_compare_as_numbers(version, wanted, expected):
    assert meets(version, wanted) is expected


def test_best_choice_of_the_self_test_is_the_best_of_all_eight():
    def weigh(choice):
        return sum(take * weight for take, weight in zip(choice, selftest._WEIGHTS, strict=True))

    def value(choice):
        return sum(take * worth for take, worth in zip(choice, selftest._WORTHS, strict=True))

    allowed = [choice for choice in product((0, 1), repeat=3) if weigh(choice) <= selftest._WEIGHT_LIMIT]
    ranked = sorted(allowed, key=value)
    assert ranked[-1] == selftest.BEST_CHOICE
    assert value(ranked[-1]) == selftest.BEST_WORTH > value(ranked[-2])


def test_wrong_version_of_highs_is_refused(monkeypatch):
    import highspy

    monkeypatch.setattr(selftest, "_REFUSED_HIGHS", (str(highspy.Highs().version()),))
    check = selftest.check_highs()
    assert not check.works
    assert check.detail == "this version gives wrong optima"


def answer(monkeypatch, stdout, stderr="", returncode=0):
    done = namedtuple("Done", "stdout stderr returncode")(stdout, stderr, returncode)
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: done)
    return list(doctor.check_solvers())


def test_missing_second_opinion_is_a_note_and_a_crash_is_broken(monkeypatch):
    line = json.dumps({"solver": "CBC", "works": False, "is_needed": False, "detail": "not found"})
    (finding,) = answer(monkeypatch, line + "\n")
    assert (finding.health, finding.advice) == (Health.NOTE, "only needed for a second opinion")
    (finding,) = answer(monkeypatch, "", "Illegal instruction\n", -4)
    assert finding.health is Health.BROKEN
    assert "Illegal instruction" in finding.detail
    assert "highspy" in finding.advice


def test_missing_data_file_is_broken(monkeypatch):
    monkeypatch.setattr(doctor, "list_registered_files", lambda _: ["costs/no_such_file.csv", "cities.csv"])
    finding = doctor.check_data()
    assert (finding.health, finding.detail) == (Health.BROKEN, "missing: costs/no_such_file.csv")
