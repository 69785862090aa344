"""What a user asks of an export."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from chargeplan.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


class ExportFormat(StrEnum):
    """Formats that a plan can leave in."""

    GEOJSON = "geojson"
    GPKG = "gpkg"
    PARQUET = "parquet"
    CSV = "csv"
    XLSX = "xlsx"
    OCPI = "ocpi"
    OCM = "ocm"
    KML = "kml"


class ExportLayer(StrEnum):
    """Tables of a plan that formats of one table each hold."""

    STATIONS = "stations"  # in the plan, or existing
    ZONES = "zones"
    CELLS = "cells"
    SITES = "sites"  # candidates that were not chosen and competitors too


USUAL_LAYERS = (ExportLayer.STATIONS, ExportLayer.ZONES, ExportLayer.CELLS)
_COUNTRY, _PARTY = re.compile(r"[A-Z]{2}"), re.compile(r"[A-Z0-9]{3}")
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
LONGEST_CITY = 45  # characters, OCPI 2.2.1


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Choices of an export.

    Parameters
    ----------
    formats : tuple of ExportFormat
    layers : tuple of ExportLayer
        Of geojson, parquet and csv.
    country_code, party_id : str
        Of the operator, for OCPI; party XXX stands for nobody.
    city : str
        For OCPI and Open Charge Map; empty for the city or the title of the study.
    last_updated : str
        Time for OCPI, such as 2026-03-01T00:00:00Z; empty for the date of the newest input.
    plugs : mapping of str to str
        Plug standard of OCPI by charger type, or by ``all``, instead of the project's figures.
    """

    formats: tuple[ExportFormat, ...] = tuple(ExportFormat)
    layers: tuple[ExportLayer, ...] = USUAL_LAYERS
    country_code: str = "PK"
    party_id: str = "XXX"
    city: str = ""
    last_updated: str = ""
    plugs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = []
        if not self.formats:
            faults.append(f"--format: name one or more of {', '.join(ExportFormat)}")
        if not self.layers:
            faults.append(f"--layer: name one or more of {', '.join(ExportLayer)}")
        if not _COUNTRY.fullmatch(self.country_code):
            faults.append(f'--country-code "{self.country_code}": expected two capital letters, such as PK')
        if not _PARTY.fullmatch(self.party_id):
            faults.append(f'--party-id "{self.party_id}": expected three capital letters or digits')
        if len(self.city) > LONGEST_CITY:
            faults.append(f"--city: {len(self.city)} characters; OCPI allows {LONGEST_CITY}")
        if self.last_updated and not _is_date_time(self.last_updated):
            faults.append(
                f'--last-updated "{self.last_updated}": expected a time in UTC, such as 2026-03-01T00:00:00Z'
            )
        if faults:
            raise ConfigError(faults)


def _is_date_time(text: str) -> bool:
    from datetime import datetime

    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:  # the 31st of February
        return False
    return True
