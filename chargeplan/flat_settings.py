"""Nested settings under dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flatten_settings(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Write nested settings under dotted keys; lists and empty sections stay whole.

    Examples
    --------
    >>> flatten_settings({"model": {"budget_pkr": 1.0, "levels": [2, 4]}})
    {'model.budget_pkr': 1.0, 'model.levels': [2, 4]}
    """
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        key = f"{before}{name}"
        if isinstance(value, Mapping) and value:
            flat |= flatten_settings(value, f"{key}.")
        else:
            flat[key] = value
    return flat
