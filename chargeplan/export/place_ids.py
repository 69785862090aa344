"""Ids for protocols that take 36 characters of ASCII at most, and no two that differ in case alone."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_PLACE_ID = 30  # of the 36 of OCPI, so that a number of a charger goes behind it
_FITTING = re.compile(r"[A-Za-z0-9._:-]+")
_KEPT, _HASHED = 13, 16


def make_place_ids(site_ids: Iterable[str]) -> dict[str, str]:
    """Make an id for each site: its own where that fits, else its beginning and a part of its checksum.

    Examples
    --------
    >>> make_place_ids(["n123", "فیول.csv:7"])["n123"]
    'n123'
    """
    ids = list(site_ids)
    folded = [site_id.casefold() for site_id in ids]
    return {
        site_id: site_id
        if len(site_id) <= LONGEST_PLACE_ID and _FITTING.fullmatch(site_id) and folded.count(low) == 1
        else _shorten(site_id)
        for site_id, low in zip(ids, folded, strict=True)
    }


def _shorten(site_id: str) -> str:
    kept = "".join(re.findall(r"[A-Za-z0-9._:-]", site_id))[:_KEPT]
    return f"{kept}~{hashlib.sha256(site_id.encode()).hexdigest()[:_HASHED]}"
