"""How far apart requests are, and what a server's wishes mean."""

from datetime import UTC, datetime

import pytest
from scripted_overpass import FakeClock

from chargeplan.download.pace import BACKOFF_S, Pace, SystemClock, parse_retry_after, parse_slot_wait

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def test_requests_start_a_second_after_the_last_one_ended():
    clock = FakeClock()
    pace = Pace(clock, deadline_s=900.0, seed=1)
    pace.wait_turn()
    assert clock.sleeps == []
    clock.seconds += 5.0  # the request itself
    pace.end_turn()
    clock.seconds += 0.25
    pace.wait_turn()
    assert clock.sleeps == [pytest.approx(0.75)]


def test_the_longest_hold_counts():
    clock = FakeClock()
    pace = Pace(clock, deadline_s=900.0, seed=1)
    pace.hold(30.0)
    pace.hold(7.0)
    assert pace.get_wait_s() == 30.0
    pace.wait_turn()
    assert clock.seconds == 1030.0


def test_a_sleep_that_ends_early_is_slept_on():
    clock = FakeClock()
    pace = Pace(clock, deadline_s=900.0, seed=1)
    pace.hold(10.0)

    def sleep_half(seconds: float) -> None:
        clock.seconds += seconds / 2 if seconds > 0.1 else seconds

    clock.sleep = sleep_half
    pace.wait_turn()
    assert clock.seconds >= 1010.0 - 1e-9


def test_waits_double_with_at_most_a_quarter_on_top_and_repeat_with_the_seed():
    def draw(seed: int) -> list[float]:
        pace = Pace(FakeClock(), deadline_s=900.0, seed=seed)
        return [pace.compute_backoff_s(n_tries) for n_tries in (1, 2, 3, 4)]

    assert draw(1) == draw(1) != draw(2)
    for wait_s, least_s in zip(draw(3), BACKOFF_S, strict=True):
        assert least_s <= wait_s <= 1.25 * least_s


def test_the_deadline_counts_from_the_start():
    clock = FakeClock()
    pace = Pace(clock, deadline_s=60.0, seed=1)
    clock.seconds += 61.0
    assert pace.get_remaining_s() == -1.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 17 ", 17.0),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120.0),
        ("Sunday, 22-Nov-26 12:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),  # past
        ("Sun, 22 Nov 2026 17:02:00 +0500", 120.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),  # a digit, but none of HTTP
        ("Sun, 99 Nov 2026 12:02:00 GMT", None),
        ("Sun, 22 Nov 99999999999999999999 12:02:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value, seconds):
    assert parse_retry_after(value, server_date=None, utc_now=NOON) == seconds


def test_a_date_counts_from_the_servers_clock_not_from_a_wrong_one_here():
    wrong = datetime(2020, 1, 1, tzinfo=UTC)
    found = parse_retry_after(
        "Sun, 22 Nov 2026 12:02:00 GMT", server_date="Sun, 22 Nov 2026 12:00:30 GMT", utc_now=wrong
    )
    assert found == 90.0


STATUS_PAGE = """Connected as: 2130706433
Current time: 2026-11-22T12:00:00Z
Announced endpoint: none
Rate limit: 2
{}
Currently running queries (pid, space limit, time limit, start time):
"""


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ("2 slots available now.", 0.0),
        ("1 slot available now.", 0.0),
        ("Slot available after: 2026-11-22T12:00:09Z, in 9 seconds.", 9.0),
        (
            "Slot available after: 2026-11-22T12:00:30Z, in 30 seconds.\n"
            "Slot available after: 2026-11-22T12:00:12Z, in 12 seconds.",
            12.0,
        ),
        ("Slot available after: 2026-11-22T11:59:59Z, in -1 seconds.", 0.0),
        ("", None),  # all slots at work
        ("0 slots available now.", None),
    ],
)
def test_the_status_page_tells_when_a_slot_is_free(lines, seconds):
    assert parse_slot_wait(STATUS_PAGE.format(lines)) == seconds


@pytest.mark.parametrize("page", ["", "<html>Log in</html>", "Rate limit: many", "\x00\xff" * 50])
def test_an_odd_status_page_tells_nothing(page):
    assert parse_slot_wait(page) is None


def test_no_limit_means_no_wait():
    assert parse_slot_wait("Rate limit: 0\n") == 0.0


def test_the_system_clock_goes_forward():
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0.0)
    assert clock.now() >= before
