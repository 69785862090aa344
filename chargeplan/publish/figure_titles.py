"""Titles of the figures of a plan, for tables that name many: the comparison, and the workbook."""

_TITLES = {
    "npv": "Net present value",
    "capex": "Capital",
    "out_of_reach": "Demand that no site reaches within the limit",
    "off_network": "Demand too far from every road",
    "demand": "Demand, all cells",
    "competitor": "Demand that competitors take",
    "usable": "Demand that these chargers can serve",
    "served_share": "Share served",
    "served": "Energy served",
    "unserved": "Left over",
    "served_usable_share": "Served, of what these chargers can serve",
    "unusable_share": "Sold to classes that cannot use the chargers",
    "objective": "Plan, by what was made large",
    "bound": "Bound: no plan exceeds",
    "least_cost_bound": "Bound: no plan for the target costs less than",
    "pm25_saved": "PM2.5 saved",
    "co2e_saved": "CO2e saved",
    "co2e_saved_clean_grid": "CO2e saved with the low grid factor",
    "co2e_saved_dirty_grid": "CO2e saved with the high grid factor",
    "cost": "Money to spend",
    "site_cost": "Opening sites",
    "charger_cost": "Chargers",
    "grid_upgrades": "Upgrades of the grid",
    "grid_risk": "Risk charge for unknown headroom, not spent",
    "cost_per_kwh_day": "Cost per kWh/day served",
    "new_sites": "New stations",
    "existing_sites": "Existing stations",
    "installed_power": "Power of all stations",
    "mean_utilisation": "Mean use of the opening hours",
    "outage": "Hours without grid power",
    "served_pairs": "Pairs of cell and station",
    "mean_drive": "Mean drive",
    "median_drive": "Half of the energy drives at most",
    "p90_drive": "Nine tenths of the energy drive at most",
    "yearly_cost": "Cost of a year",
    "revenue": "Revenue of a year",
    "net_income": "Net income of a year",
    "break_even_utilisation": "Break-even use of the opening hours",
    "payback_half_sales": "Payback at half the sales",
    "oil_import_saved": "Imports of fuel saved",
    "driver_saving": "Drivers pay less by",
}
_COST_WITH_RISK = "Money to spend and risk charge"


def make_title(name: str, *, has_risk: bool = False) -> str:
    """Make the title of a figure; its name in words where it has none of its own.

    Parameters
    ----------
    name : str
        Name of the figure in run.json.
    has_risk : bool
        Whether a charge for unknown headroom stands in the cost.

    Examples
    --------
    >>> make_title("new_sites"), make_title("petrol_saved")
    ('New stations', 'Petrol saved')
    """
    if name == "cost" and has_risk:
        return _COST_WITH_RISK
    return _TITLES.get(name) or name.replace("_", " ").capitalize()
