"""The machine and the versions that a result was measured with."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from chargeplan import __version__

PACKAGES = (
    "geopandas",
    "highspy",
    "networkx",
    "numpy",
    "osmium",
    "osmnx",
    "pandas",
    "playwright",
    "pulp",
    "scipy",
    "spopt",
)


def describe_machine() -> dict[str, Any]:
    """Describe processor, memory and how busy the machine is right now."""
    import psutil

    return {
        "processor": read_processor_name(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load_1_min": round(psutil.getloadavg()[0], 2),
    }


def read_processor_name() -> str:
    """Read the name of the processor, or its architecture where the system does not tell."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def list_versions() -> dict[str, str]:
    """List the versions of Python and of the packages that are measured; absent ones are named so."""
    versions = {
        "chargeplan": __version__,
        "commit": read_commit(),
        "python": platform.python_version(),
    }
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def read_commit() -> str:
    """Read the commit that is checked out; say so when the package differs from it."""
    folder = Path(__file__).resolve().parent.parent
    commands = (["git", "rev-parse", "HEAD"], ["git", "status", "--porcelain", "--", "chargeplan", "data"])
    try:
        commit, changes = (
            subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
            for command in commands
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit} with changes" if changes else commit
