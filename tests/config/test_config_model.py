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
