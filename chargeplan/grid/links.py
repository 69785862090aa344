"""Read which asset of the grid a site hangs on, where the planner knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.errors import DataError, FaultCollector, name_rows
from chargeplan.files import require_file
from chargeplan.rows import Rows
from chargeplan.table_file import check_column_names, read_csv_columns
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_COLUMNS = {"site_id": "id of the site, as in sites.geojson", "feeder_id": "id of its asset in grid.path"}


@dataclass(frozen=True, slots=True, eq=False)
class GridLinks:
    """The asset of each site that names one.

    Parameters
    ----------
    feeder_of_site : dict of str to str
        Id of the asset by id of the site.
    line_of_site : dict of str to int
        Line of the file, for messages.
    where : str
        Key and file, for messages.
    """

    feeder_of_site: dict[str, str]
    line_of_site: dict[str, int]
    where: str

    def check(self, asset_ids: Collection[str]) -> None:
        """Refuse assets that the grid does not have.

        Raises
        ------
        DataError
            With the lines that name them.
        """
        known = set(asset_ids)
        wrong = [site_id for site_id, feeder in self.feeder_of_site.items() if feeder not in known]
        if wrong:
            lines = Rows("line", [self.line_of_site[site_id] for site_id in wrong])
            ids = list(dict.fromkeys(self.feeder_of_site[site_id] for site_id in wrong))
            raise DataError(
                f"{self.where}: feeder_id in {lines.name(range(len(wrong)))} is no asset of grid.path "
                f"({name_rows(map(repr, ids))}); correct it, or empty it to take the nearest"
            )


def read_links(path: Path, key: str) -> GridLinks:
    """Read the columns site_id and feeder_id of a CSV; rows without one of them say nothing.

    Raises
    ------
    DataError
        When the file is no CSV, lacks a column, or names two assets for one site.
    """
    where = f"{key}: {require_file(path, key).name}"

    def find_missing(names: list[str]) -> list[str]:
        return [
            f"{where} has no column {name!r} ({meaning}); its columns, separated by commas, are: {', '.join(names)}"
            for name, meaning in _COLUMNS.items()
            if name not in names
        ]

    columns, lines = read_csv_columns(path, where, find_missing)
    faults = FaultCollector(DataError)
    check_column_names(columns, _COLUMNS, where, faults)
    feeder_of_site: dict[str, str] = {}
    line_of_site: dict[str, int] = {}
    twice: dict[str, int] = {}
    sites, feeders = ([clean_text(text) for text in columns[name]] for name in _COLUMNS)
    for site_id, feeder, line in zip(sites, feeders, lines, strict=True):
        if not site_id or not feeder:
            continue
        if feeder_of_site.setdefault(site_id, feeder) != feeder:
            twice[site_id] = line
        line_of_site.setdefault(site_id, line)
    if twice:
        named = Rows("line", list(twice.values())).name(range(len(twice)))
        faults.add(
            f"{where}: another feeder_id than before for the same site ({name_rows(map(repr, twice))}) in {named}; "
            f"keep one row for each site"
        )
    faults.raise_if_any()
    return GridLinks(feeder_of_site, line_of_site, where)
