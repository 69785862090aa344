"""The base of all sections, and the kinds of value they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]
# A path is a text in YAML; the loader makes it absolute (relative to the config file, or to
# the working folder when it came from --set) before these models see it.
InputPath = Annotated[Path, Field(strict=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, le=1e15)]
NotNegative = Annotated[float, Field(ge=0, le=1e15)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


def make_rule_path(name: object) -> str | Path:
    """Make a path of the name of a rule pack that is a file: with a folder or an ending of YAML.

    Examples
    --------
    >>> make_rule_path("in-mop-2022")
    'in-mop-2022'
    >>> make_rule_path("own.yaml").name
    'own.yaml'
    """
    if not isinstance(name, str) or not name.strip():
        raise PydanticCustomError("string_type", "expected the name of a rule pack or a path")
    is_file = name.casefold().endswith((".yaml", ".yml")) or "/" in name or "\\" in name
    return Path(name) if is_file else name


RulePackName = Annotated[
    str | Path, PlainValidator(make_rule_path), WithJsonSchema({"type": "string", "format": "rule-pack"})
]


class Section(BaseModel):
    """Base of all sections: frozen, strict, no unknown keys, no NaN."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
