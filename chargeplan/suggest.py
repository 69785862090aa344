"""Reading a planner's words: what was meant by a word that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggest_word(word: str, known: Iterable[str]) -> str:
    """Say which known word is nearest, else list them all.

    Examples
    --------
    >>> suggest_word("exsiting", ["existing", "required"])
    "did you mean 'existing'?"
    >>> suggest_word("foo", ["existing", "required"])
    'use one of existing, required'
    """
    words = [str(word) for word in known]
    nearest = get_close_matches(word.strip().casefold(), words, n=1, cutoff=0.6)
    return f"did you mean {nearest[0]!r}?" if nearest else f"use one of {', '.join(words)}"
