"""The tables of docs/explanation/demand.md are those that the figures give."""

import pytest

from chargeplan.demand.national import project_fleet, read_histories
from chargeplan.demand.recorded import compare_with_records
from chargeplan.demand.scenario import read_scenario
from chargeplan.demand.stock_sharing import tabulate_city_stocks


@pytest.fixture(scope="module")
def page(project_folder):
    return (project_folder / "docs" / "explanation" / "demand.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def table():
    return tabulate_city_stocks("nev-2030", year=2030).set_index("class")


def read_cells(page, heading):
    """Rows of the table under a heading, by class; texts without separators."""
    body = page.partition(heading)[2].partition("\n\n")[0]
    rows = [line.strip("| \n").split("|") for line in body.splitlines() if line.startswith("| ")]
    return {row[0].strip(): [cell.strip().replace(",", "") for cell in row[1:]] for row in rows[2:]}


def test_policy_table_is_the_computed_one(page, table):
    rows = read_cells(page, "the nation in June 2030:\n\n")
    assert set(rows) == set(table.index)
    for name, (stock, target, *difference) in rows.items():
        assert int(stock) == round(table.loc[name, "nation"])
        if target != "none":
            assert int(target) == table.loc[name, "policy"]
            assert int(difference[0].replace("−", "-")) == pytest.approx(int(stock) - int(target), abs=1)


def test_city_table_is_the_computed_one(page, table):
    rows = read_cells(page, "computes it):\n\n")
    assert set(rows) == set(table.index)
    for name, (cities, nation, _, by_nation, *by_policy) in rows.items():
        assert int(cities) == round(table.loc[name, "cities"])
        assert int(nation) == round(table.loc[name, "nation"])
        assert by_nation == f"{100 * table.loc[name, 'cities_share']:.0f} %"
        if by_policy:
            assert by_policy[0] == f"{100 * table.loc[name, 'cities_by_policy']:.0f} %"


def test_words_about_motorcycles_are_computed(page):
    """27 % of the sales of 2026 to 2030 for the policy's target, 15 % under nev-2030."""
    fleet = project_fleet(read_histories(), read_scenario("nev-2030"))
    column, row = fleet.classes.index("two_wheeler"), fleet.get_row(2025)
    sold = fleet.sales[row + 1 : row + 6, column]
    share = fleet.electric_sales_share[row + 1 : row + 6, column]
    assert (2e6 - 70000) / sold.sum() == pytest.approx(0.27, abs=0.005)
    assert (sold @ share) / sold.sum() == pytest.approx(0.15, abs=0.005)
    assert fleet.stock[row, column] == pytest.approx(18.4e6, rel=0.003)
    older = project_fleet(read_histories(), read_scenario("nevp-2019"))
    assert older.electric_stock[older.get_row(2030), column] == pytest.approx(1.71e6, rel=0.003)
    petrol, burnt = next(pair for pair in compare_with_records(fleet) if "petrol" in pair[0].step)
    assert 30 * petrol.value / burnt.value == pytest.approx(58, abs=0.5)
    for words in ("take 27 % of all motorcycles sold", "gives 15 %", "18.4 million", "1.71 million", "58 km"):
        assert words in page


def test_table_of_what_was_recorded_is_the_computed_one(page):
    rows = read_cells(page, "come from the same sources.)\n\n")
    pairs = compare_with_records(project_fleet(read_histories(), read_scenario("nev-2030")))
    assert len(rows) == len(pairs)
    for (name, (told, given, ratio)), (recorded, computed) in zip(rows.items(), pairs, strict=True):
        assert name.rpartition(" (")[0] == recorded.step.replace(" in the nation", "").removesuffix(
            ", recorded"
        )
        assert float(told) == recorded.value
        assert int(given) == round(computed.value)
        assert float(ratio) == pytest.approx(computed.value / recorded.value, abs=0.005)
