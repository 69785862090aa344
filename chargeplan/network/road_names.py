"""Roads in two scripts: which English name goes with which Urdu one, told by the ways that bear both."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from chargeplan.script_names import Names, find_names, is_urdu
from chargeplan.tables import URDU_NAMES, make_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

NamePairs = Counter[tuple[str, str]]  # shown and Urdu name, and how many ways bear both
_KEYS = ("name", "name:en", "name:ur", "int_name")


def find_road_names(get_tag: Callable[[str], str | None]) -> Names:
    """Find the shown name of a road, English where there is one, and the Urdu one."""
    return _choose_names(*map(get_tag, _KEYS))


@lru_cache(maxsize=4096)
def _choose_names(*values: str | None) -> Names:
    """Choose once for all ways of the same tags; most ways are unnamed or pieces of a road."""
    tags = dict(zip(_KEYS, values, strict=True))
    names = find_names(tags.get)
    return Names(names.english or tags["name"] or names.urdu, names.urdu)


def find_english_names(pairs: NamePairs) -> dict[str, str]:
    """Find for Urdu names the English one that other ways of the name bear with it, the most frequent first.

    Of the pieces of a road often only a few bear both.
    """
    return _choose((urdu, shown, count) for (shown, urdu), count in pairs.items() if not is_urdu(shown))


def tabulate_urdu_names(pairs: NamePairs, shown_names: Iterable[str]) -> pd.DataFrame:
    """Tabulate the Urdu names of roads by their shown name, columns of `tables.URDU_NAMES`, sorted."""
    urdu_of: Mapping[str, str] = _choose(
        (shown, urdu, count) for (shown, urdu), count in pairs.items() if shown != urdu
    )
    kept = sorted(urdu_of.keys() & set(shown_names))
    return make_table(URDU_NAMES, {"name": kept, "name_ur": [urdu_of[name] for name in kept]})


def _choose(triples: Iterable[tuple[str, str, int]]) -> dict[str, str]:
    """Choose for each first text the second that it goes with most often, of equals the first by name."""
    counts: Counter[tuple[str, str]] = Counter()
    for first, second, count in triples:
        counts[first, second] += count
    chosen: dict[str, str] = {}
    for (first, second), _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        chosen.setdefault(first, second)
    return chosen
