"""The arrival profile: it adds up, falls back to "any", and a file's faults are named."""

import numpy as np
import pytest

from chargeplan.config.settings import FigureFiles
from chargeplan.demand.periods import PERIOD_HOURS, read_period_shares
from chargeplan.errors import DataError
from chargeplan.words import ChargingUse

HEADER = "class,use,00-06,06-10,10-14,14-18,18-22,22-24,unit,year,source,confidence"
END = "share of the energy,2026,made up,low"
ANY = [f"any,{use.value},0.1,0.2,0.2,0.2,0.2,0.1,{END}" for use in ChargingUse]


@pytest.fixture
def read(write_text):
    def run(lines, classes=("car",)):
        return read_period_shares(
            classes, FigureFiles(arrivals=write_text("mine.csv", "\n".join([HEADER, *lines, ""])))
        )

    return run


def test_periods_cover_the_day():
    assert sum(PERIOD_HOURS.values()) == 24.0
    for name, hours in PERIOD_HOURS.items():
        begin, end = name.split("-")
        assert int(end) - int(begin) == hours


def test_project_profile_adds_up_for_each_class_and_use():
    shares = read_period_shares(("bus", "car", "three_wheeler", "two_wheeler", "van"))
    assert shares.shape == (5, 4, 6)
    assert shares.sum(axis=2) == pytest.approx(np.ones((5, 4)), abs=1e-12)
    assert (shares >= 0).all()


def test_class_takes_its_own_line_and_else_that_of_any(read):
    shares = read([*ANY, f"car,fast,0,0,1,0,0,0,{END}"], ("car", "bus"))
    fast = list(ChargingUse).index(ChargingUse.FAST)
    assert shares[0, fast].tolist() == [0, 0, 1, 0, 0, 0]
    assert shares[1, fast].tolist() == shares[0, 0].tolist() == [0.1, 0.2, 0.2, 0.2, 0.2, 0.1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"car,fast,0.5,0,0,0,0,0.4,{END}", r"line 6: the shares add up to 0\.9; expected 1"),
        (f"car,fast,-1,1,1,0,0,0,{END}", r'line 6: 00-06 is "-1"; expected a number of at least 0'),
        (f"car,quick,0,0,1,0,0,0,{END}", r'line 6: "quick" is no use; expected overnight, destination, fast'),
        (f"any,fast,0,0,1,0,0,0,{END}", "line 6: fast of any is there already"),
    ],
)
def test_fault_of_a_line_is_named(read, line, message):
    with pytest.raises(DataError, match=rf"demand\.figures\.arrivals: mine\.csv {message}"):
        read([*ANY, line])


def test_any_needs_every_use(read):
    with pytest.raises(DataError, match=r'has no line of the class "any" for fast, depot'):
        read(ANY[:2])
