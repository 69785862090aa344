"""Plain data held against a JSON Schema of this package."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_MOST_FAULTS = 10


@lru_cache
def _read_validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    text = resources.files("chargeplan.export").joinpath("schemas", name).read_text(encoding="utf-8")
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def find_schema_faults(name: str, data: Any) -> list[str]:
    """List what a schema forbids, where, at most ten faults.

    Parameters
    ----------
    name : str
        File in ``chargeplan/export/schemas``.
    data : plain data
    """
    faults = []
    for error in _read_validator(name).iter_errors(data):
        where = "/".join(map(str, error.absolute_path)) or "(top)"
        faults.append(f"{where}: {error.message[:200]}")
        if len(faults) == _MOST_FAULTS:
            break
    return faults
