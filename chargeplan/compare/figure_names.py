"""Names of the figures, their groups, and whether more of one is better."""

MORE_IS_BETTER = {
    **dict.fromkeys(
        (
            "served",
            "served_share",
            "served_usable_share",
            "objective",
            "worst_zone_share",
            "revenue",
            "net_income",
            "npv",
            "petrol_saved",
            "diesel_saved",
            "oil_import_saved",
            "driver_saving",
            "co2e_saved",
            "co2e_saved_clean_grid",
            "co2e_saved_dirty_grid",
            "pm25_saved",
        ),
        True,
    ),
    **dict.fromkeys(
        (
            "unserved",
            "out_of_reach",
            "cost_per_kwh_day",
            "mean_drive",
            "median_drive",
            "p90_drive",
            "payback",
            "payback_half_sales",
            "break_even_utilisation",
            "unusable_share",
        ),
        False,
    ),
}
# What the search makes large or small: while its difference is not proven, neither is that of these.
SERVED = frozenset({"objective", "served", "served_share", "served_usable_share", "unserved"})
WORST_SERVED = frozenset({"worst_zone_share"})
PAID = frozenset({"cost", "cost_per_kwh_day"})
GROUPS = {
    "Demand served": (
        "served_share",
        "served",
        "unserved",
        "demand",
        "competitor",
        "usable",
        "served_usable_share",
        "unusable_share",
        "worst_zone_share",
        "worst_zone_share_bound",
        "target_share",
        "out_of_reach",
        "off_network",
    ),
    "Stations": (
        "new_sites",
        "new_chargers",
        "existing_sites",
        "installed_power",
        "mean_utilisation",
        "outage",
        "peak_share",
        "served_pairs",
    ),
    "Money to spend": (
        "cost",
        "site_cost",
        "charger_cost",
        "grid_upgrades",
        "grid_risk",
        "cost_per_kwh_day",
        "least_cost_bound",
        "capex",
    ),
    "Driving": ("mean_drive", "median_drive", "p90_drive"),
    "Economics": (
        "revenue",
        "yearly_cost",
        "net_income",
        "npv",
        "payback",
        "payback_half_sales",
        "break_even_utilisation",
    ),
    "Benefits": (
        "petrol_saved",
        "diesel_saved",
        "oil_import_saved",
        "driver_saving",
        "co2e_saved",
        "co2e_saved_clean_grid",
        "co2e_saved_dirty_grid",
        "pm25_saved",
    ),
    "Proof": ("objective", "bound"),
}
OTHER_GROUP = "Other figures"
