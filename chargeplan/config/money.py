"""Sums of money in short words: 40M, 1.2B, 400 k, 4 crore."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chargeplan.config.tree import KeyPath

NUMBER_WORDS = {
    "thousand": 10**3,
    "lakh": 10**5,
    "lac": 10**5,
    "million": 10**6,
    "crore": 10**7,
    "billion": 10**9,
    "arab": 10**9,
}
# As the outputs write sums of money: PKR 61.5 M.
_LETTERS = {"k": 10**3, "m": 10**6, "b": 10**9}
_SCALES = NUMBER_WORDS | _LETTERS
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_WORDS = "|".join(f"{word}s?" for word in NUMBER_WORDS)
_SUM = re.compile(rf"(?:pkr\s*)?(?P<number>{_NUMBER})\s*(?P<scale>{_WORDS}|[kmb])", re.IGNORECASE)
# For schemas, whose patterns know no flags.
_ANY_CASE = "|".join(f"[{word[0].upper()}{word[0]}]{word[1:]}s?" for word in NUMBER_WORDS)
MONEY_PATTERN = rf"^(?:PKR *)?{_NUMBER} *(?:[kKmMbB]|{_ANY_CASE})$"
MONEY_FORMS = "40M, 1.2B, 400k, 4 crore or 5 lakh"
_LONGEST = 40


def is_money_key(path: KeyPath) -> bool:
    """Tell whether a key, or one that it is a part of, holds a sum of rupees: its name ends in `_pkr`."""
    return any(isinstance(part, str) and part.endswith("_pkr") for part in path)


def read_money(text: str) -> int | float | None:
    """Read a sum of money with a word or letter for its scale; None when it is none.

    k, M and B stand for thousand, million and billion, a lakh is 100 thousand, a crore 10 million.

    Examples
    --------
    >>> [read_money(text) for text in ("40M", "1.2B", "400 k", "PKR 61.5 M", "2.5 crore", "3 lakhs")]
    [40000000, 1200000000, 400000, 61500000, 25000000, 300000]
    >>> read_money("40") is None, read_money("forty M") is None
    (True, True)
    """
    match = _SUM.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None:
        return None
    word = match["scale"].casefold()
    amount = Decimal(match["number"]) * _SCALES[word if word in _SCALES else word.removesuffix("s")]
    return int(amount) if amount == amount.to_integral_value() else float(amount)
