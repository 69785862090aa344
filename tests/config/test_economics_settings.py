"""The economics of a config: what may be set, and what slips are told."""

import pytest

from chargeplan.errors import ConfigError
from chargeplan.fleet_check import check_fleet


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (("economics", "tarif_pkr_kwh"), 40, 'did you mean "tariff_pkr_kwh"'),
        (
            ("economics", "retail_price_pkr_kwh"),
            -1,
            "economics.retail_price_pkr_kwh: got -1; expected a number >= 0",
        ),
        (("economics", "charger_efficiency_share"), 0, "expected a number > 0 and <= 1"),
        (("economics", "land_pkr_m2_month"), {"fual": 1}, 'did you mean "fuel"'),
        (("economics", "neeca_level_up_to_kw"), [22, 3.7, 50, 150], "must rise without repeats"),
        (("economics", "neeca_level_up_to_kw"), [3.7, 22], "a list of 4"),
        (("economics", "neeca_yearly_fee_pkr"), [1, 2, 3, 4], "a list of 5"),
        (("model", "charger", "outage_hours_day"), 24, "expected a number from 0 to 23"),
    ],
)
def test_a_slip_in_the_economics_is_told(bench, key, value, message):
    (fault,) = bench.find_faults(bench.change(key, value))
    assert message in fault


def test_every_value_may_be_left_out(bench, full_text):
    start, end = full_text.index("economics:"), full_text.index("solve:")
    economics = bench.load(full_text[:start] + full_text[end:]).settings.economics
    given = economics.model_dump(exclude={"tariff_category"})
    assert all(value is None or value == {} for value in given.values())


def test_a_config_may_set_it_from_the_command_line(bench, full_text):
    loaded = bench.load(full_text, "economics.discount_rate_share=0.2", "model.charger.outage_hours_day=null")
    assert loaded.settings.economics.discount_rate_share == 0.2
    assert loaded.settings.model.charger.outage_hours_day is None


def test_a_check_tells_where_the_config_asks_for_more_of_unknown_outages(bench, full_text):
    changes = (
        "demand.scenario=outage-stress",
        "study.city=null",
        "model.charger.outage_hours_day=null",
        "demand.fleet.path=null",
    )
    with pytest.raises(ConfigError, match=r"--set demand\.scenario=.*: outage-stress multiplies the hours"):
        check_fleet(bench.load(full_text, *changes))
