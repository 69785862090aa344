"""Names in two scripts: which of the names of a thing is English, and which is Urdu.

OpenStreetMap's ``name`` is in whichever script its mapper wrote, sometimes in both: ``Tarnol (ترنول)``. The keys
``name:en`` and ``name:ur`` say which is which where they are given, which in Pakistan is seldom.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from chargeplan.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Letters of the Arabic script without its marks and digits, which stand in Latin names by mistake or by themselves.
_LETTER = (
    "\u0620-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f"
    "\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
)
_MARK = "\u064b-\u065f\u0670\u06d6-\u06ed\u200c-\u200f"
_URDU_LETTER = re.compile(f"[{_LETTER}]")
_URDU_WORDS = re.compile(f"[{_LETTER}](?:[{_LETTER}{_MARK}\\s\\d'’\u060c\u0640–-]*[{_LETTER}{_MARK}])?")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{2}")
_BETWEEN = " -–—,،;/|()[]"
_UNNAMED = "unnamed"


class Names(NamedTuple):
    """A name in English letters and one in Urdu letters, each empty when there is none."""

    english: str
    urdu: str


def is_urdu(text: str) -> bool:
    """Tell whether a text has letters of the Arabic script.

    Examples
    --------
    >>> is_urdu("روات"), is_urdu("Rawat"), is_urdu("َDental")
    (True, False, False)
    """
    return _URDU_LETTER.search(text) is not None


def split_scripts(text: str) -> Names:
    """Split a name at the change of its script; one whose scripts take turns more than once is left whole.

    Examples
    --------
    >>> split_scripts("Tarnol (ترنول)"), split_scripts("Rawat"), split_scripts("کیفے 1969")
    (Names(english='Tarnol', urdu='ترنول'), Names(english='Rawat', urdu=''), Names(english='', urdu='کیفے 1969'))
    """
    if not is_urdu(text):
        return Names(text, "")
    if _LATIN_WORD.search(text) is None:
        return Names("", text)
    parts = list(_URDU_WORDS.finditer(text))
    if len(parts) != 1:
        return Names("", "")
    before, after = text[: parts[0].start()].strip(_BETWEEN), text[parts[0].end() :].strip(_BETWEEN)
    if before and after:
        return Names("", "")
    return Names(before or after, parts[0].group().strip())


def find_names(get_tag: Callable[[str], object | None]) -> Names:
    """Find the English and the Urdu name of a thing by its tags.

    English is ``name:en``, else ``name`` as far as it is not in Urdu letters, else ``int_name``; Urdu is ``name:ur``,
    else ``name`` as far as it is in Urdu letters. Files that cannot hold a colon in a key write ``name_en`` and
    ``name_ur``.

    Examples
    --------
    >>> find_names({"name": "جی - 9", "name:en": "G-9"}.get)
    Names(english='G-9', urdu='جی - 9')
    """
    local = split_scripts(_read(get_tag, "name"))
    english = _read(get_tag, "name:en", "name_en")
    urdu = _read(get_tag, "name:ur", "name_ur")
    if is_urdu(english):
        english = split_scripts(english).english
    return Names(
        english or local.english or split_scripts(_read(get_tag, "int_name")).english,
        (urdu if is_urdu(urdu) else "") or local.urdu,
    )


def add_names(tags: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """Add the name in a script that tags lack from other tags of the same thing.

    Examples
    --------
    >>> add_names({"name": "روات"}, {"name": "Rawat"})
    {'name': 'روات', 'name:en': 'Rawat'}
    """
    own, other = find_names(tags.get), find_names(others.get)
    added = dict(tags)
    if other.english and not own.english:
        added["name:en"] = other.english
    if other.urdu and not own.urdu:
        added["name:ur"] = other.urdu
    return added


def find_urdu_name(row: Mapping[str, object]) -> str:
    """Find the Urdu name of a row with ``name`` and ``name_ur``, such as one of `tables.SITES`; empty when none."""
    return find_names(lambda key: row.get(key) if key in {"name", "name_ur"} else None).urdu


def _read(get_tag: Callable[[str], object | None], *keys: str) -> str:
    """Read the first key that holds a name; "Unnamed" is none."""
    for key in keys:
        text = clean_text(get_tag(key)).strip("\u200e\u200f ")
        if text and text.casefold() != _UNNAMED:
            return text
    return ""
