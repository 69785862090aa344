"""The words of the map page in Urdu, and the language it begins with."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargeplan.words import MapLanguage

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle

URDU_FILE = Path(__file__).resolve().parent / "words" / "map_ur.json"


@lru_cache(maxsize=1)
def read_urdu_words() -> dict[str, str]:
    """Read the dictionary of the map: English texts and what they are in Urdu.

    In the English, ``{n}`` stands for a number, ``{*}`` for a text that has an entry of its own and
    ``{=}`` for a name that stays as it is; in the Urdu, ``{0}``, ``{1}`` ... are what stood there.
    """
    groups: dict[str, dict[str, str]] = json.loads(URDU_FILE.read_text(encoding="utf-8"))
    return {english: urdu for words in groups.values() for english, urdu in words.items()}


def build_words(bundle: RunBundle) -> dict[str, Any]:
    """Build what the page needs to speak both languages."""
    published = bundle.settings_as_run.get("publish", {})
    language = published.get("language", MapLanguage.ENGLISH.value)
    return {"language": str(MapLanguage(language)), "words": read_urdu_words()}
