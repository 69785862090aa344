"""Scenarios: the presets, the national stock they give, and a planner's own file with faults."""

import dataclasses

import numpy as np
import pytest

from chargeplan.demand.national import compare_with_policy, project_fleet, read_histories
from chargeplan.demand.recorded import compare_with_records
from chargeplan.demand.scenario import read_scenario, read_scenarios
from chargeplan.errors import ConfigError, DataError

PRESETS = ["today-2026", "pave-fy26", "nev-2030", "nevp-2019", "bau", "outage-stress"]
POINT = "{for_year: 2030, value: 0.3, unit: share of sales, year: 2025, source: made up, confidence: low}"


@pytest.fixture(scope="module")
def histories():
    return read_histories()


@pytest.fixture(scope="module")
def fleets(histories):
    return {name: project_fleet(histories, scenario) for name, scenario in read_scenarios().items()}


def get_values(fleet, array, year):
    return dict(zip(fleet.classes, array[fleet.get_row(year)].tolist(), strict=True))


def test_presets_are_there_and_reach_2026_to_2040():
    scenarios = read_scenarios()
    assert list(scenarios) == PRESETS
    for scenario in scenarios.values():
        assert (scenario.first_year, scenario.last_year) == (2026, 2040)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_starts_from_the_recorded_stock_of_june_2025(fleets, name):
    """70,000 + 5,200 + 450 as stated, and 350 to the 76,000 of October 2025."""
    stock = get_values(fleets[name], fleets[name].electric_stock, 2025)
    expected = {
        "two_wheeler": 70000,
        "car": 5200,
        "bus": 450,
        "three_wheeler": 300,
        "taxi": 40,
        "truck": 10,
    }
    assert stock == pytest.approx(expected, rel=1e-9)
    assert sum(stock.values()) == pytest.approx(76000, rel=1e-9)


def test_policy_points_are_shares_of_sales(fleets):
    nev = get_values(fleets["nev-2030"], fleets["nev-2030"].electric_sales_share, 2030)
    assert nev == pytest.approx(dict.fromkeys(nev, 0.3))
    nevp = fleets["nevp-2019"]
    assert get_values(nevp, nevp.electric_sales_share, 2030) == pytest.approx(
        {"car": 0.3, "taxi": 0.3, "truck": 0.3, "two_wheeler": 0.5, "three_wheeler": 0.5, "bus": 0.5}
    )
    assert nevp.electric_sales_share[nevp.get_row(2040)] == pytest.approx(np.full(6, 0.9))


def test_subsidised_vehicles_are_those_sold_in_2026(fleets):
    pave = fleets["pave-fy26"]
    sold = get_values(pave, pave.sales * pave.electric_sales_share, 2026)
    assert sold["two_wheeler"] == pytest.approx(116053)
    assert sold["three_wheeler"] == pytest.approx(3171)


def test_stock_of_motorcycles_in_2030_by_a_plain_loop(fleets):
    """The formula of docs/explanation/demand.md without arrays, from the figures of data/fleet/.

    Sales 1,801,413.6 in 2018 and 1,304,489.9 in 2025 (1,388,073.6 with the three-wheelers), 11.5 % growth before,
    3 % after; half are left after 13 years, shape 3; the electric share of 2030 is 0.3.
    """
    fleet = fleets["nev-2030"]
    first, last = 17465880 * 0.115 / 1.115, 578364 * 12 / 5 - 70000 * 1.03**6

    def sell(year):
        if year <= 2018:
            return first / 1.115 ** (2018 - year)
        if year <= 2025:
            return first * (last / first) ** ((year - 2018) / 7)
        return last * 1.03 ** (year - 2025)

    column = fleet.classes.index("two_wheeler")
    stock = electric = 0.0
    for year in range(1960, 2031):
        left = sell(year) * 2 ** -(((2030 - year) / 13) ** 3)
        stock += left
        electric += left * fleet.electric_sales_share[fleet.get_row(year), column]
    assert get_values(fleet, fleet.stock, 2030)["two_wheeler"] == pytest.approx(stock, rel=1e-9)
    assert get_values(fleet, fleet.electric_stock, 2030)["two_wheeler"] == pytest.approx(electric, rel=1e-9)


def test_scenarios_are_ordered_as_their_policies(fleets):
    """2040, motorcycles: the older policy asks for more than the newer one, bau for less, today for least."""
    column = fleets["bau"].classes.index("two_wheeler")
    stock = {name: fleet.electric_stock[-1, column] for name, fleet in fleets.items()}
    assert stock["nevp-2019"] > stock["nev-2030"] > stock["bau"] > stock["pave-fy26"] > stock["today-2026"]
    assert stock["outage-stress"] == stock["nev-2030"]


@pytest.mark.parametrize("year", [2026, 2030, 2040])
def test_policy_targets_stand_beside_the_scenarios_stock(fleets, year):
    told = {figure.step: figure.value for figure in compare_with_policy(fleets["nev-2030"], year=year)}
    for name, target in (("two_wheeler", 2e6), ("car", 99155), ("bus", 2238), ("all", 2.2e6)):
        assert told[f"{name}: policy's stock target for 2030"] == target
        stock = told[f"{name}: national electric stock, 2030"]
        assert told[f"{name}: scenario less policy, 2030"] == pytest.approx(stock - target)
        assert f"{name}: national electric stock, {year}" in told
    in_2030 = get_values(fleets["nev-2030"], fleets["nev-2030"].electric_stock, 2030)
    assert told["all: national electric stock, 2030"] == pytest.approx(sum(in_2030.values()))


def test_30_percent_of_sales_do_not_give_the_2_2_million_of_the_policy(fleets):
    """The two figures of one policy disagree; the project says so and hides neither."""
    total = fleets["nev-2030"].electric_stock[fleets["nev-2030"].get_row(2030)].sum()
    assert 1.0e6 < total < 1.7e6


def test_unknown_scenario_is_refused_with_the_nearest_name():
    with pytest.raises(
        ConfigError, match=r'demand\.scenario: no scenario "nev-2031" \(did you mean "nev-2030"\?\); the scen'
    ):
        read_scenario("nev-2031")


@pytest.mark.parametrize("year", [2025, 2041])
def test_year_outside_the_scenario_is_refused_with_the_range(year):
    with pytest.raises(ConfigError, match=rf"study\.year: the scenarios go from 2026 to 2040; got {year}"):
        read_scenario("bau").require_year(year)


@pytest.fixture
def write_own(write_text):
    def write(body, head="first_year: 2026\nlast_year: 2035\n"):
        return write_text("own.yaml", f"{head}scenarios:\n  mine:\n{body}")

    return write


def test_own_scenario_file(write_own, histories):
    path = write_own(f"    title: Mine\n    sales_share:\n      car: [{POINT}]\n")
    scenario = read_scenario("mine", path=path)
    fleet = project_fleet(histories, scenario)
    assert fleet.years[-1] == 2035
    assert get_values(fleet, fleet.electric_sales_share, 2035)["car"] == pytest.approx(0.3)
    assert scenario.further["outage_hours_factor"].value == 1.0
    with pytest.raises(ConfigError, match="from 2026 to 2035; got 2036"):
        scenario.require_year(2036)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    sales_share: {}\n", "has no title"),
        ("    title: Mine\n", "has no sales_share"),
        (
            "    title: Mine\n    sale_share: {}\n",
            r'unknown key "sale_share" in line 6 \(did you mean "sales_share"\?\)',
        ),
        (
            f"    title: Mine\n    sales_share:\n      cars: [{POINT}]\n",
            r'sales_share: unknown class "cars" in line 7 \(did you mean "car"\?\); national sales are known of bus',
        ),
        ("    title: Mine\n    sales_share: {car: 0.3}\n", "sales_share of car: expected a list of points"),
        (
            f"    title: Mine\n    sales_share: {{car: [{POINT.replace('0.3', '1.5')}]}}\n",
            "point 1: the value is 1.5",
        ),
        (
            f"    title: Mine\n    sales_share: {{car: [{POINT.replace('0.3', '.nan')}]}}\n",
            "value is nan; expected a number",
        ),
        (
            f"    title: Mine\n    sales_share: {{car: [{POINT.replace('share of sales', 'percent')}]}}\n",
            'the unit is "percent"; expected share of sales or vehicles',
        ),
        (
            f"    title: Mine\n    sales_share: {{car: [{POINT.replace('source: made up, ', '')}]}}\n",
            "has no source; every figure needs value, unit, year, source, confidence",
        ),
        (
            f"    title: Mine\n    sales_share: {{car: [{POINT}, {POINT}]}}\n",
            r"the years are \[2030, 2030\]; expected them to rise",
        ),
        (
            "    title: Mine\n    sales_share: {}\n    home_to_fast_share: "
            "{value: 2, unit: share, year: 2026, source: made up, confidence: low}\n",
            "home_to_fast_share is 2 share; expected a share from 0 to 1",
        ),
    ],
)
def test_fault_of_an_own_scenario_is_named(write_own, body, message):
    with pytest.raises(DataError, match=rf"demand\.fleet\.scenarios: own\.yaml: mine.*{message}"):
        read_scenarios(write_own(body))


def test_own_scenario_that_sells_more_electric_vehicles_than_vehicles_is_refused(write_own, histories):
    point = POINT.replace("0.3", "9e9").replace("share of sales", "vehicles")
    path = write_own(f"    title: Mine\n    sales_share: {{car: [{point}]}}\n")
    with pytest.raises(DataError, match=r"mine: car in 2030: 9e\+09 vehicles is .* expected less than all"):
        project_fleet(histories, read_scenario("mine", path=path))


@pytest.mark.parametrize("head", ["", "first_year: 2040\nlast_year: 2026\n", "first_year: soon\n"])
def test_years_of_an_own_file_are_checked(write_own, head):
    with pytest.raises(DataError, match="expected years, the first one first"):
        read_scenarios(write_own("    title: Mine\n    sales_share: {}\n", head=head))


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "scenarios: 5\nfirst_year: 2026\nlast_year: 2040\n"])
def test_file_that_holds_no_scenarios_is_refused(write_text, text):
    with pytest.raises(DataError, match=r"demand\.fleet\.scenarios: "):
        read_scenarios(write_text("own.yaml", text))


def test_the_year_of_the_recorded_stock_is_that_of_the_data(histories):
    """A stock counted a year later is met a year later."""
    scenario = read_scenario("today-2026")
    later = tuple(dataclasses.replace(history, recorded_year=2026) for history in histories)
    fleet = project_fleet(later, scenario)
    column = fleet.classes.index("two_wheeler")
    assert fleet.electric_stock[fleet.get_row(2026), column] == pytest.approx(70000, rel=1e-9)
    assert {history.recorded_year for history in histories} == {2025}


def test_sales_of_two_and_three_wheelers_are_not_counted_twice(histories):
    """578,364 in five months are both classes together; both are sold in 2025 by these tables."""
    fleet = project_fleet(histories, read_scenario("nev-2030"))
    sold = get_values(fleet, fleet.sales, 2025)
    assert sold["two_wheeler"] + sold["three_wheeler"] == pytest.approx(578364 * 12 / 5)


def test_what_was_recorded_stands_beside_what_the_stock_gives(histories):
    """Motorcycles sold from 2007 on by a plain sum; petrol of the stock of 2022 at 30 km a day and 42.5 km a litre."""
    fleet = project_fleet(histories, read_scenario("nev-2030"))
    told = {computed.step: (recorded, computed) for recorded, computed in compare_with_records(fleet)}
    column = fleet.classes.index("two_wheeler")
    recorded, computed = told["two_wheeler: sold in the nation, 2007 to 2025, computed"]
    assert (recorded.value, recorded.confidence) == (20.4e6, "high")
    sold = sum(fleet.sales[fleet.get_row(year), column] for year in range(2007, 2026))
    assert computed.value == pytest.approx(sold)
    _, petrol = told["two_wheeler: petrol in the nation, 2022, computed"]
    burning = fleet.stock[fleet.get_row(2022), column] - fleet.electric_stock[fleet.get_row(2022), column]
    assert petrol.value == pytest.approx(burning * 30 / 42.5, rel=1e-6)
