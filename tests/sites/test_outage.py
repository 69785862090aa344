"""Outage hours: of the company, of the planner, and multiplied by a scenario."""

import pytest

from chargeplan.cities import read_register
from chargeplan.errors import ConfigError, DataError
from chargeplan.sites.outage import find_outage


def test_scenario_multiplies_the_hours_of_the_company_and_says_so():
    """Karachi: 2.4 h/day, doubled."""
    figure = find_outage("karachi", None, factor=2.0, scenario="outage-stress")
    assert figure.value == 4.8
    assert figure.source.startswith("4.8 = 2.4 x 2 by the scenario outage-stress; K-Electric: ")


def test_scenario_multiplies_the_hours_of_the_planner_too():
    figure = find_outage(None, 3.0, factor=2.0, scenario="outage-stress")
    assert (figure.value, figure.confidence) == (6.0, "planner")
    assert figure.source == "6 = 3 x 2 by the scenario outage-stress; model.charger.outage_hours_day"


def test_hours_leave_something_of_the_day():
    assert find_outage("karachi", None, factor=24.0, scenario="dark").value == 23.0


def test_without_a_city_no_outages_are_counted_and_the_source_says_so():
    figure = find_outage(None, None)
    assert (figure.value, figure.confidence) == (0.0, "assumption")
    assert "no study.city" in figure.source


def test_a_scenario_of_outages_without_any_hours_is_refused():
    with pytest.raises(ConfigError, match=r"outage-stress multiplies .* by 2, .*; give study\.city or model"):
        find_outage(None, None, factor=2.0, scenario="outage-stress")
    assert find_outage(None, 0.0, factor=2.0, scenario="outage-stress").value == 0.0


def test_the_planner_comes_before_the_company():
    figure = find_outage("karachi", 3.0)
    assert (figure.source, figure.confidence) == ("model.charger.outage_hours_day", "planner")


def test_every_city_has_the_hours_of_its_company():
    for name, city in read_register().cities.items():
        figure = find_outage(name, None)
        assert 0 < figure.value < 12
        assert figure.source.startswith(f"{city.disco}: ")


def test_an_unknown_city_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match="karachi"):
        find_outage("karachy", None)


# What sites say of themselves


def get_site(study, site_id: str) -> dict[str, object]:
    return study.build().table.set_index("site_id").loc[site_id].to_dict()


def test_fuel_stations_need_a_meter_of_their_own_and_nothing_bridges_outages_unless_said(study):
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "mall", 3000, 500)
    names = ("separate_meter_needed", "feeder_exempt", "has_storage", "solar_kw")
    assert [get_site(study, "n1")[name] for name in names] == [True, False, False, 0.0]
    assert [get_site(study, "n2")[name] for name in names] == [False, False, False, 0.0]


def test_the_planner_says_what_a_site_is_like(study):
    study.put("n1", "fuel", 500, 500)
    study.write_csv(
        "own.csv",
        "candidate",
        [
            {"x_m": 500, "y_m": 500, "site_id": "n1", "kind": "", "separate_meter_needed": "no", "solar_kw": "",
             "feeder_exempt": "Yes", "has_storage": ""},
            {"x_m": 3000, "y_m": 500, "site_id": "mine", "kind": "mall", "separate_meter_needed": "1",
             "solar_kw": 12.5, "feeder_exempt": "", "has_storage": "TRUE"},
        ],
    )  # fmt: skip
    names = ("separate_meter_needed", "feeder_exempt", "has_storage", "solar_kw")
    assert [get_site(study, "n1")[name] for name in names] == [False, True, False, 0.0]
    assert [get_site(study, "mine")[name] for name in names] == [True, False, True, 12.5]
    assert study.build().has_backup.tolist() == [True, True]


def test_other_words_than_yes_and_no_are_told_with_their_rows(study):
    rows = [{"x_m": 500, "y_m": 500, "feeder_exempt": "perhaps", "solar_kw": -1}]
    study.write_csv("own.csv", "candidate", rows)
    with pytest.raises(DataError) as caught:
        study.build()
    text = str(caught.value)
    assert "feeder_exempt: neither yes nor no in line 2 (the first is 'perhaps')" in text
    assert "solar_kw: out of range in line 2 (the first is -1); expected 0 or more kW" in text
