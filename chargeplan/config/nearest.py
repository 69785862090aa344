"""The name a planner probably meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

_CHARACTERS_PER_EDIT = 3


def find_nearest(word: str, choices: Iterable[str]) -> str | None:
    """Find the choice that is closest to a misspelt word, or None when nothing is close.

    Case, and hyphens or spaces for underscores, count as no difference. One edit in three
    characters is allowed, at least one. Failing that, a choice of which the word is the
    beginning (a forgotten unit) or which shares all but the last part (a wrong unit) is taken
    when it is the only one.

    Examples
    --------
    >>> find_nearest("bugdet_pkr", ["budget_pkr", "max_sites"])
    'budget_pkr'
    >>> find_nearest("budget", ["budget_pkr", "max_sites"])
    'budget_pkr'
    >>> find_nearest("radius_m", ["radius_km", "lon"])
    'radius_km'
    >>> find_nearest("colour", ["budget_pkr", "max_sites"]) is None
    True
    """
    plain = _normalise(word)
    names = sorted(set(choices))
    if not plain or not names:
        return None
    allowed = max(1, len(plain) // _CHARACTERS_PER_EDIT)
    near = [name for name in names if count_strange_letters(plain, _normalise(name)) <= allowed]
    ranks = [rank for rank in (_rank(plain, name) for name in near) if rank[0] <= allowed]
    if ranks:
        return min(ranks)[-1]
    starting = [name for name in names if len(plain) > 2 and _normalise(name).startswith(plain)]
    if len(starting) == 1:
        return starting[0]
    stem = plain.rpartition("_")[0]
    same_stem = [name for name in names if stem and _normalise(name).rpartition("_")[0] == stem]
    return same_stem[0] if len(same_stem) == 1 else None


def count_strange_letters(left: str, right: str) -> int:
    """Count the letters of one word that the other lacks, of that word which has more of them.

    Quick to count, and never more than the edits between the words: each brings or takes one letter at most.

    Examples
    --------
    >>> count_strange_letters("bugdet", "budget")
    0
    >>> count_strange_letters("lat", "lon")
    2
    """
    first, second = Counter(left), Counter(right)
    return max((first - second).total(), (second - first).total())


def count_edits(left: str, right: str) -> int:
    """Count the insertions, deletions, replacements and swaps of neighbours between two words.

    The optimal string alignment distance, row by row.

    Examples
    --------
    >>> count_edits("bugdet", "budget")
    1
    >>> count_edits("lat", "lon")
    2
    """
    before: Sequence[int] = []
    last: list[int] = list(range(len(right) + 1))
    for row, character in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            best = min(last[column] + 1, current[-1] + 1, last[column - 1] + (character != other))
            if row > 1 and column > 1 and character == right[column - 2] and left[row - 2] == other:
                best = min(best, before[column - 2] + 1)
            current.append(best)
        before, last = last, current
    return last[-1]


def _normalise(word: str) -> str:
    return word.strip().casefold().replace("-", "_").replace(" ", "_")


def _rank(plain: str, name: str) -> tuple[int, bool, int, str]:
    """Order choices: fewest edits, same first letter, nearest length, alphabet."""
    other = _normalise(name)
    return count_edits(plain, other), plain[:1] != other[:1], abs(len(plain) - len(other)), name
