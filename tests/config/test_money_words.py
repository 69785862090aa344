"""Sums of money in short words, the same in the file, in --set and in sweep --vary."""

import json

import jsonschema
import pytest

from chargeplan.config.money import read_money
from chargeplan.config.reference import write_reference
from chargeplan.config.schema import write_schema_text
from chargeplan.sweep.values import parse_vary

SUMS = [
    ("40M", 40_000_000),
    ("1.2B", 1_200_000_000),
    ("400 k", 400_000),
    ("PKR 61.5 M", 61_500_000),
    ("4 crore", 40_000_000),
    ("2.5 Crores", 25_000_000),
    ("5 lakh", 500_000),
    ("1 arab", 1_000_000_000),
    (".5 million", 500_000),
]


@pytest.mark.parametrize(("text", "rupees"), SUMS)
def test_a_sum_means_the_same_in_the_file_in_set_and_in_vary(bench, full_text, text, rupees):
    in_file = bench.load(full_text.replace("budget_pkr: 50e6", f"budget_pkr: {text}"))
    in_set = bench.load(full_text, f"model.budget_pkr={text}")
    assert in_file.settings.model.budget_pkr == in_set.settings.model.budget_pkr == rupees
    assert parse_vary(f"model.budget_pkr={text}, 1e12").values[0] == rupees


def test_sums_in_maps_lists_and_years_may_be_short_too(bench, full_text):
    loaded = bench.load(
        full_text,
        "sites.fixed_cost_pkr={fuel: 2 crore}",
        "economics.neeca_yearly_fee_pkr=[1 lakh, 90k, 80k, 70k, 60k]",
        "model.chargers[0].cost_pkr=2.5 lakh",
    ).settings
    assert list(loaded.sites.fixed_cost_pkr.values()) == [20_000_000]
    assert loaded.economics.neeca_yearly_fee_pkr == [100_000, 90_000, 80_000, 70_000, 60_000]
    assert loaded.model.chargers[0].cost_pkr == 250_000


@pytest.mark.parametrize("text", ["40 MW", "4,000 k", "1e6M", "M", "forty M", "40MM", "1.2.3M"])
def test_what_is_no_sum_stays_a_text_and_is_refused(bench, full_text, text):
    assert read_money(text) is None
    (fault,) = bench.find_faults(full_text.replace("budget_pkr: 50e6", f"budget_pkr: {text}"))
    assert f'got the text "{text}"; expected a number > 0 (rupees)' in fault


def test_only_keys_of_money_take_words(bench, full_text):
    (fault,) = bench.find_faults(full_text, "model.max_sites=1k")
    assert 'model.max_sites: got the text "1k"; expected a whole number' in fault
    (fault,) = bench.find_faults(full_text, "grid.unknown_headroom_pkr_kw=12k")
    assert 'got the text "12k"' in fault


def test_a_negative_sum_is_told_as_it_was_written(bench, full_text):
    (fault,) = bench.find_faults(full_text, "model.budget_pkr=-4 crore")
    assert "got -4 crore; expected a number > 0 (rupees)" in fault


@pytest.mark.parametrize(("text", "rupees"), SUMS)
def test_the_schema_for_editors_takes_what_the_loader_takes(bench, full_plain, text, rupees):
    validator = jsonschema.Draft202012Validator(json.loads(write_schema_text()))
    assert validator.is_valid(json.loads(bench.change(("model", "budget_pkr"), text)))
    assert validator.is_valid(json.loads(bench.change(("sites", "fixed_cost_pkr"), {"fuel": text})))
    assert not validator.is_valid(json.loads(bench.change(("model", "budget_pkr"), "40 MW")))
    assert not validator.is_valid(json.loads(bench.change(("model", "max_sites"), text)))


def test_the_reference_tells_the_short_words():
    assert "40M, 1.2B, 400k, 4 crore or 5 lakh" in write_reference()
