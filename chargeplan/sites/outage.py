"""Hours a day without power from the grid."""

from __future__ import annotations

from dataclasses import replace

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

    What the config says counts first, then the company that supplies the city (data/outage); both are
    multiplied by the factor of the scenario, to at most 23 a day. Without a city nothing is known and
    no outages are counted; the source says so.

    Raises
    ------
    ConfigError
        When the city is not known, the hours of its company are not, or a scenario changes hours that
        nobody has given.

    Examples
    --------
    >>> find_outage("karachi", None).value
    2.4
    >>> find_outage(None, None).source
    'no study.city is given, so that outages are not counted'
    """
    figure = _find_hours(city, given_hours_day)
    if factor == 1:
        return figure
    if city is None and given_hours_day is None:
        raise ConfigError(
            f"demand.scenario: {scenario} multiplies the hours without power by {factor:g}, but nothing says how "
            f"many there are; give study.city or {_KEY} (0 for none)"
        )
    hours_day = min(figure.value * factor, _LONGEST_HOURS_DAY)
    source = f"{hours_day:g} = {figure.value:g} x {factor:g} by the scenario {scenario}; {figure.source}"
    return replace(figure, value=hours_day, source=source)


def _find_hours(city: str | None, given_hours_day: float | None) -> DatedFigure:
    if given_hours_day is not None:
        return DatedFigure(_NAME, given_hours_day, _UNIT, _KEY, PLANNER)
    if city is None:
        source = "no study.city is given, so that outages are not counted"
        return DatedFigure(_NAME, 0.0, _UNIT, source, "assumption")
    company = find_city(city).disco
    figure = read_figure_file("outage", "hours.csv", ("disco", "quantity")).get((company, _NAME))
    if figure is None:
        raise ConfigError(f"study.city: data/outage/hours.csv has no outage hours of {company}; set {_KEY}")
    return replace(figure, name=_NAME, source=f"{company}: {figure.source}")
