"""Hours a day without power from the grid."""

from __future__ import annotations

from chargeplan.cities import find_city
from chargeplan.errors import ConfigError
from chargeplan.figures import PLANNER, DatedFigure, read_figure_file

_NAME, _UNIT = "outage_hours_day", "hours/day"
_KEY = "model.charger.outage_hours_day"
# As much as the config may say: where there is never any power nothing can be planned.
_LONGEST_HOURS_DAY = 23.0


def find_outage(
    city: str | None, given_hours_day: float | None, *, factor: float = 1.0, scenario: str = ""
) -> DatedFigure:
    """Find the hours a day without grid power, and where they come from.

    What the config says counts first, then the company that supplies the city (data/outage).
    Without a city nothing is known and no outages are counted; the source says so. The hours of a
    company are multiplied by the factor of the scenario, to at most 23 a day.

    Raises
    ------
    ConfigError
        When the city is not known, or the hours of its company are not.

    Examples
    --------
    >>> find_outage("karachi", None).value
    2.4
    >>> find_outage(None, None).source
    'no study.city is given, so that outages are not counted'
    """
    if given_hours_day is not None:
        return DatedFigure(_NAME, given_hours_day, _UNIT, _KEY, PLANNER)
    if city is None:
        source = "no study.city is given, so that outages are not counted"
        return DatedFigure(_NAME, 0.0, _UNIT, source, "assumption")
    company = find_city(city).disco
    figure = read_figure_file("outage", "hours.csv", ("disco", "quantity")).get((company, _NAME))
    if figure is None:
        raise ConfigError(f"study.city: data/outage/hours.csv has no outage hours of {company}; set {_KEY}")
    hours_day, source = figure.value, f"{company}: {figure.source}"
    if factor != 1:
        hours_day = min(hours_day * factor, _LONGEST_HOURS_DAY)
        source = f"{hours_day:g} = {figure.value:g} x {factor:g} by the scenario {scenario}; {source}"
    return DatedFigure(_NAME, hours_day, _UNIT, source, figure.confidence)
