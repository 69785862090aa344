"""A finished plan as every format needs it: its tables, and what must be said with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chargeplan.export.columns import CELL_COLUMNS, SITE_COLUMNS, ZONE_COLUMNS, find_decimals
from chargeplan.publish.attribution import describe_attribution, list_sources
from chargeplan.publish.geopackage import describe_cells
from chargeplan.publish.hexagons import build_hexagons
from chargeplan.publish.report.grounds import collect_figures
from chargeplan.publish.site_results import build_site_results, sort_by_rank
from chargeplan.text import clean_text, to_json
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    import shapely

    from chargeplan.export.options import ExportOptions
    from chargeplan.publish.bundle import RunBundle
    from chargeplan.tables import Column

NO_DATE = "2000-01-01"  # where no input has a date; the date that the GeoPackage has too
_DTYPES = {"text": "str", "whole": "Int64", "number": "float64", "flag": "boolean"}


@dataclass(frozen=True, slots=True, eq=False)
class ExportPlan:
    """A finished plan with its tables.

    Parameters
    ----------
    bundle : RunBundle
    options : ExportOptions
    sites : pandas.DataFrame
        Columns of `columns.SITE_COLUMNS`, sorted by site_id.
    stations : pandas.DataFrame
        The open and existing ones of them, best rank first.
    cells, zones : pandas.DataFrame
    """

    bundle: RunBundle
    options: ExportOptions
    sites: pd.DataFrame
    stations: pd.DataFrame
    cells: pd.DataFrame
    zones: pd.DataFrame

    @property
    def study(self) -> str:
        """Short name of the study, which the names of the files begin with."""
        return self.bundle.area.name

    @property
    def data_date(self) -> str:
        """Date of the newest input, YYYY-MM-DD; `NO_DATE` where none has one."""
        dates = [_complete_date(str(source["data_date"])) for source in list_sources(self.bundle)]
        return max([date for date in dates if date], default=NO_DATE)

    def get_table(self, layer: str) -> pd.DataFrame:
        """Return the table of a layer."""
        return {"stations": self.stations, "sites": self.sites, "cells": self.cells, "zones": self.zones}[
            layer
        ]

    def get_outlines(self, layer: str) -> Sequence[shapely.Polygon | shapely.MultiPolygon | None]:
        """Return the polygons of the rows of `cells` or `zones`; None for a zone without one."""
        cells = self.bundle.cells
        if layer == "cells":
            return list(build_hexagons(cells.cell_id))
        if cells.zones_are_cells:
            return list(build_hexagons(self.bundle.evaluation.zones["zone_id"].to_numpy()))
        return list(self.bundle.zone_outlines)


def build_export_plan(bundle: RunBundle, options: ExportOptions) -> ExportPlan:
    """Build the tables of a finished plan."""
    results = build_site_results(bundle)
    results["title"] = results["shown_name"]
    results["standing"] = np.select(
        [
            results["is_new"],
            results["status"].isin([SiteStatus.EXISTING.value, SiteStatus.COMPETITOR.value]),
        ],
        ["planned", "built"],
        "not chosen",
    )
    results["chargers_by_type"] = [
        to_json(counts, indent=None) if isinstance(counts, dict) else None
        for counts in results["chargers_by_type"]
    ]
    cells = describe_cells(bundle).assign(lon=bundle.cells.lonlat[:, 0], lat=bundle.cells.lonlat[:, 1])
    return ExportPlan(
        bundle,
        options,
        sites=_shape_table(results, SITE_COLUMNS),
        stations=_shape_table(sort_by_rank(results), SITE_COLUMNS),
        cells=_shape_table(cells, CELL_COLUMNS),
        zones=_shape_table(bundle.evaluation.zones, ZONE_COLUMNS),
    )


def describe_standing(plan: ExportPlan) -> list[str]:
    """Say in a few lines what the plan is, so that nobody takes it for what stands."""
    bundle = plan.bundle
    years = bundle.request.years
    when = f"{years[0]} to {years[-1]}" if len(years) > 1 else str(bundle.year)
    lines = [
        f"{clean_text(bundle.area.title)}: charging stations PLANNED for {when}; no new station of it is built.",
        f"Result: {bundle.solution.outcome_text}.",
        _count_stations(bundle),
    ]
    if bundle.area.is_schematic:
        lines.append("SCHEMATIC: the streets were drawn from a plan and not surveyed.")
    if bundle.grid is not None and bundle.grid.is_synthetic:
        lines.append(f"SYNTHETIC GRID: {clean_text(bundle.grid.title)}; figures of it are made up.")
    figures = collect_figures(bundle)
    assumed = int((figures["confidence"] == "assumption").sum())
    if assumed:
        lines.append(
            f"{assumed} of the {len(figures)} figures behind the plan are assumptions without a source."
        )
    return lines


def _count_stations(bundle: RunBundle) -> str:
    """Count what the report counts: new stations and chargers, existing stations; and the sites looked at."""
    new, chargers = (int(bundle.evaluation.get_metric(name)) for name in ("new_sites", "new_chargers"))
    existing, candidates = (
        int(bundle.sites.has_status(status).sum()) for status in (SiteStatus.EXISTING, SiteStatus.CANDIDATE)
    )
    return (
        f"New stations {new:,}, new chargers {chargers:,}, existing stations {existing:,}; "
        f"candidate sites that were looked at: {candidates:,}."
    )


def describe_rights(plan: ExportPlan) -> str:
    """Write whose data the plan rests on; says so where no input names its makers."""
    return describe_attribution(plan.bundle) or "No input file names its makers."


def describe_origin(plan: ExportPlan) -> dict[str, Any]:
    """Describe the plan as plain data, for formats with room for it."""
    bundle = plan.bundle
    return {
        "study": plan.study,
        "title": clean_text(bundle.area.title),
        "year": bundle.year,
        "planned": True,
        "is_schematic": bundle.area.is_schematic,
        "is_grid_synthetic": bool(bundle.grid is not None and bundle.grid.is_synthetic),
        "outcome": bundle.solution.outcome_text,
        "attribution": describe_rights(plan),
        "config_sha256": bundle.config_sha256,
    }


def read_counts(row: dict[str, Any]) -> dict[str, int]:
    """Read the number of chargers by type of a row; empty where the study names no types."""
    text = row["chargers_by_type"]
    return dict(json.loads(text)) if isinstance(text, str) else {}


def _shape_table(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Bring a table to its columns: cleaned texts, rounded numbers; what a run does not know is missing."""
    shaped = {}
    for column in columns:
        if column.name not in frame:
            shaped[column.name] = pd.Series([None] * len(frame)).astype(_DTYPES[column.type])
            continue
        values = frame[column.name].reset_index(drop=True)
        if column.type == "text":
            # JSON is made of cleaned names, and has no longest length.
            clean = str if column.name == "chargers_by_type" else clean_text
            kept = [None if column.may_be_missing and pd.isna(value) else clean(value) for value in values]
            shaped[column.name] = pd.Series(kept, dtype="str")
        elif column.type == "number":
            numbers = values.astype("float64").replace([np.inf, -np.inf], np.nan)
            decimals = find_decimals(column.name)
            shaped[column.name] = numbers if decimals is None else numbers.round(decimals)
        else:
            shaped[column.name] = values.astype(_DTYPES[column.type])
    return pd.DataFrame(shaped)


def _complete_date(text: str) -> str:
    """Complete a date to its day; empty when it is none."""
    day = (text[:10] + "-01-01"[len(text[:10]) - 4 :]) if len(text) in {4, 7} else text[:10]
    try:
        return pd.Timestamp(day).date().isoformat() if day else ""
    except ValueError:
        return ""
