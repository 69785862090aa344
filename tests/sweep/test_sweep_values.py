"""Values of ``--vary``: lists, ranges, and what cannot be varied."""

import pytest

from chargeplan.errors import ConfigError
from chargeplan.sweep.values import MAX_POINTS, parse_vary


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("100e6,200e6", (100_000_000, 200_000_000)),
        ("400M, 1B,50e6", (50_000_000, 400_000_000, 1_000_000_000)),
        ("100M..1.6B x5", (100_000_000, 200_000_000, 400_000_000, 800_000_000, 1_600_000_000)),
        ("1e6..10e6 x3", (1_000_000, 3_160_000, 10_000_000)),  # the root of ten, to three digits
        ("100e6..500e6 step 200e6", (100_000_000, 300_000_000, 500_000_000)),
    ],
)
def test_values_are_written_as_a_config_takes_them(written, values):
    assert parse_vary(f"model.budget_pkr={written}").values == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("model.max_sites=5..80x5", (5, 10, 20, 40, 80)),
        ("model.max_sites=0..3 step 1", (0, 1, 2, 3)),
        ("model.charger.max_utilisation=0.1..0.4 step 0.1", (0.1, 0.2, 0.3, 0.4)),
        ("model.charger.hours_day=8..24 x3", (8, 14, 24)),  # 13.9 is rounded between whole ends
    ],
)
def test_other_settings_of_the_model_can_be_varied(text, values):
    assert parse_vary(text).values == values


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model.budget_pkr", "expected KEY=VALUES"),
        ("model.budget_pkr=", "expected KEY=VALUES"),
        ("study.year=2027,2030", "only settings of model"),
        ("model=1,2", "only settings of model"),
        ("model.budget_pkr=100e6", "got 1 values"),
        ("model.budget_pkr=1e6,lots", 'got "lots"'),
        ("model.budget_pkr=1e6,true", 'got "true"'),
        ("model.budget_pkr=1e6,.inf", "finite"),
        ("model.budget_pkr=1e6,,2e6", 'got ""'),
        ("model.budget_pkr=1e6,1M", "1000000 is given twice"),
        ("model.budget_pkr=1e6..2e6", "say how many values"),
        ("model.budget_pkr=2e6..1e6 x3", "must rise"),
        ("model.budget_pkr=0..1e6 x3", "0..1000000 step 500000"),
        ("model.budget_pkr=1e6..2e6 step 0.3e6", "do not meet 2000000"),
        ("model.budget_pkr=1e6..2e6 step 0", "more than 0"),
        ("model.budget_pkr=1..1e6 step 1", "1,000,000 values"),
        ("model.budget_pkr=1e6..2e6 x1", "x2 to x50"),
        ("model.max_sites=1..4 x9", "not 9 different values"),
    ],
)
def test_what_cannot_be_varied_is_said_with_what_to_write(text, told):
    with pytest.raises(ConfigError) as caught:
        parse_vary(text)
    assert told in str(caught.value)
    assert str(caught.value).startswith("--vary: ")


def test_no_more_points_than_anybody_waits_for():
    with pytest.raises(ConfigError, match=f"2 to {MAX_POINTS}"):
        parse_vary("model.max_sites=" + ",".join(map(str, range(MAX_POINTS + 1))))


def test_a_value_goes_into_the_config_as_a_set_would():
    vary = parse_vary("model.budget_pkr=1.5M,2M")
    assert [vary.make_override(value) for value in vary.values] == [
        "model.budget_pkr=1500000",
        "model.budget_pkr=2000000",
    ]
    assert parse_vary("model.bands[0].quality=0.5,1").make_override(0.5) == "model.bands[0].quality=0.5"
    assert parse_vary("model.bands[0].quality=0.5,1").name == "bands_0_quality"
