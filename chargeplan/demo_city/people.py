"""People of the embedded city: census totals shared out by the weights of the tables."""

from __future__ import annotations

from chargeplan.demo_city.grid import locate
from chargeplan.demo_city.tables import Outskirt, Sector, read_rows


def list_people(
    sectors: tuple[Sector, ...], outskirts: tuple[Outskirt, ...]
) -> list[tuple[float, float, float]]:
    """List longitude, latitude (EPSG:4326) and people, four points to a sector or settlement.

    The sectors share the urban population of the Islamabad Capital Territory, the settlements
    the stated part of its rural population; the weights are assumptions.
    """
    figures = {row["key"]: float(row["value"]) for row in read_rows("people.csv")}
    rural = (figures["all_ict"] - figures["urban_ict"]) * figures["outskirts_share"]
    points = []
    sector_weight = sum(sector.people_weight for sector in sectors)
    for sector in sectors:
        people = figures["urban_ict"] * sector.people_weight / sector_weight
        points += _share(people, sector.row, sector.column, 0.24, 0.24)
    patch_weight = sum(patch.people_weight for patch in outskirts)
    for patch in outskirts:
        people = rural * patch.people_weight / patch_weight
        points += _share(people, patch.row, patch.column, patch.half_rows / 2, patch.half_columns / 2)
    return points


def _share(
    people: float, row: float, column: float, rows: float, columns: float
) -> list[tuple[float, float, float]]:
    if people <= 0:
        return []
    return [(*locate(row + i * rows, column + j * columns), people / 4) for i in (-1, 1) for j in (-1, 1)]
