"""Progress in its three shapes."""

import io
import json
import math

import pytest
from rich.console import Console

from chargeplan.progress import (
    JsonProgress,
    LineProgress,
    LiveProgress,
    describe_search,
    fit_search,
    make_progress,
)
from chargeplan.runlog import PhaseEvent, SolveEvent, StepEvent


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def search(elapsed_s, plan=1000.0, bound=1023.1):
    return SolveEvent("milp", elapsed_s, 120.0, plan, bound)


def test_lines_tell_a_phase_once_and_the_search_every_thirty_seconds():
    clock, stream = Clock(), io.StringIO()
    progress = LineProgress(stream, clock)
    progress(PhaseEvent("network", "", None))
    progress(PhaseEvent("network", "9 nodes", 1.26))
    progress(PhaseEvent("solve", "", None))
    for second in range(1, 91):
        clock.now = float(second)
        progress(search(second))
    progress(PhaseEvent("solve", "WITHIN 2.31 %", 90.0))
    assert stream.getvalue().splitlines() == [
        "network       1.3 s  9 nodes",
        "solve      search: limit 120 s",
        "solve      milp: plan serves 1,000 kWh/day, bound 1,023, gap 2.31 %; 30 of 120 s",
        "solve      milp: plan serves 1,000 kWh/day, bound 1,023, gap 2.31 %; 60 of 120 s",
        "solve      milp: plan serves 1,000 kWh/day, bound 1,023, gap 2.31 %; 90 of 120 s",
        "solve        90.0 s  WITHIN 2.31 %",
    ]


def test_lines_tell_what_a_phase_makes_where_it_was_silent_for_two_seconds():
    clock, stream = Clock(), io.StringIO()
    progress = LineProgress(stream, clock)
    progress(PhaseEvent("publish", "", None))
    for second, message in (
        (0.5, "writing a map"),
        (2.5, "writing tables"),
        (3.0, "records"),
        (9.0, "reading back"),
    ):
        clock.now = second
        progress(StepEvent("publish", message))
    progress(PhaseEvent("publish", "maps/demo", 10.0))
    assert stream.getvalue().splitlines() == [
        "publish    writing tables ...",
        "publish    reading back ...",
        "publish      10.0 s  maps/demo",
    ]


def test_a_step_is_an_event_of_its_own_in_json():
    stream = io.StringIO()
    JsonProgress(stream)(StepEvent("publish", "writing tables"))
    assert json.loads(stream.getvalue()) == {"event": "step", "phase": "publish", "message": "writing tables"}


def test_json_lines_are_strict_and_complete():
    stream = io.StringIO()
    progress = JsonProgress(stream)
    progress(PhaseEvent("solve", "", None))
    progress(search(2.0, plan=math.nan, bound=math.inf))
    progress.say("hello شہر")
    progress(PhaseEvent("solve", "done", 3.0))
    events = [json.loads(line, parse_constant=pytest.fail) for line in stream.getvalue().splitlines()]
    assert events == [
        {"event": "phase", "phase": "solve", "state": "started"},
        {
            "event": "solve",
            "step": "milp",
            "elapsed_s": 2.0,
            "limit_s": 120.0,
            "incumbent_kwh_day": None,
            "bound_kwh_day": None,
        },
        {"event": "message", "message": "hello شہر"},
        {"event": "phase", "phase": "solve", "state": "ended", "message": "done", "elapsed_s": 3.0},
    ]


def show(progress):
    """What the moving line shows now."""
    return progress._render().plain


def test_live_line_moves_and_says_that_ctrl_c_keeps_the_plan():
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=150, color_system=None)
    with LiveProgress(stream, console) as progress:
        progress(PhaseEvent("network", "", None))
        assert show(progress).startswith("network         0 s")
        progress(PhaseEvent("network", "9 nodes [bold]x[/bold] :smile:", 1.26))
        progress(PhaseEvent("solve", "", None))
        progress(search(1.0, plan=math.nan))
        assert "Ctrl-C" not in show(progress)
        progress(search(31.0))
        line = show(progress)
        assert line.startswith(
            "solve      milp: plan serves 1,000 kWh/day, bound 1,023, gap 2.31 %; 31 of 120 s"
        )
        assert line.endswith("Ctrl-C keeps it")
        progress(PhaseEvent("solve", "WITHIN 2.31 %", 90.0))
        assert show(progress) == ""
    shown = stream.getvalue()
    assert "network       1.3 s  9 nodes [bold]x[/bold] :smile:" in shown
    assert "solve        90.0 s  WITHIN 2.31 %" in shown


@pytest.mark.parametrize(
    ("is_terminal", "term", "as_json", "kind"),
    [
        (False, "xterm", False, LineProgress),
        (True, "dumb", False, LineProgress),
        (True, "xterm", False, LiveProgress),
        (True, "xterm", True, JsonProgress),
    ],
)
def test_shape_follows_the_stream(monkeypatch, is_terminal, term, as_json, kind):
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
    monkeypatch.setenv("TERM", term)
    assert type(make_progress(stream, as_json=as_json)) is kind


def test_the_empty_plan_that_opens_a_search_is_no_plan_and_has_no_gap():
    opening = SolveEvent("demand in reach", 0.0, 120.0, 0.0, 14_267.0)
    assert describe_search(opening) == "demand in reach: no plan yet, bound 14,267; 0 of 120 s"
    assert "Ctrl-C" not in fit_search(opening, 200)


@pytest.mark.parametrize("step", ["milp", "neighbourhoods"])
@pytest.mark.parametrize("plan", [math.nan, 0.0, 999.0, 999_999.0])
@pytest.mark.parametrize("bound", [1_012_345.0, math.inf])
def test_the_moving_line_fits_a_terminal_of_eighty_columns(step, plan, bound):
    line = fit_search(SolveEvent(step, 3599.0, 3600.0, plan, bound), 80)
    assert len(line) <= 80
    assert "3599 of 3600 s" in line
    assert "plan" in line
    assert ("Ctrl-C keeps it" in line) == (plan > 0)


def test_proven_plan_shows_no_gap_larger_than_nothing():
    assert "gap 0.00 %" in describe_search(search(1.0, plan=5.0, bound=5.0))


def test_a_limit_has_no_digits_that_nobody_asked_for():
    stream = io.StringIO()
    with LineProgress(stream) as progress:
        progress(SolveEvent("milp", 0.0, 4 / 3, 5.0, 6.0))
    assert stream.getvalue() == "solve      search: limit 1.3 s\n"
