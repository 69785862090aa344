"""What a YAML scalar stands for: the core schema of YAML 1.2 and nothing else.

Notes
-----
YAML 1.2.2, section 10.3.2 "Tag Resolution" (https://yaml.org/spec/1.2.2/#1032-tag-resolution).
ruamel.yaml splits the text; the words are resolved here, so that what counts as a number does
not depend on a library's leftovers of YAML 1.1 (``1e6`` a text, ``1:30`` ninety, ``NO`` false).
"""

from __future__ import annotations

import re
import unicodedata

from chargeplan.config.tree import Scalar

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")
_LONGEST_NUMBER = 40

# Joiners and direction marks are part of written Urdu; the rest of this category hides text.
_WRITTEN_FORMAT_CHARACTERS = frozenset("\u200c\u200d\u200e\u200f\u061c")


class ScalarError(ValueError):
    """A scalar that cannot be used, with the reason in words."""


def resolve_plain(text: str) -> Scalar:
    """Resolve an unquoted scalar by the core schema of YAML 1.2.

    Raises
    ------
    ScalarError
        When it is NaN, infinite or too long to be a figure.

    Examples
    --------
    >>> [resolve_plain(text) for text in ("1e6", "010", "NO", "1:30", "12_000", "true", "~")]
    [1000000.0, 10, 'NO', '1:30', '12_000', True, None]
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError(f"got {text}; expected a finite number")
    bases = ((_INT, 10), (_OCTAL, 8), (_HEXADECIMAL, 16))
    base = next((base for pattern, base in bases if pattern.fullmatch(text)), None)
    if base is None and not _FLOAT.fullmatch(text):
        return text
    if len(text) > _LONGEST_NUMBER:
        raise ScalarError(f"got a number of {len(text)} characters; expected at most {_LONGEST_NUMBER}")
    if base is not None:
        return int(text, base) if base == 10 else int(text[2:], base)
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ScalarError(f"got {text}, which is too large for a number; expected a finite number")
    return number + 0.0  # turns -0.0 into 0.0


def find_forbidden_character(text: str) -> tuple[int, str] | None:
    r"""Find the first character that hides or reorders text, with its name.

    Tabs and line ends are left to YAML.

    Examples
    --------
    >>> find_forbidden_character("name: a\u202eb")
    (7, 'U+202E RIGHT-TO-LEFT OVERRIDE')
    """
    for position, character in enumerate(text):
        if character.isascii():
            if character.isprintable() or character in "\t\n\r":
                continue
        elif not _is_forbidden(character):
            continue
        return position, f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}"
    return None


def _is_forbidden(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character not in _WRITTEN_FORMAT_CHARACTERS
    return category in {"Cc", "Cs", "Co", "Zl", "Zp", "Zs"}
