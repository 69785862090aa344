"""The one escape for text that comes from data: names, titles, file names.

Text from OpenStreetMap is untrusted. It reaches the browser in two ways only:
as JSON inside a ``<script type="application/json">`` block (`to_script_json`), which the
page shows with ``textContent``, or as HTML text (`safe_html`), whose extra entities also
hold inside the JavaScript template literals that folium writes.
"""

from __future__ import annotations

import html
import json
import math
import re
import unicodedata
from collections.abc import Mapping

_TEMPLATE_LITERAL_ENTITIES = str.maketrans(
    {"`": "&#96;", "$": "&#36;", "\\": "&#92;", "{": "&#123;", "}": "&#125;"}
)
_SCRIPT_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Code points that Unicode keeps free of characters for ever; XML refuses some of them.
_NONCHARACTERS = frozenset(
    map(
        chr, [*range(0xFDD0, 0xFDF0), *(plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF))]
    )
)
_DROPPED = _BIDI_CONTROLS | _NONCHARACTERS
_NAME_PARTS = re.compile(r"[;|؛]|\s/\s")
_MAX_NAME_CHARACTERS = 300
_LONGEST_WORD = 40  # a longer run of letters is cut where it is


def clean_text(value: object, longest: int = _MAX_NAME_CHARACTERS) -> str:
    r"""Return one line of printable text: no control or bidi override characters, at most 300 long.

    What is longer ends with a whole word where it has words.

    Examples
    --------
    >>> clean_text("Shell\x00 F-7\nMarkaz")
    'Shell F-7 Markaz'
    >>> clean_text(None)
    ''
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    text = str(value)
    if not (text.isascii() and text.isprintable()):  # most texts are, and need no look at each letter
        text = "".join(
            " " if character in "\n\r\t\u2028\u2029" else character
            for character in unicodedata.normalize("NFC", text)
            if character not in _DROPPED
            and (character in "\n\r\t" or unicodedata.category(character) not in {"Cc", "Cs"})
        )
    joined = re.sub(r" {2,}", " ", text).strip()
    if len(joined) <= longest:
        return joined
    cut = joined[: longest - 1]
    last_space = cut.rfind(" ")
    if joined[longest - 1] != " " and last_space > longest - _LONGEST_WORD:
        cut = cut[:last_space]
    return cut.rstrip() + "…"


def safe_html(value: object, longest: int = _MAX_NAME_CHARACTERS) -> str:
    """Escape text for HTML content, attributes and template literals inside scripts; cut where it is too long.

    `html.escape` alone leaves ``${...}`` and backticks alive where folium copies HTML into
    a JavaScript template literal (python-visualization/folium issue 1640).

    Examples
    --------
    >>> safe_html("${alert(1)}<img src=x>")
    '&#36;&#123;alert(1)&#125;&lt;img src=x&gt;'
    """
    return html.escape(clean_text(value, longest), quote=True).translate(_TEMPLATE_LITERAL_ENTITIES)


def to_script_json(data: object) -> str:
    """Write strict JSON that is safe inside an HTML script element.

    Raises
    ------
    ValueError
        When the data holds NaN or an infinity, which JSON does not have.
    """
    return to_json(data, indent=None).translate(_SCRIPT_ESCAPES)


def to_json(data: object, indent: int | None = 2) -> str:
    """Write strict JSON with sorted keys and no NaN, so that equal data are equal bytes."""
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        data, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=indent, separators=separators
    )


def show_name(names: Mapping[str, object], fallback: str) -> str:
    """Choose the name to show: English, then the local one, then Urdu, then the fallback.

    Parameters
    ----------
    names : mapping
        May hold ``name_en``, ``name`` and ``name_ur``.
    fallback : str
        Used when every name is empty or says "Unnamed".
    """
    for key in ("name_en", "name", "name_ur"):
        text = clean_text(names.get(key))
        if text and text.casefold() != "unnamed":
            return text
    return clean_text(fallback)


def shorten_name(value: object, longest: int = 60) -> str:
    """Keep the first of several names, and what stands before a bracket, at most `longest` characters.

    Names part at a semicolon, a bar, or a slash with spaces around it.

    Examples
    --------
    >>> shorten_name("Tarnol (ترنول)"), shorten_name("Blue Area; Jinnah Avenue"), shorten_name("F-7/2")
    ('Tarnol', 'Blue Area', 'F-7/2')
    """
    parts = (part.strip(" .,") for part in _NAME_PARTS.split(clean_text(value)))
    first = next(filter(None, parts), "")
    before = first.partition("(")[0].strip()
    return clean_text(before or first, longest)


def escape_invisible(text: str) -> str:
    r"""Make control and other invisible characters of a message visible, on one line.

    Examples
    --------
    >>> escape_invisible("a\nb\x1b[31m")
    'a\\nb\\x1b[31m'
    """
    return "".join(
        character
        if character.isprintable() or character in "\u200c\u200d"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def count_files(count: int) -> str:
    """Count input files in words.

    Examples
    --------
    >>> count_files(1), count_files(2)
    ('1 input file', '2 input files')
    """
    return f"{count} input file{'' if count == 1 else 's'}"
