"""Times of OpenStreetMap data, and when data are too old to be used without a word."""

from __future__ import annotations

import re
from datetime import date, datetime

# Roads change every week, so data that a server gave late are said to be so; a plan on data
# older than a year is still a plan, with a warning.
LATE_DAYS = 30
OLD_DAYS = 365

_LATE = "days old when they were fetched or cut"
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", re.ASCII)


def is_timestamp(value: object) -> bool:
    """Tell whether a value is a time as OpenStreetMap writes it, such as 2026-03-19T19:50:00Z."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def count_days(data_time: str, until: str) -> int | None:
    """Count the days between two dates or times (ISO 8601); None when one is not known.

    Examples
    --------
    >>> count_days("2026-03-19T19:50:00Z", "2026-04-20")
    32
    """
    if not data_time or not until:
        return None
    return (date.fromisoformat(until[:10]) - date.fromisoformat(data_time[:10])).days


def describe_lateness(osm_timestamp: str, retrieved: str) -> str:
    """Say that data were old when they were fetched or cut; empty when they were not.

    Examples
    --------
    >>> describe_lateness("2026-03-19T19:50:00Z", "2026-05-19T08:00:00Z")
    'the data were 61 days old when they were fetched or cut (2026-05-19)'
    """
    days = count_days(osm_timestamp, retrieved)
    if days is None or days <= LATE_DAYS:
        return ""
    return f"the data were {days:,} {_LATE} ({retrieved[:10]})"


def is_lateness(text: str) -> bool:
    """Tell whether a text is, or holds, what `describe_lateness` says."""
    return _LATE in text


def describe_age(data_time: str, today: date) -> str:
    """Say how old data are today, for a terminal; never written to a file of results.

    Examples
    --------
    >>> describe_age("2026-03-19T19:50:00Z", date(2026, 3, 29))
    'OpenStreetMap data of 2026-03-19, 10 days old'
    >>> describe_age("", date(2026, 3, 29))
    'OpenStreetMap data of an unknown date'
    """
    days = count_days(data_time, today.isoformat())
    if days is None:
        return "OpenStreetMap data of an unknown date"
    return f"OpenStreetMap data of {data_time[:10]}, {days:,} day{'' if days == 1 else 's'} old"


def warn_of_age(data_time: str, today: date) -> str:
    """Warn of data older than a year, for a terminal; empty when they are younger or undated.

    Examples
    --------
    >>> warn_of_age("2020-07-14", date(2026, 3, 29))
    'OpenStreetMap data of 2020-07-14, 2,084 days old; fetch newer data, or say in the report how old they are'
    >>> warn_of_age("2026-03-19", date(2026, 3, 29))
    ''
    """
    days = count_days(data_time, today.isoformat())
    if days is None or days <= OLD_DAYS:
        return ""
    return f"{describe_age(data_time, today)}; fetch newer data, or say in the report how old they are"
