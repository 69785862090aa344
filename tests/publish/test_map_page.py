"""The page as text: one file that loads nothing, runs only its own scripts, and lets no name in."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import shapely
from sample_bundle import EAST, HOSTILE_TEXTS, NORTH, SOUTH, WEST, build_sample_bundle

from chargeplan.publish.map_cells import find_class_breaks
from chargeplan.publish.map_page import build_map_page, protect_from_jinja
from chargeplan.text import clean_text
from chargeplan.words import Outcome

VOID_TAGS = {"meta", "link", "input", "img", "br"}


class PageReader(HTMLParser):
    """Collect tags with their attributes, and the text of each element that has an id or is code."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.scripts = []  # text of scripts that run
        self.blocks = {}  # JSON blocks by id
        self.title = ""
        self._open = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in VOID_TAGS:
            self._open.append((tag, attributes))
        if tag == "script" and attributes.get("type") != "application/json":
            self.scripts.append("")

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data):
        tag, attributes = self._open[-1] if self._open else ("", {})
        if tag == "title":
            self.title += data
        elif tag == "script" and attributes.get("type") == "application/json":
            self.blocks[attributes["id"]] = self.blocks.get(attributes["id"], "") + data
        elif tag == "script":
            self.scripts[-1] += data

    def read_block(self, block_id):
        return json.loads(self.blocks[block_id])


@pytest.fixture(scope="module")
def page_text(sample):
    return build_map_page(sample)


@pytest.fixture(scope="module")
def page(page_text):
    return PageReader(page_text)


@pytest.fixture(scope="module")
def hostile_text(hostile_sample):
    return build_map_page(hostile_sample)


@pytest.fixture(scope="module")
def hostile_page(hostile_text):
    return PageReader(hostile_text)


def get_policy(page):
    (policy,) = [
        attributes["content"]
        for tag, attributes in page.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    return {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}


def test_two_builds_are_the_same_text(sample, page_text):
    assert build_map_page(sample) == page_text
    assert build_map_page(build_sample_bundle()) == page_text


def test_the_page_has_language_title_and_headings(page):
    assert page.tags[0] == ("html", {"lang": "en"})
    assert page.title == "Sample study"
    headings = [tag for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert headings.count("h1") == 1
    assert headings.count("h2") >= 3
    assert "main" in {tag for tag, _ in page.tags}
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


LOADING_ATTRIBUTES = ("src", "href", "srcset", "data", "action", "poster", "background", "formaction", "ping")


def test_nothing_is_referred_to_that_a_browser_would_fetch(page):
    references = [
        attributes[name]
        for _, attributes in page.tags
        for name in LOADING_ATTRIBUTES
        if attributes.get(name) is not None
    ]
    assert references == ["data:,", "#panel"]  # the icon, and the way past the map
    assert not {tag for tag, _ in page.tags} & {"iframe", "object", "embed", "base", "img", "video", "audio"}
    assert not any(attributes.get("http-equiv") == "refresh" for _, attributes in page.tags)


def test_styles_and_scripts_load_nothing(page, page_text):
    styles = "".join(re.findall(r"<style>(.*?)</style>", page_text, re.DOTALL))
    styles = re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL)
    assert len(styles) > 5000
    assert not re.search(r"url\s*\(|@import|image-set|https?:", styles)
    code = "".join(page.scripts)
    assert not re.search(r"\bfetch\s*\(|XMLHttpRequest|WebSocket|importScripts|sendBeacon|import\s*\(", code)
    assert "sourceMappingURL" not in code
    # Names of XML languages are not fetched; leafletjs.com is a link Leaflet adds only with its prefix.
    assert set(re.findall(r"https?://([\w.-]+)", code)) <= {"www.w3.org", "leafletjs.com"}


def test_the_policy_allows_the_page_s_own_scripts_and_nothing_else(page):
    policy = get_policy(page)
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in page.scripts
    ]
    assert len(hashes) == 3
    assert policy == {
        "default-src": ["'none'"],
        "script-src": hashes,
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_online_tiles_open_one_host_for_images_only(hostile_sample):
    page = PageReader(build_map_page(replace(hostile_sample, online_tiles=True)))
    policy = get_policy(page)
    assert policy["img-src"] == ["data:", "https://tile.openstreetmap.org"]
    assert policy["default-src"] == ["'none'"]
    assert page.read_block("plan-data")["onlineTiles"]["url"].startswith("https://tile.openstreetmap.org/")


def test_hostile_names_change_no_tag_no_attribute_and_no_script(page, hostile_page):
    def describe(reader):
        return [
            (tag, {name: value for name, value in attributes.items() if name != "content"})
            for tag, attributes in reader.tags
        ]

    assert describe(hostile_page) == describe(page)
    assert hostile_page.scripts == page.scripts
    assert get_policy(hostile_page) == get_policy(page)


@pytest.mark.parametrize("title", HOSTILE_TEXTS)
def test_a_hostile_title_is_shown_as_it_is(title, page):
    reader = PageReader(build_map_page(build_sample_bundle(title=title)))
    assert reader.title == clean_text(title)
    assert reader.read_block("plan-data")["title"] == clean_text(title)
    assert [tag for tag, _ in reader.tags] == [tag for tag, _ in page.tags]
    assert reader.scripts == page.scripts


def test_every_kind_of_text_reaches_the_data_whole(hostile_page):
    plan = hostile_page.read_block("plan-data")
    names = hostile_page.read_block("names-data")["names"]
    clean = {clean_text(text) for text in HOSTILE_TEXTS}
    assert {zone[0] for zone in plan["zones"]} == clean
    assert set(plan["warnings"]) == clean
    assert {source["file_name"] for source in plan["sources"]} == clean | {"sample.osm"}
    shown = {name for site in plan["openSites"] for name in (site["name"], *site["otherNames"])}
    # A name that several sites have is told apart by what is appended.
    assert [text for text in clean if not any(text[:40] in name for name in shown)] == []
    assert [site[2] for site in plan["otherSites"] if not any(text[:40] in site[2] for text in clean)] == []
    assert set(names) <= clean
    assert len(set(names)) >= 5
    assert plan["removedSites"][0][2] in clean
    assert plan["removedSites"][0][5] in clean
    assert all(text in plan["attribution"] for text in clean)


def test_data_stand_in_json_blocks_without_any_sign_of_html(hostile_page):
    for block in hostile_page.blocks.values():
        assert not set("<>&\u2028\u2029") & set(block)
        assert "{{" not in block
        assert "{%" not in block


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_protection_from_jinja_keeps_the_meaning(text):
    assert json.loads(protect_from_jinja(json.dumps({"name": text}))) == {"name": text}


def test_stations_are_those_of_the_plan(page, published):
    features = json.loads((published / "sites.geojson").read_text(encoding="utf-8"))["features"]
    sites = page.read_block("plan-data")["openSites"]
    assert [site["id"] for site in sites] == [feature["id"] for feature in features]
    for site, feature in zip(sites, features, strict=True):
        lon, lat = feature["geometry"]["coordinates"]
        assert (site["lon"], site["lat"]) == (pytest.approx(lon, abs=6e-6), pytest.approx(lat, abs=6e-6))
        assert site["chargers"] == feature["properties"]["chargers"]


@pytest.mark.parametrize(
    ("outcome", "bound_factor", "badge", "proof"),
    [
        (Outcome.PROVEN_OPTIMAL, 1.0, "PROVEN OPTIMAL", "no better plan exists"),
        (Outcome.PROVEN_OPTIMAL, 1.004, "PROVEN OPTIMAL to 0.40 %", "no plan is more than 0.40 % better"),
        # Never smaller than it is, and never the words of a gap of zero.
        (Outcome.PROVEN_OPTIMAL, 1 + 1e-9, "PROVEN OPTIMAL", "no plan is more than 0.01 % better"),
        (Outcome.WITHIN_GAP, 1.0231, "WITHIN 2.31 %", "no plan is more than 2.31 % better"),
    ],
)
def test_the_words_beside_the_badge_say_what_is_proven(sample, outcome, bound_factor, badge, proof):
    solution = replace(
        sample.solution,
        outcome=outcome,
        gap_asked=0.005,
        bound_kwh_day=sample.solution.objective_kwh_day * bound_factor,
    )
    data = PageReader(build_map_page(replace(sample, solution=solution))).read_block("plan-data")["outcome"]
    limit = f" within each cell's nearest {sample.problem.nearest_sites} sites"
    assert (data["outcome_text"], data["proof"]) == (badge, proof + limit)


def test_a_plan_without_demand_still_makes_a_page(sample):
    nothing = {"kwh_day": sample.cells.kwh_day * 0, "kwh_day_by_use": sample.cells.kwh_day_by_use * 0}
    cells = replace(sample.cells, **nothing, kwh_day_in=0.0)
    assert PageReader(build_map_page(replace(sample, cells=cells))).read_block("cells-data")["breaks"] == []


def test_the_view_holds_the_whole_outline_also_where_nobody_lives(sample):
    area = replace(sample.area, boundary=shapely.box(WEST - 0.2, SOUTH, EAST + 0.3, NORTH))
    plan = PageReader(build_map_page(replace(sample, area=area))).read_block("plan-data")
    assert plan["bounds"] == [WEST - 0.2, SOUTH, EAST + 0.3, NORTH]


def test_class_breaks_rise_and_lie_within_the_demand():
    import numpy as np

    rng = np.random.default_rng(3)
    for demand in (rng.lognormal(2, 1.5, 500), np.ones(9), np.array([0.0, 5.0]), np.zeros(4)):
        breaks = find_class_breaks(demand)
        assert breaks == sorted(set(breaks))
        assert all(demand.min() < one <= demand.max() for one in breaks)


def test_a_zone_without_demand_has_no_share(sample):
    zones = sample.evaluation.zones.assign(served_share=float("nan"))
    changed = replace(sample, evaluation=replace(sample.evaluation, zones=zones))
    assert {zone[3] for zone in PageReader(build_map_page(changed)).read_block("plan-data")["zones"]} == {
        None
    }
