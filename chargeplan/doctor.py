"""What this computer has and lacks for chargeplan, with what to do about it."""

from __future__ import annotations

import importlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from chargeplan import __version__
from chargeplan.data_register import list_registered_files
from chargeplan.errors import ChargeplanError
from chargeplan.files import find_data_file, find_project_folder
from chargeplan.units import BYTES_PER_MB

OLDEST_PYTHON = (3, 11)
_SELF_TEST_LIMIT_S = 60.0
_LITTLE_MEMORY_MB = 2000.0
_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
# Distribution names whose module is called otherwise.
_MODULES = {"ruamel-yaml": "ruamel.yaml", "xstatic-leaflet": "xstatic.pkg.leaflet"}


class Health(StrEnum):
    """How a finding is."""

    FINE = "fine"
    NOTE = "note"  # missing or poor, and not needed
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    health : Health
    name : str
    detail : str
        What was found.
    advice : str
        What to do; empty when nothing needs doing.
    """

    health: Health
    name: str
    detail: str
    advice: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything chargeplan needs, one finding after another."""
    yield Finding(Health.FINE, "chargeplan", f"{__version__} at {Path(__file__).resolve().parent}")
    yield check_python(sys.version_info[:3])
    yield from check_dependencies(list_requirements(), get_version=metadata.version)
    yield from check_solvers()
    yield check_data()
    yield check_browser()
    yield check_machine()


def check_python(version: tuple[int, ...]) -> Finding:
    """Check the version of Python."""
    text = f"{'.'.join(str(part) for part in version)} ({platform.system()} {platform.machine()})"
    if version >= OLDEST_PYTHON:
        return Finding(Health.FINE, "Python", text)
    oldest = ".".join(str(part) for part in OLDEST_PYTHON)
    return Finding(Health.BROKEN, "Python", text, f"install Python {oldest} or newer")


def list_requirements() -> list[str]:
    """List the requirements of chargeplan without its extras.

    They are read from the installed package, else from pyproject.toml of the checkout.
    """
    try:
        declared = metadata.requires("chargeplan") or []
    except metadata.PackageNotFoundError:
        import tomllib

        project = Path(__file__).resolve().parent.parent / "pyproject.toml"
        if not project.is_file():
            return []
        declared = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    return sorted((text for text in declared if "extra ==" not in text), key=str.casefold)


def check_dependencies(requirements: list[str], *, get_version: Callable[[str], str]) -> Iterator[Finding]:
    """Check that each requirement is installed, new enough, and can be loaded.

    Parameters
    ----------
    requirements : list of str
        Such as ``"pulp>=3.3,<4"``.
    get_version : callable
        Gives the version of a distribution; raises ``PackageNotFoundError``.
    """
    if not requirements:
        yield Finding(
            Health.BROKEN,
            "dependencies",
            "chargeplan is not installed as a package",
            "pip install chargeplan",
        )
    for requirement in requirements:
        found = re.match(r"[A-Za-z0-9._-]+", requirement)
        name = found.group() if found else requirement
        wanted = requirement.removeprefix(name).partition(";")[0].strip(" ()")
        advice = f'pip install "{name}{wanted}"'
        try:
            version = get_version(name)
        except metadata.PackageNotFoundError:
            yield Finding(Health.BROKEN, name, "not installed", advice)
            continue
        if not meets(version, wanted):
            yield Finding(Health.BROKEN, name, f"{version}; chargeplan needs {wanted}", advice)
            continue
        fault = _load(name)
        if fault:
            advice = f"pip install --force-reinstall {name}"
            yield Finding(Health.BROKEN, name, f"{version} cannot be loaded: {fault}", advice)
        else:
            yield Finding(Health.FINE, name, version)


def meets(version: str, wanted: str) -> bool:
    """Tell whether a version meets bounds such as ``>=3.3,<4``.

    Examples
    --------
    >>> meets("3.3.2", ">=3.3,<4"), meets("4.0.0rc1", ">=3.3,<4"), meets("1.9", ">=1.10")
    (True, False, False)
    """
    have = _split_version(version)
    compare: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
        ">=": lambda left, right: left >= right,
        "<=": lambda left, right: left <= right,
        "!=": lambda left, right: left != right,
        "==": lambda left, right: left == right,
        "<": lambda left, right: left < right,
        ">": lambda left, right: left > right,
    }
    for sign, bound in re.findall(r"(>=|<=|!=|==|<|>)\s*([0-9][^,\s]*)", wanted):
        other = _split_version(bound)
        length = max(len(have), len(other))
        padded = [part + (0,) * (length - len(part)) for part in (have, other)]
        if not compare[sign](padded[0], padded[1]):
            return False
    return True


def check_solvers() -> Iterator[Finding]:
    """Let the solvers solve a small model in a process of their own."""
    command = [sys.executable, "-P", "-m", "chargeplan.solve.selftest"]
    paths = [str(Path(__file__).resolve().parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_SELF_TEST_LIMIT_S,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding(Health.BROKEN, "solver", f"the self-test did not end: {error}", _REINSTALL)
        return
    for line in done.stdout.splitlines():
        check = json.loads(line)
        if check["works"]:
            yield Finding(Health.FINE, check["solver"], check["detail"])
        elif check["is_needed"]:
            yield Finding(Health.BROKEN, check["solver"], check["detail"], _REINSTALL)
        else:
            yield Finding(Health.NOTE, check["solver"], check["detail"], "only needed for a second opinion")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        yield Finding(Health.BROKEN, "solver", f"the self-test failed: {last}", _REINSTALL)


_REINSTALL = 'pip install --force-reinstall "highspy>=1.15.1" "pulp>=3.3,<4"'


def check_data() -> Finding:
    """Check that the project's own data and configs are there."""
    try:
        folder = find_project_folder("data")
        configs = find_project_folder("configs")
    except ChargeplanError as error:
        return Finding(Health.BROKEN, "data", str(error), "install chargeplan again")
    missing = [path for path in list_registered_files(folder) if not find_data_file(path).is_file()]
    if missing:
        return Finding(Health.BROKEN, "data", f"missing: {', '.join(missing)}", "install chargeplan again")
    return Finding(Health.FINE, "data", f"{folder}; configs at {configs}")


def check_browser() -> Finding:
    """Look for a Chromium, which only the browser tests need."""
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        return Finding(Health.NOTE, "Chromium", "not found", "only needed for the browser tests")
    return Finding(Health.FINE, "Chromium", found)


def check_machine() -> Finding:
    """Tell the cores and the memory that this process may use."""
    try:
        import psutil
    except ImportError:
        return Finding(Health.BROKEN, "machine", "psutil is not installed", "pip install psutil")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = psutil.virtual_memory()
    free_mb = memory.available / BYTES_PER_MB
    text = f"{cores} cores, {memory.total / BYTES_PER_MB:,.0f} MB of memory, {free_mb:,.0f} MB free"
    if free_mb < _LITTLE_MEMORY_MB:
        return Finding(Health.NOTE, "machine", text, "close other programs before a large city")
    return Finding(Health.FINE, "machine", text)


def _load(name: str) -> str:
    """Load the module of a distribution; return what went wrong, or nothing."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    try:
        importlib.import_module(_MODULES.get(key, key.replace("-", "_")))
    except Exception as error:  # a broken binary can raise anything
        return f"{type(error).__name__}: {error}"
    return ""


def _split_version(version: str) -> tuple[int, ...]:
    """Split a version into its leading numbers; what follows them is left out."""
    leading = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in leading.group().split(".")) if leading else ()
