"""The slider of the years moves every figure that is known by year: tables, cards, zones, grid and money."""

import json

import pandas as pd
import pytest

pytestmark = pytest.mark.browser

FIRST, LAST = 2028, 2030
READ_ROWS = """rows => rows.map(
  row => [row.dataset.row, ...[...row.cells].map(cell => (cell.querySelector('button, span') || cell).textContent)])"""


@pytest.fixture
def page(open_map, staged_demo):
    return open_map(staged_demo / "index.html")


@pytest.fixture(scope="module")
def features(staged_demo):
    found = json.loads((staged_demo / "sites.geojson").read_text(encoding="utf-8"))["features"]
    return [feature["properties"] for feature in found]


@pytest.fixture(scope="module")
def stations(staged_demo):
    """kWh/day and chargers of each station by year."""
    table = pd.read_csv(staged_demo / "stations_by_year.csv")
    return table.groupby(["year", "site_id"])[["served_kwh_day", "chargers"]].sum()


def show_year(page, position):
    page.evaluate("position => chargeplan.showYear(position)", position)


def write_share(share):
    if 0.995 <= share < 1:  # all is said of all alone
        return f"{min(round(1000 * share), 999) / 10:.1f} %"
    return f"{100 * share:.1f} %" if 0 < share < 0.0995 else f"{100 * share:,.0f} %"


def read_rows(page, table):
    return page.locator(f"#{table} tbody tr").evaluate_all(READ_ROWS)


def read_facts(page):
    names = page.locator(".popup-card dt").all_inner_texts()
    return dict(zip(names, page.locator(".popup-card dd").all_inner_texts(), strict=True))


def test_the_table_of_stations_is_that_of_the_year(page, features, stations):
    ids = page.evaluate("chargeplan.state.plan.openSites.map(site => site.id)")
    page.locator("#tab-stations").click()
    for position, year in ((1, LAST), (0, FIRST), (1, LAST)):
        show_year(page, position)
        rows = read_rows(page, "station-table")
        assert len(rows) == len(features)
        now = stations.loc[year]
        for row in rows:
            name = ids[int(row[0])]
            if name in now.index:
                assert row[3:5] == [
                    f"{now.chargers[name]:,.0f}",
                    f"{now.served_kwh_day[name]:,.0f}",
                ], name
            else:
                assert row[3:] == ["–"] * 4, name
    assert [row[4] for row in rows] == [f"{one['served_kwh_day']:,.0f}" for one in features]
    assert [row[5] for row in rows] == [write_share(one["utilisation_share"]) for one in features]


def test_a_station_that_does_not_stand_yet_says_when_it_opens(page, stations):
    page.locator("#tab-stations").click()
    show_year(page, 0)
    late = stations.loc[LAST].index.difference(stations.loc[FIRST].index)
    assert len(late) > 0  # else this test tells nothing
    assert page.locator("#station-table .kind", has_text=f"Opens in {LAST}").count() == len(late)
    show_year(page, 1)
    assert page.locator("#station-table .kind", has_text="Opens in").count() == 0


def test_the_keyboard_stays_on_the_row_whose_station_changes_the_year(page):
    page.locator("#tab-stations").click()
    show_year(page, 0)
    late = page.locator("#station-table tr", has=page.locator(".kind", has_text=f"Opens in {LAST}"))
    row = late.last.get_attribute("data-row")
    late.last.locator("button").focus()
    page.keyboard.press("Enter")
    assert page.locator("#year-slider").get_attribute("aria-valuetext") == str(LAST)
    assert page.evaluate("document.activeElement.closest('tr').dataset.row") == row


def test_another_year_keeps_the_order_the_filter_and_the_chosen_row(page):
    page.locator("#tab-stations").click()
    page.locator("#station-filter").select_option("status:existing")
    page.locator("#station-table thead button").nth(1).click()
    page.evaluate("chargeplan.goToSite(chargeplan.state.map, 0)")
    before = [row[0] for row in read_rows(page, "station-table")]
    show_year(page, 0)
    head = page.locator("#station-table thead th").nth(1)
    assert head.get_attribute("aria-sort") == "ascending"
    assert [row[0] for row in read_rows(page, "station-table")] == before
    shown = page.locator("#station-table tbody tr:not([hidden])")
    assert shown.count() == page.locator("#station-table .kind", has_text="Existing").count() > 0
    show_year(page, 1)
    page.evaluate("chargeplan.goToSite(chargeplan.state.map, 0)")
    assert page.locator("#station-table tr.chosen").get_attribute("data-row") == "0"
    show_year(page, 0)
    show_year(page, 1)
    assert page.locator("#station-table tr.chosen").count() <= 1


def test_zones_are_of_the_year_in_table_map_and_card(page, staged_demo):
    zones = pd.read_csv(staged_demo / "zones_by_year.csv")
    page.locator("#tab-key").click()
    page.locator("#layer-demand").uncheck()
    page.locator("#layer-unserved").uncheck()
    page.locator("#layer-zones").check()
    page.locator("#tab-zones").click()
    for position, year in ((0, FIRST), (1, LAST)):
        show_year(page, position)
        now = zones[zones["year"] == year].drop_duplicates("zone_name", keep=False).set_index("zone_name")
        rows = [row for row in read_rows(page, "zone-table") if row[1] in now.index]
        assert len(rows) >= 5
        for row in rows:
            zone = now.loc[row[1]]
            assert row[3:] == [
                f"{zone['demand_kwh_day']:,.0f}",
                write_share(zone["served_share"]),
                write_share(zone["served_usable_share"]),
            ], row[1]
    show_year(page, 0)
    row = page.evaluate(
        "chargeplan.state.plan.zones.findIndex((zone, at) =>"
        " zone[2] > 0 && Math.abs(zone[3] - chargeplan.state.plan.zonesByYear[0][at][1]) > 0.05)"
    )
    assert row >= 0  # else this test tells nothing
    page.evaluate(
        "row => void chargeplan.state.map.openPopup("
        "L.popup().setLatLng(chargeplan.state.map.getCenter()).setContent(() => chargeplan.makeZoneCard(row)))",
        row,
    )
    shares = []
    for position in (0, 1):
        show_year(page, position)
        shares.append(read_facts(page)["Served"])
        colour = page.evaluate("row => chargeplan.getZone(row)[3]", row)
        assert shares[-1] == write_share(colour)
    assert shares[0] != shares[1]


def test_an_open_card_follows_the_year(page, stations):
    ids = page.evaluate("chargeplan.state.plan.openSites.map(site => site.id)")
    early = [name for name in ids if name in stations.loc[FIRST].index]
    moved = max(
        early,
        key=lambda name: abs(stations.served_kwh_day[(FIRST, name)] - stations.served_kwh_day[(LAST, name)]),
    )
    page.evaluate("at => chargeplan.goToSite(chargeplan.state.map, at)", ids.index(moved))
    for position, year in ((1, LAST), (0, FIRST), (1, LAST)):
        show_year(page, position)
        facts = read_facts(page)
        assert facts["Energy"] == f"{stations.served_kwh_day[(year, moved)]:,.0f} kWh/day"
        heads = page.locator(".popup-card h4").all_inner_texts()
        assert (f"Figures of {LAST}" in heads) == (year == FIRST)
        assert "Wait at the peak" in facts
    show_year(page, 0)
    last = page.locator(".popup-card dl").last.inner_text()
    assert "Wait at the peak" in last
    assert "If it were dropped" in last
    assert "Serves" not in last


def test_money_says_what_is_spent_until_and_in_the_year(page, staged_demo):
    years = pd.read_csv(staged_demo / "years.csv")
    spent = (years["cost_pkr"] - years["risk_pkr"]).tolist()
    for position, expected in ((0, spent[0]), (1, spent[1] - spent[0])):
        show_year(page, position)
        year = years["year"][position]
        shown = page.locator("#figures div", has_text=f"Of it in {year}").locator("dd").first.inner_text()
        assert float(shown.removeprefix("PKR ").removesuffix(" M")) == pytest.approx(expected / 1e6, rel=1e-3)
        assert "Mean drive" in page.locator("#figures").inner_text()


def test_rules_and_their_squares_are_of_the_year(page, staged_demo):
    rules = pd.read_csv(staged_demo / "rules.csv")
    page.locator("#tab-key").click()
    page.locator("#layer-rules").check()
    page.locator("#tab-summary").click()
    colours, summaries = [], []
    for position, year in ((1, LAST), (0, FIRST), (1, LAST)):
        show_year(page, position)
        now = rules[rules["year"] == year]
        summaries.append(page.locator("#rules summary").inner_text())
        assert summaries[-1].startswith(f"Rules in {year}: ")
        assert page.locator("#rules li").count() == now["rule_id"].nunique()
        squares = page.evaluate("chargeplan.getRules().squares.map(square => square.slice(1, 5))")
        table = now.set_index(["rule_id", "place"])
        assert len(squares) > 0
        for title, rule_id, state, reached in squares:
            assert table.loc[(rule_id, title), "state"] == state
            assert table.loc[(rule_id, title), "reached"] == reached
        colours.append(
            page.evaluate(
                "chargeplan.state.layers.rules.getLayers().map(square => square.options.dashArray === null)"
            )
        )
        assert colours[-1] == [state == "kept" for _, _, state, _ in squares]
    assert colours[0] == colours[2]
    assert summaries[0] == summaries[2] != summaries[1]


def test_what_is_of_the_whole_plan_says_so_beside_it(page, open_map, tmp_path):
    assert page.locator("#plan-outcome .whole-plan").inner_text() == "whole plan"
    assert page.locator("#money-title .whole-plan").inner_text() == "whole plan"
    assert page.locator("#proof summary .whole-plan").inner_text() == "whole plan"
    page.locator("#demand summary").click()
    assert page.locator("#demand .year-note").inner_text() == f"Figures of {LAST}"


def test_a_link_brings_the_year_and_its_table(page, staged_demo):
    page.goto("about:blank")
    page.goto((staged_demo / "index.html").as_uri() + f"#tab=stations&year={FIRST}")
    page.wait_for_selector("html[data-map=ready]", state="attached")
    page.wait_for_selector("#station-table .kind >> text=Opens in")
    assert page.locator("#year-slider").get_attribute("aria-valuetext") == str(FIRST)


def test_tables_and_key_are_built_when_they_are_opened(page):
    def count():
        return [page.locator(f"{one} > *").count() for one in ("#station-table", "#zone-table", "#key-list")]

    assert count() == [0, 0, 0]
    page.locator("#tab-zones").click()
    assert [number > 0 for number in count()] == [False, True, False]
    page.locator("#tab-stations").click()
    page.locator("#tab-key").click()
    assert all(count())


def test_paper_has_all_tables_of_the_year_though_no_tab_was_opened(page, stations):
    show_year(page, 0)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    rows = read_rows(page, "station-table")
    assert sum(row[3] != "–" for row in rows) == len(stations.loc[FIRST])
    assert len(read_rows(page, "zone-table")) >= 5
    heads = page.locator("#sheet-stations h2, #sheet-zones h2").all_text_contents()
    assert heads == [f"Stations in {FIRST}", f"Zones in {FIRST}"]
    assert page.locator(".print-foot .copy-key-list li").count() > 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")


def test_the_power_of_a_mark_is_the_power_of_all_its_chargers(page):
    sites = page.evaluate(
        """chargeplan.state.plan.openSites.map((site, at) => [site.powerKw, chargeplan.getEquipment(at).powerKw])"""
    )
    assert any(power > 50 for power, _ in sites)
    for power, drawn in sites:
        assert drawn == pytest.approx(power, abs=0.2)


def test_demand_that_no_plan_can_serve_is_told_apart(page, staged_demo):
    metrics = json.loads((staged_demo / "run.json").read_text(encoding="utf-8"))["metrics"]
    value = {metric["name"]: metric["value"] for metric in metrics}
    out = page.evaluate(
        "chargeplan.state.levels.map(level => level.cells.reduce((sum, cell) => sum + cell.out, 0))"
    )
    assert value["out_of_reach"] > 10
    assert out == pytest.approx([value["out_of_reach"] + value["off_network"]] * len(out), abs=0.5)
    words = page.evaluate(
        """chargeplan.makeCellCard(
          chargeplan.state.cells.find(cell => cell.hindrance === 1 && cell.left > 1)).textContent"""
    )
    assert "no site within" in words
