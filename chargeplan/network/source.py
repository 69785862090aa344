"""Where the road data come from: their manifest checked, their area compared with the study's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.errors import DataError
from chargeplan.files import compute_sha256, find_project_folder, require_file
from chargeplan.geo import WGS84, project_geometry
from chargeplan.network.osm_file import KEY
from chargeplan.osm.manifest import (
    LARGEST_OUTSIDE_SHARE,
    OSM_ATTRIBUTION,
    OSM_LICENCE,
    Manifest,
    advise_renewal,
    check_manifest,
    get_covered,
    read_manifest,
)
from chargeplan.records import DataSource
from chargeplan.units import SQUARE_METRES_PER_KM2

if TYPE_CHECKING:
    from pathlib import Path

    import shapely

    from chargeplan.network.repairs import RepairLog
    from chargeplan.records import StudyArea

NO_MANIFEST = "no manifest: the file was not checked for completeness"


@dataclass(frozen=True, slots=True, eq=False)
class CheckedFile:
    """A file of roads whose bytes are those of its manifest, when it has one.

    Parameters
    ----------
    path : Path
    sha256 : str
    manifest : Manifest or None
    """

    path: Path
    sha256: str
    manifest: Manifest | None

    @property
    def limits(self) -> tuple[str, ...]:
        """What the manifest says that the data cannot tell or lack."""
        return () if self.manifest is None else self.manifest.limits


def check_file(path: Path) -> CheckedFile:
    """Check a file of roads against the manifest beside it, if there is one.

    Raises
    ------
    DataError
        When the file is missing, its manifest is damaged or describes another file.
    """
    require_file(path, KEY)
    manifest = read_manifest(path, KEY)
    sha256 = compute_sha256(path)
    if manifest is not None:
        check_manifest(path, manifest, KEY, sha256=sha256)
    return CheckedFile(path, sha256, manifest)


def check_cover(checked: CheckedFile, area: StudyArea) -> None:
    """Check that the data are complete in the study area; without a manifest that is not known.

    Raises
    ------
    DataError
        When more than 0.1 % of the study area lies outside.
    """
    if checked.manifest is None:
        return
    outside_km2, share = _measure_outside(checked.manifest, area.boundary, area.crs)
    if share > LARGEST_OUTSIDE_SHARE:
        covered = get_covered(checked.manifest)
        covered_km2 = project_geometry(covered, WGS84, area.crs).area / SQUARE_METRES_PER_KM2
        west, south, east, north = covered.bounds
        extract = "" if checked.manifest.endpoint else ", with an EXTRACT that holds all of it"
        raise DataError(
            f"{KEY}: {outside_km2:,.1f} km2 of the study area ({share:.1%}) lie outside what {checked.path.name} "
            f"covers: {covered_km2:,.0f} km2 between west {west:.4f}, south {south:.4f}, east {east:.4f}, north "
            f"{north:.4f} (asked for was {checked.manifest.area}); `{advise_renewal(checked.manifest)}` with the "
            f"config of this study brings the rest{extract}, or correct study.area"
        )


def note_buffer(
    checked: CheckedFile, area: StudyArea, buffered: shapely.Geometry, repairs: RepairLog
) -> None:
    """Note how much of the area with its buffer (EPSG:4326) the data do not cover."""
    if checked.manifest is None:
        return
    outside_km2, share = _measure_outside(checked.manifest, buffered, area.crs)
    if share > LARGEST_OUTSIDE_SHARE:
        repairs.add(
            "km2 of the buffer around the study area that the data do not cover; roads there are missing",
            [f"{outside_km2:,.1f} km2, {share:.1%} of the area with its buffer"],
            count=math.ceil(outside_km2),
        )


def describe_source(checked: CheckedFile, data_date: str, limits: tuple[str, ...]) -> DataSource:
    """Describe the file for the run record and the attribution.

    Only the street plan of the project itself owes OpenStreetMap no credit. Where the file
    lies decides, not ``study.schematic``: a planner's word must not take the credit from an
    extract.

    Parameters
    ----------
    checked : CheckedFile
    data_date : str
        Date of the newest road or place, used when the manifest does not know better.
    limits : tuple of str
        Of the manifest and of this kind of file.
    """
    manifest = checked.manifest
    own_folder = (find_project_folder("data") / "demo").resolve()
    is_own = checked.path.resolve().is_relative_to(own_folder)
    if manifest is not None:
        licence, attribution = manifest.licence, manifest.attribution
        data_date = manifest.osm_timestamp[:10] or data_date
    elif is_own:
        licence, attribution = "MIT", "Schematic street plan of chargeplan"
    else:
        licence, attribution = OSM_LICENCE, OSM_ATTRIBUTION
    return DataSource(
        key=KEY,
        file_name=checked.path.name,
        sha256=checked.sha256,
        size_bytes=checked.path.stat().st_size,
        licence=licence,
        attribution=attribution,
        data_date=data_date,
        endpoint=manifest.endpoint if manifest is not None else "",
        limits=limits if manifest is not None or is_own else (NO_MANIFEST, *limits),
    )


def _measure_outside(manifest: Manifest, geometry: shapely.Geometry, crs: str) -> tuple[float, float]:
    """Measure what of a geometry (EPSG:4326) the data do not cover, in km2 and as a share."""
    covered = project_geometry(get_covered(manifest), WGS84, crs)
    whole = project_geometry(geometry, WGS84, crs)
    outside_m2 = whole.difference(covered).area
    return outside_m2 / SQUARE_METRES_PER_KM2, outside_m2 / whole.area
