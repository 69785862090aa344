"""What the keys of the model ask of each other."""

import pytest


def replace_limits(text: str, new: str) -> str:
    return text.replace("  budget_pkr: 50e6\n  max_sites: 12\n", new)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            "  years: [{year: 2030, budget_pkr: 1e6}]\n  budget_pkr: 1e6\n",
            "leave budget_pkr and max_sites out",
        ),
        ("  years: [{year: 2030, budget_pkr: 1e6}, {year: 2028, budget_pkr: 1e6}]\n", "years must rise"),
        ("  years: [{year: 2028}, {year: 2030}]\n", "without a limit every site would open"),
        ("  years: [{year: 2028, budget_pkr: 1e6}, {year: 2030}]\n", "0 where no money comes in"),
        ("  years: [{year: 2028, budget_pkr: 1e6}]\n", "the last one is 2028, study.year is 2030"),
        ("", "give budget_pkr, max_sites or both"),
    ],
)
def test_years_and_money_fit_each_other(bench, full_text, lines, words):
    faults = bench.find_faults(replace_limits(full_text, lines))
    assert any(words in fault for fault in faults), faults


def test_years_take_the_place_of_the_budget(bench, full_text):
    lines = "  years: [{year: 2027, budget_pkr: 0}, {year: 2030, budget_pkr: 5e6, max_sites: 3, weight: 2}]\n"
    years = bench.load(replace_limits(full_text, lines)).settings.model.years
    assert [(each.year, each.budget_pkr, each.max_sites, each.weight) for each in years] == [
        (2027, 0.0, None, 1.0),
        (2030, 5e6, 3, 2.0),
    ]


def test_charger_types_need_names_of_their_own(bench, full_text):
    twice = "    - {name: slow, power_kw: 7, cost_pkr: 250000, levels: [2, 4]}\n"
    (fault,) = bench.find_faults(full_text.replace(twice, twice * 2))
    assert "chargers must have different names" in fault


def test_cover_mode_refuses_what_needs_sizes(bench, full_text):
    faults = bench.find_faults(full_text.replace("mode: allocate", "mode: cover"))
    assert any(
        "chargers, equity, least_station_kw" in fault and "need mode allocate" in fault for fault in faults
    )


@pytest.mark.parametrize(
    ("least", "largest", "words"),
    [
        # The chargers of the full config: 2 or 4 of 7 kW, and others of its second type.
        ("500", "300", "least_station_kw: 500 kW is more than model.largest_station_kw of 300 kW"),
        ("99999", "null", "least_station_kw: 99999 kW is more than the largest station"),
        ("null", "13", "largest_station_kw: 13 kW is less than the smallest station"),
        ("15", "27", "the nearest have 14 and 28 kW"),
    ],
)
def test_a_station_of_the_power_asked_for_can_be_built(bench, full_text, least, largest, words):
    faults = bench.find_faults(
        full_text, f"model.least_station_kw={least}", f"model.largest_station_kw={largest}"
    )
    assert len(faults) == 1
    assert words in faults[0]


def test_types_are_mixed_to_reach_a_power(bench, full_text):
    """2 of 7 kW and 1 of 60 kW make 74 kW, neither type alone comes between 70 and 80 kW."""
    types = (
        "model.chargers=[{name: slow, power_kw: 7, levels: [2, 4]}, {name: fast, power_kw: 60, levels: [1]}]"
    )
    model = bench.load(
        full_text, types, "model.least_station_kw=70", "model.largest_station_kw=80"
    ).settings.model
    assert (model.least_station_kw, model.largest_station_kw) == (70, 80)
    (fault,) = bench.find_faults(full_text, types, "model.least_station_kw=75", "model.largest_station_kw=80")
    assert "the nearest have 74 and 88 kW" in fault


def test_named_zones_need_a_layer_of_zones(bench, full_text):
    (fault,) = bench.find_faults(full_text, "study.zones=null")
    assert "model.equity.zone_floor_share: names zones, but the study has none; give study.zones" in fault
