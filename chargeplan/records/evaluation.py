"""What a plan gives, computed anew from raw data."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from chargeplan.records.promises import Floats, get_value, require


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What was recomputed about a plan, without the solver.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Columns name, value, unit, meaning.
    zones : pandas.DataFrame
        Per zone: zone_id, zone_name, people, demand_kwh_day, competitor_kwh_day,
        served_kwh_day, served_share.
    sites : pandas.DataFrame
        Per open or existing site: site_id, rank, chargers, power_kw, served_kwh_day,
        capacity_kwh_day, utilisation_share (of the opening hours), cost_pkr, mean_drive_min,
        n_cells; in its busiest hour peak_wait_min, peak_busy_share of drivers who find all chargers busy and
        wait, peak_blocked_share who would drive on if nobody waited (NaN where no charger stands; the first two
        also where the line would grow without end, the wait where nobody knows the batteries); alone_kwh_day
        that reaches no other open station, dropped_loss_kwh_day when it closes and all others stay; load_kva
        (NaN without chargers or power factor), bays that its chargers take; feeder_id, feeder_name (empty where
        nobody knows), feeder_headroom_kw before the plan, feeder_left_kw after its last year; zone_name. Most
        energy first, sites by id where equal.
    travel_histogram : pandas.DataFrame
        Columns from_min, to_min, served_kwh_day.
    checks : pandas.DataFrame
        Columns name, passed, detail; every check passed.
    cell_served_kwh_day : ndarray, shape (n_cells,)
    warnings : tuple of str
    economics : pandas.DataFrame
        How the money and the benefits came about, one row per figure: step, value, unit, source,
        confidence. No rows when no figures were given.
    site_economics : pandas.DataFrame
        Per new station, by site_id: its costs and revenue by kind, net present value, payback and
        break-even (columns of `chargeplan.evaluate.economics`).
    economics_by_year : pandas.DataFrame
        Per year, from the construction on: capital, costs, revenue and what they are worth then.
    years : pandas.DataFrame
        Per year planned for, of a plan that is not plain: year, demand_kwh_day (of all cells), usable_kwh_day (of
        it, left for our stations, of classes that can use a charger), served_kwh_day, served_share of all demand,
        served_usable_share; all that is new by then (new_sites, new_chargers, new_power_kw), all money up
        to then (money_pkr, NaN when not limited), cost_pkr with its parts (stations_pkr, risk_pkr charged for
        unknown headroom, upgrades_pkr of the grid) and what is left_pkr; worst_zone_id (of zones that sites
        reach), worst_zone_share of its usable demand, gini.
    station_years : pandas.DataFrame
        Per year, station and charger type with chargers: year, site_id, charger_type, power_kw of one
        charger, chargers, served_kwh_day, capacity_kwh_day.
    zone_years : pandas.DataFrame
        Per year and zone: year, zone_id, zone_name, demand_kwh_day, usable_kwh_day, served_kwh_day,
        served_share, served_usable_share (all as in `years`), floor_share (NaN without one).
    grid_years : pandas.DataFrame
        Per year and grid asset with new load or upgrades: year, asset_id, name, parent_id, load_kw,
        headroom_kw (NaN when unknown), steps, limit_kw with them, is_unknown, is_synthetic.
    rule_places : pandas.DataFrame
        Per year, policy rule and place: year, rule_id, must, place, reached, required, unit, state.
    """

    metrics: pd.DataFrame
    zones: pd.DataFrame
    sites: pd.DataFrame
    travel_histogram: pd.DataFrame
    checks: pd.DataFrame
    cell_served_kwh_day: Floats
    warnings: tuple[str, ...]
    economics: pd.DataFrame = field(default_factory=pd.DataFrame)
    site_economics: pd.DataFrame = field(default_factory=pd.DataFrame)
    economics_by_year: pd.DataFrame = field(default_factory=pd.DataFrame)
    years: pd.DataFrame = field(default_factory=pd.DataFrame)
    station_years: pd.DataFrame = field(default_factory=pd.DataFrame)
    zone_years: pd.DataFrame = field(default_factory=pd.DataFrame)
    grid_years: pd.DataFrame = field(default_factory=pd.DataFrame)
    rule_places: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        require(bool(self.checks["passed"].all()), "an evaluation with a failed check must not be made")

    def get_metric(self, name: str) -> float:
        """Return the value of a metric by name.

        Raises
        ------
        KeyError
            When there is no such metric.
        """
        return get_value(self.metrics, name)
