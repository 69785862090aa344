"""One file of an export: how it is written, and how it is read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import ArrayLike

    from chargeplan.export.options import ExportFormat

LARGEST_SHIFT_DEG = 1.0e-7  # 1.1 cm


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file to write.

    Parameters
    ----------
    name : str
        Without folder.
    format : ExportFormat
    holds : str
        What it holds, in words.
    write : callable
        Writes it to a path, the same bytes for the same plan.
    check : callable
        Reads it back from a path and lists its faults.
    """

    name: str
    format: ExportFormat
    holds: str
    write: Callable[[Path], None]
    check: Callable[[Path], list[str]]


def find_shifted(
    lon: ArrayLike, lat: ArrayLike, expected_lon: ArrayLike, expected_lat: ArrayLike
) -> list[str]:
    """List how points differ from where they should be, more than 1.1 cm."""
    pairs = [
        (np.asarray(found, dtype=np.float64), np.asarray(wanted, dtype=np.float64))
        for found, wanted in ((lon, expected_lon), (lat, expected_lat))
    ]
    if any(len(found) != len(wanted) for found, wanted in pairs):
        return [f"{len(pairs[0][0])} points, expected {len(pairs[0][1])}"]
    shift = np.max([np.abs(found - wanted) for found, wanted in pairs], axis=0, initial=0.0)
    moved = np.flatnonzero(~(shift <= LARGEST_SHIFT_DEG + 1e-12))
    return [f"{len(moved)} points lie elsewhere, the first in row {int(moved[0])}"] if len(moved) else []
