"""What planners call a class of vehicles; its key is for configs and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLASS_WORDS = {
    "two_wheeler": "motorcycles",
    "three_wheeler": "rickshaws",
    "car": "cars",
    "taxi": "taxis",
    "bus": "buses",
    "truck": "trucks",
}


def name_class(key: str) -> str:
    """Name a class of vehicles as people do; one of the planner's own by its key, without underlines.

    Examples
    --------
    >>> name_class("three_wheeler"), name_class("goods_van")
    ('rickshaws', 'goods van')
    """
    return _CLASS_WORDS.get(key) or clean_text(key.replace("_", " ") if key.isidentifier() else key)


def list_classes(keys: Iterable[str]) -> str:
    """Name several classes in one list, ``buses, rickshaws``."""
    return ", ".join(map(name_class, keys))
