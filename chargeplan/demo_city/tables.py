"""The small tables of data/demo, read into plain rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache

from chargeplan.demo_city.grid import ROW_LETTERS, find_grid_point
from chargeplan.files import find_data_file


@dataclass(frozen=True, slots=True)
class Sector:
    """One sector: its place in the grid, what it is, its weight when people are shared out."""

    name: str
    row: int
    column: int
    kind: str
    people_weight: float


@dataclass(frozen=True, slots=True)
class Outskirt:
    """A settlement outside the grid: a turned patch of streets."""

    name: str
    name_ur: str
    row: float
    column: float
    half_rows: float
    half_columns: float
    turn_deg: float
    streets: int
    cross_streets: int
    people_weight: float


def read_rows(name: str) -> list[dict[str, str]]:
    """Read a table of data/demo as mappings from column to text."""
    with find_data_file("demo", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=1)
def read_sectors() -> tuple[Sector, ...]:
    """Read the sectors, in the order of the table."""
    return tuple(
        Sector(
            row["sector"],
            ROW_LETTERS[row["row"]],
            int(row["column"]),
            row["kind"],
            float(row["people_weight"]),
        )
        for row in read_rows("sectors.csv")
    )


@lru_cache(maxsize=1)
def read_outskirts() -> tuple[Outskirt, ...]:
    """Read the settlements outside the grid, in the order of the table."""
    return tuple(
        Outskirt(
            row["district"],
            row["name_ur"],
            *find_grid_point(float(row["lon"]), float(row["lat"])),
            float(row["half_rows"]),
            float(row["half_columns"]),
            float(row["turn_deg"]),
            int(row["streets"]),
            int(row["cross_streets"]),
            float(row["people_weight"]),
        )
        for row in read_rows("outskirts.csv")
    )
