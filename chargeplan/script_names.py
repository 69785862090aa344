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
_OTHER_LETTER = re.compile(f"(?![{_LETTER}])[^\\W\\d_]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]\.?[A-Za-z\u00c0-\u024f]")
_BETWEEN = " -–—,،;؛:/|۔_\u200e\u200f"
_OTHER_WORD = re.compile(rf"[^\s()\[\]{re.escape(_BETWEEN)}]*{_OTHER_LETTER.pattern}")
_BRACKETS = {"(": ")", "[": "]"}
_FULL_STOP = re.compile(r"(?<!\.\w)\.+$")  # not that of P.S.O.
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

    Marks between the two are of neither, brackets that hold one of them neither; digits go with the letters before
    them, at the beginning and in ``2nd`` with those behind.

    Examples
    --------
    >>> split_scripts("Tarnol (ترنول)"), split_scripts("Rawat"), split_scripts("کیفے 1969")
    (Names(english='Tarnol', urdu='ترنول'), Names(english='Rawat', urdu=''), Names(english='', urdu='کیفے 1969'))
    """
    if not is_urdu(text):
        return Names(text, "")
    if _LATIN_WORD.search(text) is None:
        return Names("", text)
    letters = [match.start() for match in _URDU_LETTER.finditer(text)]
    first, last = letters[0], letters[-1]
    if _OTHER_LETTER.search(text, 0, first) is not None:
        is_mixed = _OTHER_LETTER.search(text, first) is not None
        english, urdu = text[:first], text[first:]
    else:
        is_mixed = _OTHER_LETTER.search(text, first, last) is not None
        word = _OTHER_WORD.search(text, last + 1)
        change = word.start() if word is not None else len(text)
        english, urdu = text[change:], text[:change]
    return Names("", "") if is_mixed else Names(_strip_ends(english), _strip_ends(urdu))


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


def _strip_ends(text: str) -> str:
    """Strip what stood between two names: marks, a full stop, and brackets that lack their other or hold all.

    Examples
    --------
    >>> _strip_ends("Chat House (Wala) ("), _strip_ends("(Rawat) - "), _strip_ends("Park."), _strip_ends("P.S.O.")
    ('Chat House (Wala)', 'Rawat', 'Park', 'P.S.O.')
    """
    before = None
    while text != before:
        before = text
        text = _FULL_STOP.sub("", text.strip(_BETWEEN))
        partner = _pair_brackets(text)
        last = len(text) - 1
        if partner.get(last, 0) is None:
            text = text[:last]
        elif 0 in partner and partner[0] in {None, last}:
            text = text[1 : partner[0]]
    return text


def _pair_brackets(text: str) -> dict[int, int | None]:
    """Find for each bracket of a text the place of the other one of its pair, None where there is none."""
    partner: dict[int, int | None] = {}
    opened: list[int] = []
    for at, letter in enumerate(text):
        if letter in _BRACKETS:
            partner[at] = None
            opened.append(at)
        elif letter in _BRACKETS.values():
            partner[at] = None
            if opened and _BRACKETS[text[opened[-1]]] == letter:
                start = opened.pop()
                partner[at], partner[start] = start, at
    return partner


def _read(get_tag: Callable[[str], object | None], *keys: str) -> str:
    """Read the first key that holds a name; "Unnamed" is none."""
    for key in keys:
        text = clean_text(get_tag(key)).strip("\u200e\u200f ")
        if text and text.casefold() != _UNNAMED:
            return text
    return ""
