"""What Ctrl-C, an end from outside and a closed terminal do, with real signals."""

import os
import signal
import sys

import pytest

from chargeplan.interrupt import StopSwitch
from chargeplan.runlog import PhaseEvent, ignore_event

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


def test_the_first_ctrl_c_of_a_search_only_asks_for_its_end(switch, told):
    switch.listen(SEARCH_BEGINS)
    assert not switch.should_stop()
    press()
    assert switch.should_stop()
    assert switch.should_stop()
    assert len(told) == 1


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
