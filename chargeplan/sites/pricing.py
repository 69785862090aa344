"""What a site costs to open, how many chargers it holds, and what it is like."""

from __future__ import annotations

import csv
import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.errors import DataError, FaultCollector
from chargeplan.figures import read_figure_file
from chargeplan.files import find_data_file, require_file
from chargeplan.suggest import suggest_word
from chargeplan.words import PlaceKind, SiteStatus

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.config.settings import SitesSettings

LOG = logging.getLogger(__name__)

_SERVING = (SiteStatus.EXISTING.value, SiteStatus.COMPETITOR.value)


@dataclass(frozen=True, slots=True)
class KindCost:
    """What a site of one kind costs and holds when nobody said otherwise.

    Parameters
    ----------
    fixed_cost_pkr : float
        Cost of opening the site, without chargers.
    max_chargers : int
        Bays that may get a charger.
    """

    fixed_cost_pkr: float
    max_chargers: int


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """Figures of data/costs/site_figures.csv.

    Parameters
    ----------
    parking_bays_share : float
        Share of the tagged bays of a car park that may get a charger.
    existing_chargers : float
        Chargers of a station whose number is not recorded.
    existing_charger_kw : float
        Power of each charger of a station whose power is not recorded.
    max_station_kw : float
        Largest tagged power of a station that is believed.
    """

    parking_bays_share: float
    existing_chargers: float
    existing_charger_kw: float
    max_station_kw: float


@lru_cache(maxsize=1)
def read_site_figures() -> SiteFigures:
    """Read the figures that stand in where a site says nothing."""
    with find_data_file("costs", "site_figures.csv").open(encoding="utf-8", newline="") as file:
        return SiteFigures(**{row["quantity"]: float(row["value"]) for row in csv.DictReader(file)})


def read_kind_costs(path: Path, key: str) -> dict[PlaceKind, KindCost]:
    """Read fixed cost and bays by kind of site.

    Parameters
    ----------
    path : Path
        CSV with the columns ``kind``, ``fixed_cost_pkr`` and ``max_chargers``.
    key : str
        Config key that named it, for messages.

    Raises
    ------
    DataError
        With every fault: a missing column, an unknown or repeated kind, a figure out of range.
    """
    where = f"{key}: {require_file(path, key).name}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or ()
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{where} cannot be read as a CSV file: {error}; save it as UTF-8 with commas"
        ) from error
    missing = [name for name in ("kind", "fixed_cost_pkr", "max_chargers") if name not in columns]
    if missing:
        raise DataError(f"{where} has no column {', '.join(missing)}; its columns are {', '.join(columns)}")
    faults = FaultCollector(DataError)
    costs: dict[PlaceKind, KindCost] = {}
    for number, row in enumerate(rows, start=1):
        word = (row["kind"] or "").strip()
        if word not in set(PlaceKind):
            faults.add(f"{where}: row {number}: kind {word!r} is not known; {suggest_word(word, PlaceKind)}")
        elif PlaceKind(word) in costs:
            faults.add(f"{where}: row {number}: kind {word!r} occurs twice; keep one row")
        else:
            cost = _parse_kind_cost(row)
            if cost is None:
                faults.add(
                    f"{where}: row {number}: got fixed_cost_pkr {row['fixed_cost_pkr']!r} and max_chargers "
                    f"{row['max_chargers']!r}; expected 0 or more PKR and a whole number of 1 or more"
                )
            else:
                costs[PlaceKind(word)] = cost
    faults.raise_if_any()
    return costs


def _parse_kind_cost(row: dict[str, str]) -> KindCost | None:
    try:
        fixed_cost_pkr, max_chargers = float(row["fixed_cost_pkr"]), int(row["max_chargers"])
    except (TypeError, ValueError):
        return None
    return (
        KindCost(fixed_cost_pkr, max_chargers) if 0 <= fixed_cost_pkr < np.inf and max_chargers >= 1 else None
    )


def price_sites(pool: pd.DataFrame, settings: SitesSettings) -> pd.DataFrame:
    """Fill the cost, the bays and the chargers that stand at each site.

    - ``fixed_cost_pkr``: the planner's column, else ``sites.fixed_cost_pkr`` by kind, else the
      cost file; 0 for existing and competitor sites.
    - ``max_chargers``: the planner's column; for a car park with tagged capacity, the share
      ``parking_bays_share`` of it, at least 1; else the cost file by kind (the capacity of
      other kinds counts beds, pupils or seats); never below the chargers that stand there.
    - ``separate_meter_needed``: the planner's column, else the rule of data/costs/meter_rules.csv
      by kind; ``feeder_exempt``, ``has_storage`` and ``solar_kw``: the planner's columns, else no
      and 0.
    - ``existing_chargers`` and ``existing_power_kw``, at existing and competitor sites: the
      file, else the tags (of a charging station, capacity counts chargers; a power above
      ``max_station_kw`` was already dropped by `gather_sites`), else the figures
      of data/costs/site_figures.csv, told in the log with how many sites they stand for.

    Returns
    -------
    pandas.DataFrame
        `pool` with these columns filled.

    Raises
    ------
    DataError
        When the cost file lacks a kind that a site has.
    """
    path = settings.costs or find_data_file("costs", "sites.csv")
    costs = read_kind_costs(path, "sites.costs")
    lacking = sorted(set(pool["kind"]) - {kind.value for kind in costs})
    if lacking:
        raise DataError(
            f"sites.costs: {path.name} has no row for {', '.join(lacking)}, of which there are sites; "
            f"add the rows"
        )
    figures = read_site_figures()
    serving = pool["status"].isin(_SERVING)
    chargers, power_kw = _count_standing(pool, serving, figures)
    by_kind_pkr = {
        kind.value: settings.fixed_cost_pkr.get(kind, cost.fixed_cost_pkr) for kind, cost in costs.items()
    }
    fixed_cost_pkr = pool["fixed_cost_pkr"].fillna(pool["kind"].map(by_kind_pkr)).astype("float64")
    is_counted_park = (pool["kind"] == PlaceKind.PARKING.value) & (pool["capacity"] > 0)
    bays = (pool["capacity"] * figures.parking_bays_share).round().clip(lower=1).where(is_counted_park)
    by_kind = pool["kind"].map({kind.value: float(cost.max_chargers) for kind, cost in costs.items()})
    max_chargers = pool["max_chargers"].fillna(bays).fillna(by_kind)
    needs_meter = pool["kind"].map(_read_meter_rules()).fillna(0.0)
    return pool.assign(
        fixed_cost_pkr=fixed_cost_pkr.mask(serving, 0.0),
        max_chargers=np.maximum(max_chargers, chargers).astype("int64"),
        existing_chargers=chargers.astype("int64"),
        existing_power_kw=power_kw,
        feeder_exempt=pool["feeder_exempt"].fillna(0.0).astype("bool"),
        has_storage=pool["has_storage"].fillna(0.0).astype("bool"),
        separate_meter_needed=pool["separate_meter_needed"].fillna(needs_meter).astype("bool"),
        solar_kw=pool["solar_kw"].fillna(0.0),
    )


def _read_meter_rules() -> dict[str, float]:
    """Read which kinds of sites need a meter of their own for the tariff of charging stations."""
    return {
        kind: figure.value
        for (kind,), figure in read_figure_file("costs", "meter_rules.csv", ("kind",)).items()
    }


def _count_standing(
    pool: pd.DataFrame, serving: pd.Series, figures: SiteFigures
) -> tuple[pd.Series, pd.Series]:
    """Return the chargers and the power at existing and competitor sites, 0 at others."""
    tagged = (
        pool["capacity"]
        .round()
        .where((pool["kind"] == PlaceKind.CHARGING_STATION.value) & (pool["capacity"] >= 1))
    )
    known = pool["existing_chargers"].fillna(tagged)
    chargers = known.fillna(figures.existing_chargers).where(serving, 0.0)
    power_kw = pool["power_kw"].where(pool["power_kw"] > 0)
    filled_kw = power_kw.fillna(chargers * figures.existing_charger_kw).where(serving, 0.0)
    n_chargers, n_power = int((known.isna() & serving).sum()), int((power_kw.isna() & serving).sum())
    if n_chargers or n_power:
        LOG.info(
            "of %d existing and competitor sites %d say no number of chargers (taken as %g) and %d no power "
            "(taken as %g kW per charger), see data/costs/site_figures.csv",
            int(serving.sum()),
            n_chargers,
            figures.existing_chargers,
            n_power,
            figures.existing_charger_kw,
        )
    return chargers, filled_kw
