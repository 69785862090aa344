"""The versions of what may change a result."""

from __future__ import annotations

import platform
from importlib import metadata

_VERSIONED_PACKAGES = (
    "geopandas",
    "h3",
    "highspy",
    "numpy",
    "osmium",
    "pandas",
    "pulp",
    "pyogrio",
    "scipy",
    "shapely",
)


def list_versions() -> dict[str, str]:
    """List the versions that may change a result."""
    return {"python": platform.python_version()} | {
        name: metadata.version(name) for name in _VERSIONED_PACKAGES
    }
