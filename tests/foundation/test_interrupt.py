"""What Ctrl-C, an end from outside and a closed terminal do, with real signals."""

import math
import os
import queue
import signal
import sys

import pytest

from chargeplan.interrupt import StopSwitch
from chargeplan.runlog import PhaseEvent, SolveEvent, ignore_event

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are a POSIX matter")
SEARCH_BEGINS = PhaseEvent("solve", "", None)
SEARCH_ENDS = PhaseEvent("solve", "done", 1.0)


def press(number=None):
    os.kill(os.getpid(), signal.SIGINT if number is None else number)


@pytest.fixture
def told():
    return []


@pytest.fixture
def switch(told):
    before = signal.getsignal(signal.SIGINT)
    with StopSwitch(ignore_event, told.append) as opened:
        yield opened
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("plan_kwh_day", "words"),
    [
        (5.0, "the best plan so far is verified and written"),
        (math.nan, "no plan to keep yet, so nothing is written"),
    ],
)
def test_the_first_ctrl_c_of_a_search_only_asks_for_its_end(told, plan_kwh_day, words):
    with StopSwitch(ignore_event, told.append) as switch:
        switch.listen(SEARCH_BEGINS)
        switch.listen(SolveEvent("milp", 1.0, 60.0, plan_kwh_day, math.inf))
        assert not switch.should_stop()
        press()
        assert switch.should_stop()
        assert switch.should_stop()
    assert len(told) == 1
    assert words in told[0]


def test_the_first_ctrl_c_is_told_before_the_search_asks():
    """While a library computes for seconds nobody asks."""
    told = queue.SimpleQueue()
    with StopSwitch(ignore_event, told.put) as switch:
        switch.listen(SEARCH_BEGINS)
        press()
        assert "Ctrl-C again" in told.get(timeout=10)
    assert signal.set_wakeup_fd(-1) == -1


def test_a_search_that_stops_before_the_thread_has_run_tells_it_all_the_same(told):
    with StopSwitch(ignore_event, told.append) as switch:
        switch.listen(SEARCH_BEGINS)
        wakeup = signal.set_wakeup_fd(-1)  # the thread hears nothing
        press()
        signal.set_wakeup_fd(wakeup)
        assert told == []
        assert switch.should_stop()
        assert switch.should_stop()
    assert len(told) == 1


def test_two_before_the_first_is_handled_end_the_run(told):
    """The system calls the handler once for two signals that come close; each leaves its byte."""
    with StopSwitch(ignore_event, told.append) as switch:
        switch.listen(SEARCH_BEGINS)
        wakeup = signal.set_wakeup_fd(-1)
        os.write(wakeup, bytes([signal.SIGINT, signal.SIGINT]))
        signal.set_wakeup_fd(wakeup)
    assert len(told) == 1
    with pytest.raises(KeyboardInterrupt):
        switch.should_stop()


def test_the_second_ends_the_run(switch):
    switch.listen(SEARCH_BEGINS)
    press()
    with pytest.raises(KeyboardInterrupt):
        press()


def test_one_after_the_search_ends_the_run(switch):
    switch.listen(SEARCH_BEGINS)
    press()
    switch.listen(SEARCH_ENDS)
    with pytest.raises(KeyboardInterrupt):
        press()


def test_a_swallowed_end_is_raised_again(switch):
    """Callbacks of libraries may drop the exception that the handler raised within them."""
    with pytest.raises(KeyboardInterrupt):
        press()
    with pytest.raises(KeyboardInterrupt):
        switch.should_stop()
    with pytest.raises(KeyboardInterrupt):
        switch.listen(SEARCH_BEGINS)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_an_end_from_outside_leaves_through_the_usual_path(switch, name):
    number = getattr(signal, name)
    with pytest.raises(SystemExit) as caught:
        press(number)
    assert caught.value.code == 128 + number


def test_a_hangup_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSwitch(ignore_event, print):
            press(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
