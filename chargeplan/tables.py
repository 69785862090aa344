"""The columns of every table that crosses a stage: name, type, meaning.

One tuple per table; `check_table` holds a frame to it. The same tuples feed the reference
pages, so the meaning of a column is written once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pandas.api import types

from chargeplan.errors import RecordError

if TYPE_CHECKING:
    import pandas as pd

ColumnType = Literal["text", "whole", "number", "flag"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        With its unit.
    type : {"text", "whole", "number", "flag"}
    meaning : str
    may_be_missing : bool
        True when NaN is a value with a meaning ("not known").
    """

    name: str
    type: ColumnType
    meaning: str
    may_be_missing: bool = False


_CHECKS = {
    "text": types.is_string_dtype,
    "whole": types.is_integer_dtype,
    "number": types.is_float_dtype,
    "flag": types.is_bool_dtype,
}

PLACES = (
    Column("place_id", "text", "OpenStreetMap type and id (n123, w45) or file name and row"),
    Column("kind", "text", "a word of PlaceKind"),
    Column("name", "text", "local name, empty when none"),
    Column("name_en", "text", "English name, empty when none"),
    Column("name_ur", "text", "Urdu name, empty when none"),
    Column("brand", "text", "brand or operator, empty when none"),
    Column("lon", "number", "degrees east, EPSG:4326"),
    Column("lat", "number", "degrees north, EPSG:4326"),
    Column("capacity", "number", "vehicles or bays as tagged", may_be_missing=True),
    Column("area_m2", "number", "area of a place drawn as an area", may_be_missing=True),
    Column(
        "power_kw",
        "number",
        "power of a charging station: charging_station:output, else the sum over its sockets",
        may_be_missing=True,
    ),
    Column("source", "text", "file name the place was read from"),
)

SETTLEMENTS = (
    Column("place_id", "text", "OpenStreetMap type and id (n123)"),
    Column("kind", "text", "OpenStreetMap word of its kind: city, town, suburb, village ..."),
    Column("name", "text", "shown name, the first of several"),
    Column("name_ur", "text", "name in Urdu, empty when none"),
    Column("lon", "number", "degrees east, EPSG:4326"),
    Column("lat", "number", "degrees north, EPSG:4326"),
)

LAND_AREAS = (
    Column("land_id", "text", "OpenStreetMap type and id (w45) or file name and row"),
    Column("kind", "text", "a word of LandKind"),
    Column("name", "text", "shown name, empty when none"),
    Column("source", "text", "file name the area was read from"),
)

ROADS = (
    Column("road_class", "text", "OpenStreetMap highway class without _link"),
    Column("name", "text", "shown name, empty when none"),
    Column("length_m", "number", "length of the piece"),
    Column("speed_kmh", "number", "free speed"),
    Column("is_speed_tagged", "flag", "speed from a maxspeed tag"),
)

URDU_NAMES = (
    Column("name", "text", "shown name"),
    Column("name_ur", "text", "what it is in Urdu"),
)

REPAIRS = (
    Column("what", "text", "what was mended or left out"),
    Column("count", "whole", "how many"),
    Column("examples", "text", "the first few ids"),
)

ZONES = (
    Column("zone_id", "text", "id of the zone"),
    Column("zone_name", "text", "name of the zone"),
)

SITES = (
    Column("site_id", "text", "stable id: place_id, or file name and row"),
    Column("kind", "text", "a word of PlaceKind"),
    Column("status", "text", "existing, required, candidate or competitor"),
    Column("name", "text", "local name, empty when none"),
    Column("name_en", "text", "English name, empty when none"),
    Column("name_ur", "text", "Urdu name, empty when none"),
    Column("brand", "text", "brand or operator, empty when none"),
    Column("lon", "number", "degrees east, EPSG:4326"),
    Column("lat", "number", "degrees north, EPSG:4326"),
    Column("node_pos", "whole", "row of the network node"),
    Column("snap_m", "number", "distance to that node"),
    Column("fixed_cost_pkr", "number", "cost of opening the site, without chargers"),
    Column("max_chargers", "whole", "bays that may get a charger"),
    Column("existing_chargers", "whole", "chargers that stand there (existing and competitor), else 0"),
    Column("existing_power_kw", "number", "their total power, else 0"),
    Column("feeder_exempt", "flag", "its feeder is exempt from load shedding"),
    Column("has_storage", "flag", "it has a battery that bridges outages"),
    Column("separate_meter_needed", "flag", "the tariff of charging stations needs a meter of its own here"),
    Column("solar_kw", "number", "power of its solar panels, else 0"),
    Column("source", "text", "file name the site was read from"),
)

GRID_ASSETS = (
    Column("asset_id", "text", "id of the asset in its file"),
    Column("name", "text", "name, empty when none"),
    Column("lon", "number", "degrees east, EPSG:4326, of a point on the asset", may_be_missing=True),
    Column("lat", "number", "degrees north, EPSG:4326, of a point on the asset", may_be_missing=True),
    Column("parent_pos", "whole", "row of the asset above that feeds it, -1 when there is none"),
    Column(
        "headroom_kw",
        "number",
        "new load that the asset can take as it stands, missing when unknown",
        may_be_missing=True,
    ),
    Column("step_kw", "number", "headroom that one upgrade adds, 0 when none is offered"),
    Column("step_pkr", "number", "cost of one upgrade, 0 when none is offered"),
    Column("max_steps", "whole", "largest number of upgrades, 0 when none is offered"),
    Column("is_synthetic", "flag", "its figures are made up, to show or to test"),
)

FIGURES = (
    Column("name", "text", "what the figure is; ends in its unit, after a dot what it is of"),
    Column("value", "number", "the figure"),
    Column("unit", "text", "its unit"),
    Column("source", "text", "where it comes from, with its year and file, or the config key"),
    Column("confidence", "text", "high, med, low, assumption, or planner"),
)

CHARGER_TYPES = (
    Column("name", "text", "short name of the charger type"),
    Column("power_kw", "number", "rated power of one charger, kW"),
    Column("cost_pkr", "number", "price of one charger, installed, PKR"),
    Column("levels", "text", "numbers of such chargers a station may have, spaces between"),
)

ZONE_FLOORS = (
    Column("zone_id", "text", "id of the zone"),
    Column("floor_share", "number", "least share of its demand that must be served"),
)

REMOVED_SITES = (
    Column("site_id", "text", "id of the removed site"),
    Column("kind", "text", "a word of PlaceKind"),
    Column("status", "text", "status it was read with"),
    Column("name", "text", "shown name"),
    Column("lon", "number", "degrees east, EPSG:4326"),
    Column("lat", "number", "degrees north, EPSG:4326"),
    Column("reason", "text", "a word of RemovalReason"),
    Column("detail", "text", "the other site, the distance"),
    Column("name_ur", "text", "Urdu name, empty when not known or from before it was kept"),
)


def check_table(frame: pd.DataFrame, columns: tuple[Column, ...], name: str) -> None:
    """Hold a frame to its columns: the same names in the same order, types, no missing values.

    Raises
    ------
    RecordError
        With every difference.
    """
    faults = []
    expected = [column.name for column in columns]
    if list(frame.columns) != expected:
        faults.append(f"columns are {list(frame.columns)}, expected {expected}")
    for column in columns:
        if column.name not in frame.columns:
            continue
        series = frame[column.name]
        if len(series) and not _CHECKS[column.type](series):
            faults.append(f"{column.name} is {series.dtype}, expected {column.type}")
        elif not column.may_be_missing and bool(series.isna().any()):
            faults.append(
                f"{column.name} has missing values in rows {np.flatnonzero(series.isna())[:5].tolist()}"
            )
    if faults:
        msg = f"table {name}: " + "; ".join(faults)
        raise RecordError(msg)


def make_table(columns: tuple[Column, ...], data: dict[str, object]) -> pd.DataFrame:
    """Build a frame with the dtypes of its columns, also when it has no rows.

    Parameters
    ----------
    columns : tuple of Column
    data : dict
        A sequence for each column name.
    """
    import pandas as pd

    dtypes = {"text": "str", "whole": "int64", "number": "float64", "flag": "bool"}
    return pd.DataFrame(
        {
            column.name: pd.Series(data[column.name]).astype(dtypes[column.type]).reset_index(drop=True)
            for column in columns
        }
    )
