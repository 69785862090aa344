"""What is warned of in several years is told once, with the years."""

import logging

import pytest

from chargeplan.yearly_warnings import YearlyWarnings

LOG = logging.getLogger("chargeplan.demand.zones")


def warn_in_years(texts: dict[int, list[tuple[str, int]]]) -> None:
    warnings = YearlyWarnings("chargeplan.demand")
    for year, lines in texts.items():
        with warnings.hold(year):
            for text, figure in lines:
                LOG.warning(text, figure)
    warnings.tell()


def test_the_same_warning_of_each_year_is_told_once_with_the_years(caplog):
    warn_in_years({year: [("%d cells lie in no zone", 7)] for year in (2027, 2029, 2031)})
    assert caplog.messages == ["7 cells lie in no zone (in 2027, 2029, 2031)"]
    assert caplog.records[0].name == LOG.name


def test_figures_that_differ_are_those_of_the_last_year(caplog):
    warn_in_years({year: [("%d %% of the demand", year - 2020)] for year in (2027, 2029)})
    assert caplog.messages == ["9 % of the demand (in 2029); in 2027 with other figures"]


def test_one_year_needs_no_year_and_other_warnings_stay_apart(caplog):
    warn_in_years({2030: [("%d cells", 1), ("%d places", 2)]})
    assert caplog.messages == ["1 cells", "2 places"]


def test_what_is_no_warning_passes_at_once_and_nothing_is_held_back_later(caplog):
    caplog.set_level(logging.DEBUG, logger="chargeplan")
    warnings = YearlyWarnings("chargeplan.demand")
    with warnings.hold(2030):
        LOG.info("spread")
        LOG.warning("held")
        assert caplog.messages == ["spread"]
    LOG.warning("later")
    warnings.tell()
    assert caplog.messages == ["spread", "later", "held"]


def warn_and_fail():
    LOG.warning("first")
    raise ValueError("broken")


def test_warnings_before_a_fault_are_kept(caplog):
    warnings = YearlyWarnings("chargeplan.demand")
    with pytest.raises(ValueError, match="broken"), warnings.hold(2030):
        warn_and_fail()
    warnings.tell()
    assert caplog.messages == ["first"]
