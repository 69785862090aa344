"""Data are late after 30 days, old after a year, and the day matters only in the terminal."""

from datetime import date

import pytest

from chargeplan.osm.times import count_days, describe_age, describe_lateness, is_timestamp, warn_of_age


@pytest.mark.parametrize(
    ("value", "is_good"),
    [
        ("2026-03-19T19:50:00Z", True),
        ("2024-02-29T00:00:00Z", True),
        ("2026-02-29T00:00:00Z", False),
        ("2026-03-19T24:00:00Z", False),
        ("2026-03-19 19:50:00Z", False),
        ("2026-03-19T19:50:00", False),
        ("2026-03-19T19:50:00+05:00", False),
        ("٢٠٢٦-03-19T19:50:00Z", False),
        ("2026-03-19T19:50:00Z\n", False),
        ("", False),
        (None, False),
        (20260319, False),
    ],
)
def test_only_times_as_openstreetmap_writes_them_are_times(value, is_good):
    assert is_timestamp(value) is is_good


@pytest.mark.parametrize(
    ("retrieved", "words"),
    [
        ("2026-04-18T23:59:59Z", ""),  # 30 days
        ("2026-04-19T00:00:00Z", "the data were 31 days old when they were fetched or cut (2026-04-19)"),
    ],
)
def test_data_are_late_after_thirty_days(retrieved, words):
    assert describe_lateness("2026-03-19T19:50:00Z", retrieved) == words


def test_an_unknown_time_is_neither_late_nor_old():
    assert describe_lateness("", "2026-04-19T00:00:00Z") == ""
    assert warn_of_age("", date(2026, 4, 19)) == ""
    assert count_days("2026-03-19", "") is None


def test_data_are_old_after_a_year():
    assert warn_of_age("2025-03-19", date(2026, 3, 19)) == ""  # 365 days
    assert "366 days old" in warn_of_age("2025-03-18", date(2026, 3, 19))


def test_one_day_is_a_day():
    assert describe_age("2026-03-19T19:50:00Z", date(2026, 3, 20)).endswith("1 day old")
