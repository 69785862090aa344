"""The nearest name is the right one for nearly every single slip of a finger."""

import string

import numpy as np

from chargeplan.config.nearest import count_edits, count_strange_letters, find_nearest
from chargeplan.config.schema import follow, make_schema
from chargeplan.words import PlaceKind


def list_key_sets():
    """The keys of every section, and the closed sets of words."""
    schema = make_schema()
    sections = [follow(schema), *schema["$defs"].values()]
    return [list(section["properties"]) for section in sections if "properties" in section] + [
        list(PlaceKind)
    ]


def make_slips(word, rng):
    """One of each kind of single edit: left out, doubled, swapped, replaced, put in."""
    place = int(rng.integers(len(word)))
    letter = str(rng.choice(list(string.ascii_lowercase + "_")))
    yield word[:place] + word[place + 1 :]
    yield word[:place] + word[place] + word[place:]
    yield word[:place] + letter + word[place + 1 :]
    yield word[:place] + letter + word[place:]
    if place:
        yield word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]


def test_hint_is_right_for_nineteen_of_twenty_single_edits():
    rng = np.random.default_rng(20)
    right = tried = 0
    for keys in list_key_sets():
        for key in keys:
            for _ in range(5):
                for slip in make_slips(key, rng):
                    if slip in keys:
                        continue
                    tried += 1
                    right += find_nearest(slip, keys) == key
    assert tried > 3000
    assert right / tried >= 0.95


def test_edits_agree_with_the_recursive_definition():
    """The distance of the definition, without the table, on all words of three letters a, b."""

    def define(left, right):
        if not left or not right:
            return len(left) + len(right)
        best = min(
            define(left[:-1], right) + 1,
            define(left, right[:-1]) + 1,
            define(left[:-1], right[:-1]) + (left[-1] != right[-1]),
        )
        if left[-2:] == right[-2:][::-1] and len(left) > 1 and len(right) > 1:
            best = min(best, define(left[:-2], right[:-2]) + 1)
        return best

    words = [first + second + third for first in "ab" for second in "ab" for third in ("", "a", "b")]
    for left in words:
        for right in words:
            assert count_edits(left, right) == define(left, right)
            assert count_strange_letters(left, right) <= define(left, right)


def test_case_and_hyphens_are_no_difference():
    assert find_nearest("Budget-PKR", ["budget_pkr", "max_sites"]) == "budget_pkr"


def test_nothing_near_is_no_hint():
    assert find_nearest("colour", ["budget_pkr", "max_sites"]) is None
    assert find_nearest("", ["a"]) is None
    assert find_nearest("a", []) is None
