"""The GeoPackage of the plan, with the styles that QGIS opens it in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chargeplan.export.options import ExportFormat
from chargeplan.export.output_file import OutputFile
from chargeplan.publish.geopackage import check_geopackage, write_geopackage

if TYPE_CHECKING:
    from chargeplan.export.plan import ExportPlan


def list_geopackage_files(plan: ExportPlan) -> list[OutputFile]:
    """List the one file, the same as plan.gpkg of the run."""
    return [
        OutputFile(
            f"{plan.study}.gpkg",
            ExportFormat.GPKG,
            "every site, cell and zone with styles, for QGIS and other GIS",
            partial(write_geopackage, bundle=plan.bundle),
            partial(check_geopackage, bundle=plan.bundle),
        )
    ]
