"""What can be compared, and what is refused with every reason and what to do."""

from dataclasses import replace

import pytest
import shapely
from sample_comparison import name_runs, vary_run

from chargeplan.compare.build import compare_runs
from chargeplan.compare.comparable import check_comparable
from chargeplan.errors import DataError
from chargeplan.tables import FIGURES, make_table


def find_faults(first, second):
    with pytest.raises(DataError) as caught:
        check_comparable(name_runs(first, second))
    return caught.value.faults


def scale_demand(bundle, factor):
    cells = bundle.cells
    return replace(
        bundle,
        cells=replace(
            cells,
            kwh_day=cells.kwh_day * factor,
            kwh_day_by_use=cells.kwh_day_by_use * factor,
            kwh_day_in=cells.kwh_day_in * factor,
        ),
    )


def price(bundle, year):
    figures = make_table(
        FIGURES,
        {
            "name": ["petrol_price_pkr_l", "grid_loss_share"],
            "value": [258.17, 0.1],
            "unit": ["PKR/l", "share"],
            "source": [f"Dawn ({year}; data/costs/economics.csv)", "NEPRA (2019; data/costs/economics.csv)"],
            "confidence": ["high", "med"],
        },
    )
    return replace(bundle, request=replace(bundle.request, figures=figures))


def test_plans_of_other_budget_travel_limit_and_bands_are_compared(plan):
    other = vary_run(
        plan,
        settings={
            "model.budget_pkr": 300e6,
            "travel.limit_min": 6.0,
            "model.bands": [{"up_to_min": 6.0, "quality": 0.5}],
        },
    )
    comparison = compare_runs(name_runs(plan, other))
    assert [change.key for change in comparison.changes] == [
        "model.bands",
        "model.budget_pkr",
        "travel.limit_min",
    ]


def test_another_study_area_is_refused_with_both_boxes(plan):
    area = replace(plan.area, boundary=shapely.box(73.0, 33.66, 73.2, 33.74), area_km2=160.0)
    (fault,) = find_faults(plan, replace(plan, area=area))
    assert "study areas differ" in fault
    assert "[73, 33.66, 73.09, 33.74]" in fault
    assert "[73, 33.66, 73.2, 33.74]" in fault
    assert "study.area" in fault


def test_a_boundary_that_is_the_same_shape_is_the_same_area(plan):
    turned = shapely.Polygon(
        list(plan.area.boundary.exterior.coords)[2:] + list(plan.area.boundary.exterior.coords)[1:3]
    )
    check_comparable(name_runs(plan, replace(plan, area=replace(plan.area, boundary=turned))))


def test_schematic_streets_beside_real_ones_are_refused(plan):
    real = replace(plan, area=replace(plan.area, is_schematic=False))
    (fault,) = find_faults(real, plan)
    assert "B stands on schematic streets" in fault
    assert "A on real ones" in fault


def test_another_last_year_is_refused(plan):
    (fault,) = find_faults(plan, replace(plan, year=2035))
    assert "2030 and 2035" in fault
    assert "study.year" in fault


def test_another_size_of_cells_is_refused(plan):
    (fault,) = find_faults(plan, vary_run(plan, settings={"demand.cell_resolution": 8}))
    assert "demand.cell_resolution 9 and 8" in fault


def test_other_demand_totals_are_refused_naming_the_settings_of_demand_alone(plan):
    other = vary_run(plan, settings={"demand.scenario": "nev-2030", "model.budget_pkr": 1e6})
    (fault,) = find_faults(plan, scale_demand(other, 1.25))
    assert "public demand differs" in fault
    assert "demand.scenario bau and nev-2030" in fault
    assert "budget" not in fault


def test_demand_of_the_same_total_in_other_cells_is_refused(plan):
    cells = plan.cells
    moved = replace(
        cells, kwh_day=cells.kwh_day[::-1].copy(), kwh_day_by_use=cells.kwh_day_by_use[::-1].copy()
    )
    (fault,) = find_faults(plan, replace(plan, cells=moved))
    assert "the same demand lies elsewhere" in fault
    assert "no setting of the demand differs" in fault


def test_money_of_another_year_is_refused_but_not_the_year_of_a_share(plan):
    (fault,) = find_faults(price(plan, 2026), price(plan, 2025))
    assert "petrol_price_pkr_l of 2026 and of 2025" in fault
    assert "grid_loss_share" not in fault
    check_comparable(name_runs(price(plan, 2026), price(plan, 2026)))


def test_all_reasons_of_all_runs_come_at_once(plan):
    area = replace(plan.area, boundary=shapely.box(73.0, 33.66, 73.2, 33.74), is_schematic=False)
    far = vary_run(price(replace(plan, area=area, year=2031), 2025), settings={"demand.cell_resolution": 7})
    runs = name_runs(price(plan, 2026), far, replace(price(plan, 2026), year=2040))
    with pytest.raises(DataError) as caught:
        check_comparable(runs)
    faults = caught.value.faults
    for number, words in enumerate(
        ("schematic", "study areas", "last years", "cell_resolution", "money is of different years")
    ):
        assert words in faults[number]
        assert faults[number].startswith("A (plan 1) and B (plan 2): ")
    assert faults[5].startswith("A (plan 1) and C (plan 3): their last years differ")
    assert len(faults) == 6
