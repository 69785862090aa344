"""A published file held against the records of its run."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.errors import DataError, VerificationError, name_rows
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.records import CandidateSites, Solution

# RFC 7946 files carry 7 decimals.
_COORDINATE_TOLERANCE_DEG = 1e-7
_Station = tuple[int, str, float, float]  # chargers, status, longitude, latitude


def check_published_sites(path: Path, sites: CandidateSites, solution: Solution) -> int:
    """Check that a GeoJSON holds exactly the stations of a plan, and count them.

    Parameters
    ----------
    path : Path
        The ``sites.geojson`` of a run.
    sites : CandidateSites
    solution : Solution

    Returns
    -------
    int
        Number of stations.

    Raises
    ------
    DataError
        When the file cannot be read as GeoJSON.
    VerificationError
        When a station is missing, was added, repeated, moved or changed (chargers or status).
    """
    stations = _read_stations(path)
    published = dict(stations)
    is_station = (solution.chargers > 0) | sites.has_status(SiteStatus.EXISTING)
    expected = {
        str(row.site_id): (int(solution.chargers[pos]), str(row.status), float(row.lon), float(row.lat))
        for pos, row in zip(np.flatnonzero(is_station), sites.table[is_station].itertuples(), strict=True)
    }
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
    changed = [
        name
        for name in sorted(expected.keys() & published.keys())
        if not _agree(expected[name], published[name])
    ]
    if changed:
        faults.append(f"stations were changed: {name_rows(changed)}")
    if faults:
        raise VerificationError("\n".join(f"{path.name}: {fault}; run the study again" for fault in faults))
    return len(expected)


def _read_stations(path: Path) -> list[tuple[str, _Station]]:
    """Read each feature as its id and what `_agree` compares, as they stand in the file."""
    try:
        features: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
        return [
            (
                str(feature["properties"]["site_id"]),
                (
                    feature["properties"]["chargers"],
                    feature["properties"]["status"],
                    float(feature["geometry"]["coordinates"][0]),
                    float(feature["geometry"]["coordinates"][1]),
                ),
            )
            for feature in features
        ]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(f"{path}: damaged GeoJSON ({error!r}); run the study again") from error


def _agree(expected: _Station, published: _Station) -> bool:
    return expected[:2] == published[:2] and all(
        abs(left - right) <= _COORDINATE_TOLERANCE_DEG
        for left, right in zip(expected[2:], published[2:], strict=True)
    )
