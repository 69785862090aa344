"""A published file held against the records of its run."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from chargeplan.errors import DataError, VerificationError, name_rows
from chargeplan.publish.site_results import RESULT_COLUMNS, RESULT_TEXTS
from chargeplan.run_records import PUBLISHED_ALWAYS
from chargeplan.store import check_published
from chargeplan.text import clean_text
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.records import CandidateSites, Evaluation, Solution

SITES_NAME = "sites.geojson"
# RFC 7946 files carry 7 decimals.
_COORDINATE_TOLERANCE_DEG = 1e-7
_TEXTS = ("status", "kind", "name", "name_en", "name_ur")
_STAGES = ("opened_year", "chargers_by_type")
# The number of chargers is held against the solution itself; the file does not tell how many cells are served.
_FIGURES = tuple(name for name in RESULT_COLUMNS if name not in {"chargers", "n_cells"})
_Station = dict[str, Any]  # by property, with "longitude" and "latitude"


def check_published_plan(
    folder: Path, sites: CandidateSites, solution: Solution, evaluation: Evaluation
) -> int:
    """Check all published files of a run folder, and count them; of an edited ``sites.geojson`` say what was changed.

    A file whose checksum differs is somebody's edit. One that has its checksum and is not the plan would be a fault
    of chargeplan.

    Raises
    ------
    DataError
        With every file that is missing or was changed since the run, and what to do.
    VerificationError
        When ``sites.geojson`` is as the run wrote it and does not hold the plan.
    """
    path = folder / SITES_NAME
    try:
        count = check_published(folder / "records", needed=PUBLISHED_ALWAYS)
    except DataError as error:
        start = f"{path}: changed since the run"
        faults = [
            f"{start}: {difference}" if fault.startswith(start) and difference else fault
            for fault in error.faults
            for difference in [_describe_edit(path, sites, solution, evaluation)]
        ]
        raise DataError(faults) from error
    check_published_sites(path, sites, solution, evaluation)
    return count


def _describe_edit(path: Path, sites: CandidateSites, solution: Solution, evaluation: Evaluation) -> str:
    try:
        check_published_sites(path, sites, solution, evaluation)
    except (DataError, VerificationError) as error:
        return "; ".join(line.partition(": ")[2] for line in str(error).splitlines())
    except OSError:
        return ""
    return ""


def check_published_sites(
    path: Path, sites: CandidateSites, solution: Solution, evaluation: Evaluation
) -> int:
    """Check that a GeoJSON holds exactly the stations of a plan, and count them.

    Parameters
    ----------
    path : Path
        The ``sites.geojson`` of a run.
    sites : CandidateSites
    solution : Solution
    evaluation : Evaluation

    Returns
    -------
    int
        Number of stations.

    Raises
    ------
    DataError
        When the file cannot be read as GeoJSON.
    VerificationError
        When a station is missing, was added, repeated, moved or changed; the first property that
        differs is named.
    """
    stations = _read_stations(path)
    published = dict(stations)
    expected = _list_stations(sites, solution, evaluation)
    faults = []
    missing = sorted(expected.keys() - published.keys())
    added = sorted(published.keys() - expected.keys())
    if missing:
        faults.append(f"stations of the plan are missing: {name_rows(missing)}")
    if added:
        faults.append(f"stations are not in the plan: {name_rows(added)}")
    repeated = sorted(name for name, count in Counter(name for name, _ in stations).items() if count > 1)
    if repeated:
        faults.append(f"stations are there twice: {name_rows(repeated)}")
    differences = {
        name: _find_difference(expected[name], published[name])
        for name in sorted(expected.keys() & published.keys())
    }
    changed = [name for name, difference in differences.items() if difference]
    if changed:
        faults.append(
            f"stations were changed: {name_rows(changed)}; of {changed[0]} {differences[changed[0]]}"
        )
    if faults:
        raise VerificationError("\n".join(f"{path.name}: {fault}; run the study again" for fault in faults))
    return len(expected)


def _list_stations(sites: CandidateSites, solution: Solution, evaluation: Evaluation) -> dict[str, _Station]:
    is_station = (solution.chargers > 0) | sites.has_status(SiteStatus.EXISTING)
    table = sites.table[is_station]
    figures = evaluation.sites.set_index("site_id")[[*_FIGURES, *RESULT_TEXTS]].reindex(table["site_id"])
    rows = zip(
        table.to_dict("records"), solution.chargers[is_station], figures.to_dict("records"), strict=True
    )
    stages = _list_stages(evaluation)
    return {
        str(row["site_id"]): {
            "chargers": int(chargers),
            "longitude": float(row["lon"]),
            "latitude": float(row["lat"]),
            **{name: clean_text(row[name]) for name in _TEXTS},
            **{name: float(figured[name]) for name in _FIGURES},
            **{name: clean_text(figured[name]) for name in RESULT_TEXTS},
            **(stages.get(str(row["site_id"]), {}) if row["status"] != SiteStatus.EXISTING else {}),
        }
        for row, chargers, figured in rows
    }


def _list_stages(evaluation: Evaluation) -> dict[str, _Station]:
    """List year and chargers by type of each station; nothing for a plain plan, which has one of each."""
    table = evaluation.station_years
    if table.empty:
        return {}
    first, last = table.groupby("site_id")["year"].min(), table[table["year"] == table["year"].max()]
    by_type: dict[str, dict[str, int]] = {}
    for row in last.itertuples():
        by_type.setdefault(str(row.site_id), {})[clean_text(row.charger_type)] = int(row.chargers)
    return {
        site_id: {"opened_year": int(first[site_id]), "chargers_by_type": counts}
        for site_id, counts in by_type.items()
    }


def _read_stations(path: Path) -> list[tuple[str, _Station]]:
    """Read each feature as its id and its properties, as they stand in the file."""
    try:
        features: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
        return [
            (
                str(feature["properties"]["site_id"]),
                {
                    **{
                        name: feature["properties"][name]
                        for name in ("chargers", *_TEXTS, *_FIGURES, *RESULT_TEXTS, *_STAGES)
                    },
                    "longitude": float(feature["geometry"]["coordinates"][0]),
                    "latitude": float(feature["geometry"]["coordinates"][1]),
                },
            )
            for feature in features
        ]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise DataError(f"{path}: damaged GeoJSON ({error!r}); run the study again") from error


def _find_difference(expected: _Station, published: _Station) -> str:
    """Name the first property that differs; empty when all agree."""
    for name, value in expected.items():
        found = published[name]
        if name in {"longitude", "latitude"}:
            is_same = abs(value - found) <= _COORDINATE_TOLERANCE_DEG
        elif name == "mean_drive_min" and expected["served_kwh_day"] <= 0:
            is_same = found is None  # nobody drives there
        elif name in _FIGURES:
            is_same = _is_rounded(value, found)
        elif name == "chargers_by_type":
            is_same = found in (value, None)  # None where the study names no types
        else:
            is_same = value == found
        if not is_same:
            return f"{name} is {found!r}, the plan has {value!r}"
    return ""


def _is_rounded(figure: float, found: object) -> bool:
    """Tell whether a number of the file is a figure, rounded to the decimals that the file shows."""
    if found is None or not math.isfinite(figure):
        return found is None and not math.isfinite(figure)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        return False
    return float(found) == round(figure, len(f"{found:.9f}".rstrip("0").partition(".")[2]))
