"""Names of figures in plain words: without the unit that stands beside them, and abbreviations spelt right."""

from __future__ import annotations

import re

# Names that say too little once their unit is gone, or that are short for something.
_NAMES = {
    "charge_battery_share": "part of the battery filled at a charge",
    "land_m2_per_charger": "land for each charger",
    "land_pkr_m2_month": "rent of land",
    "neeca_up_to_kw": "upper end of a NEECA fee band",
    "petrol_kg_l": "weight of petrol",
    "petrol_l_100km": "petrol burnt",
    "om_share_year": "operation and maintenance, part of the capital",
    "diesel_kg_l": "weight of diesel",
    "diesel_l_100km": "diesel burnt",
    "km day": "distance driven",
    "kwh km": "energy used",
}
_SPELT = {
    "co2": "CO₂",
    "disco": "DISCO",
    "kva": "kVA",
    "kw": "kW",
    "kwh": "kWh",
    "neeca": "NEECA",
    "om": "operation and maintenance",
    "pkr": "PKR",
    "pm25": "PM2.5",
    "usd": "USD",
}
_BARE_UNITS = {"1", "", "exponent", "ratio", "types", "year"}
_SHARE = "share"


def name_figure(name: str, unit: str) -> str:
    """Name a figure in plain words.

    Parameters
    ----------
    name : str
        Key of a figure, or a step of the demand in words, which may hold keys.
    unit : str
        Unit that is shown beside it; said once.

    Examples
    --------
    >>> name_figure("charger_efficiency_share", "share"), name_figure("battery kwh", "kWh")
    ('charger efficiency', 'battery')
    >>> name_figure("three_wheeler", "share")
    'rickshaw'
    """
    if name in _NAMES:
        return _NAMES[name]
    words = name.replace("_", " ").split(" ")
    # A sentence keeps its end ("weight of all places"); a key ends in its unit.
    if unit not in _BARE_UNITS and ("_" in name or len(words) == 2):
        # A share is shown in percent, and keeps its word where a step says what it is part of.
        in_unit = set(re.findall(r"[a-z0-9]+", unit.lower().replace("co2e", "").replace("/100 km", "/100km")))
        if "_" not in name:
            in_unit -= {_SHARE}
        while len(words) > 1 and words[-1] in in_unit:
            words.pop()
    text = " ".join(_SPELT.get(word, word) for word in words)
    return text.replace("two wheeler", "motorcycle").replace("three wheeler", "rickshaw")


def name_unit(unit: str, name: str) -> str:
    """Name the unit behind a value; empty where the value needs none, or the name says it already.

    Examples
    --------
    >>> name_unit("share/year", "growth"), name_unit("weight", "weight of all places"), name_unit("m2", "land")
    ('a year', '', 'm²')
    """
    if unit in _BARE_UNITS or unit in name.split():
        return ""
    if is_share(unit):
        rest = unit.removeprefix(_SHARE).replace("/", "a ").strip()
        return "" if rest in name else rest
    return re.sub(r"\bm2\b", "m²", unit).replace("CO2e", " CO₂e").replace(" x ", " × ")


def is_share(unit: str) -> bool:
    """Tell whether a unit is a share, which is shown in percent."""
    return unit == _SHARE or unit.startswith((f"{_SHARE}/", f"{_SHARE} "))
