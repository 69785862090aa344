"""Rule packs: every shipped one can be read and says where it comes from; every fault is told with its line."""

import pytest

from chargeplan.config.load import load_settings
from chargeplan.config.rule_packs import list_rule_packs, read_rule_pack, read_study_rules
from chargeplan.data_register import read_data_register
from chargeplan.errors import ConfigError, DataError
from chargeplan.register_figures import read_figures
from chargeplan.rules.pack import RuleKind
from chargeplan.study_check import check_contents

OWN = """\
title: Our city
country: Pakistan
about: What the council asks.
left_out: [motorways]
rules:
  near:
    kind: cell_cover
    must: true
    says: A station in every square of 2 km.
    figures:
      side: {value: 2, unit: km, year: 2026, confidence: planner, source: Council}
      occupied_from: {value: 500, unit: people, year: 2026, confidence: planner, source: Council}
  parks:
    kind: bays
    must: false
    says: A point from 5 bays, two from 51.
    site_kinds: [parking]
    steps:
      - {from_bays: 5, value: 1, unit: charging points, year: 2025, confidence: high, source: Paper}
      - {from_bays: 51, value: 2, unit: charging points, year: 2025, confidence: high, source: Paper}
"""


@pytest.fixture
def write_pack(tmp_path):
    def write(text, name="own.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_packs_of_the_brief_are_there():
    assert list_rule_packs() == (
        "delhi-2022",
        "eu-afir",
        "in-mop-2022",
        "in-mop-2024",
        "pk-neeca",
        "pk-nev",
        "us-nevi",
    )


@pytest.mark.parametrize("name", list_rule_packs())
def test_every_shipped_pack_names_source_and_confidence_of_every_figure(name):
    pack = read_rule_pack(name)
    assert pack.name == name
    assert pack.about
    assert pack.left_out
    assert pack.rules
    for rule in pack.rules:
        assert rule.says.endswith(".")
        assert rule.all_figures
        for figure in rule.all_figures:
            assert figure.source
            assert figure.confidence in ("high", "med", "low", "assumption")
            assert 2000 <= figure.year <= 2026
            assert ("assum" in figure.source) == (figure.confidence == "assumption")


@pytest.mark.parametrize("name", list_rule_packs())
def test_the_register_knows_the_figures_of_a_pack(name):
    (row,) = [row for row in read_data_register() if row.path == f"rules/{name}.yaml"]
    assert row.used == "model.rules"
    n_figures = sum(len(rule.all_figures) for rule in read_rule_pack(name).rules)
    assert len(read_figures(row)) == n_figures


def test_the_figures_of_the_packs_are_those_of_their_sources():
    # As listed with their sources in the packs; lengths in metres.
    rules = {rule.rule_id: rule for name in list_rule_packs() for rule in read_rule_pack(name).rules}
    assert rules["in-mop-2022/cells"].get("side") == 3000
    assert rules["in-mop-2024/cells"].get("side") == 1000
    assert rules["in-mop-2024/cells"].get("due_year") == 2030
    assert rules["delhi-2022/points"].get("vehicles_per_point") == 15
    assert rules["delhi-2022/reach"].get("distance") == 3000
    assert rules["pk-nev/fuel-stations"].get("share") == 0.1
    assert rules["eu-afir/power-of-the-fleet"].get("kw_per_vehicle") == 1.3
    assert rules["us-nevi/station"].get("pool_kw") == 600
    steps = rules["pk-neeca/car-parks"].steps
    assert [(step.from_bays, step.figure.value) for step in steps] == [(5, 1), (51, 2), (101, 3)]


def test_yardsticks_from_elsewhere_are_only_reported():
    for name in ("eu-afir", "us-nevi"):
        assert not any(rule.must for rule in read_rule_pack(name).rules)


def test_rules_along_roads_are_left_out_and_said_to_be():
    for name in ("in-mop-2022", "in-mop-2024", "pk-nev", "eu-afir", "us-nevi"):
        assert any("along a road" in text for text in read_rule_pack(name).left_out)


def test_a_pack_of_the_planner_is_read(write_pack):
    pack = read_rule_pack(write_pack(OWN))
    near, parks = pack.rules
    assert (pack.name, near.rule_id, near.must, near.kind) == ("own", "own/near", True, RuleKind.CELL_COVER)
    assert near.compute_occupied_from(near.square_km2) == (500.0, False)
    assert (parks.site_kinds, len(parks.steps)) == (("parking",), 2)
    assert not any(rule.must for rule in pack.report_only().rules)


def test_a_density_of_people_counts_by_the_area_of_the_square():
    rule = read_rule_pack("in-mop-2022").rules[0]
    assert rule.compute_occupied_from(rule.square_km2) == (2700.0, False)  # 9 km2 of 300 people


@pytest.mark.parametrize(
    ("word", "meant"),
    [("in-mop-2021", "in-mop-2022"), ("nevi", None), ("IN_MOP_2024", "in-mop-2024"), ("pk-neca", "pk-neeca")],
)
def test_a_misspelt_pack_gets_the_nearest_name(word, meant):
    with pytest.raises(ConfigError) as error:
        read_rule_pack(word, key="model.rules[0]")
    (told,) = error.value.faults
    assert told.startswith(f'model.rules[0]: no rule pack "{word}"')
    assert (f'did you mean "{meant}"?' in told) == (meant is not None)
    assert "delhi-2022, eu-afir" in told


SIDE = "side: {value: 2, unit: km, year: 2026, confidence: planner, source: Council}"
FAULTY = {
    "no value": (
        SIDE,
        "side: {unit: km, year: 2026, confidence: high, source: C}",
        11,
        "side.value: missing",
    ),
    "no source": (
        SIDE,
        "side: {value: 2, unit: km, year: 2026, confidence: high}",
        11,
        "side.source: missing",
    ),
    "no unit": (SIDE, "side: {value: 2, year: 2026, confidence: high, source: C}", 11, "side.unit: missing"),
    "no year": (SIDE, "side: {value: 2, unit: km, confidence: high, source: C}", 11, "side.year: missing"),
    "wrong unit": ("unit: km", "unit: miles", 11, "expected m or km"),
    "unit in the value": (
        "value: 2, unit: km",
        "value: 2 km, unit: km",
        11,
        "expected a number without a unit",
    ),
    "negative": ("value: 2, unit", "value: -2, unit", 11, "got -2; expected 100 to 100000 m"),
    "too fine": ("value: 2, unit", "value: 0.002, unit", 11, "expected 100 to 100000 m"),
    "not a number": ("value: 2, unit", "value: .nan, unit", 11, "expected a finite number"),
    "wrong year": (
        "year: 2026, confidence: planner, source: Council}\n      occ",
        "year: 26, confidence: planner, source: Council}\n      occ",
        11,
        "got 26; expected the year of the source",
    ),
    "confidence": (
        "confidence: planner, source: Council}\n      occ",
        "confidence: hihg, source: Council}\n      occ",
        11,
        'did you mean "high"?',
    ),
    "bare number": (SIDE, "side: 2", 11, "expected a section with value, unit"),
    "assumption that names a paper": (
        "confidence: planner, source: Council}\n      occ",
        "confidence: assumption, source: Council}\n      occ",
        11,
        "the source does not say",
    ),
    "unknown figure": ("side:", "sied:", 11, 'unknown key; did you mean "side"?'),
    "no figure": (f"      {SIDE}\n", "", 10, "figures.side: missing"),
    "unknown kind": ("kind: cell_cover", "kind: cel_cover", 7, 'did you mean "cell_cover"?'),
    "no kind": ("    kind: cell_cover\n", "", 6, "kind: missing; the kinds are cell_cover"),
    "must is a word": ("must: true", "must: yes", 8, "expected true (every plan has to keep it)"),
    "no must": ("    must: true\n", "", 6, "must: missing"),
    "no sentence": ("    says: A station in every square of 2 km.\n", "", 6, "says: missing"),
    "key of another kind": (
        "    must: true\n",
        "    must: true\n    classes: [car]\n",
        9,
        "classes: unknown key",
    ),
    "site kind": ("[parking]", "[parkng]", 17, 'did you mean "parking"?'),
    "site kinds are a word": ("[parking]", "parking", 17, "expected a list of texts"),
    "steps do not rise": ("from_bays: 51", "from_bays: 4", 18, "must rise without repeats"),
    "points do not rise": (
        "value: 2, unit: charging",
        "value: 1, unit: charging",
        18,
        "must rise without repeats",
    ),
    "step without bays": ("{from_bays: 5, ", "{", 19, "from_bays: missing"),
    "half a bay": ("from_bays: 51", "from_bays: 51.5", 20, "expected a whole number >= 0"),
    "no title": ("title: Our city\n", "", 1, "title: missing"),
    "empty title": ("title: Our city", "title:", 1, "title: got nothing; expected a text"),
    "unknown key of the pack": ("about:", "abuot:", 3, 'did you mean "about"?'),
    "repeated rule": ("  parks:", "  near:", 13, "given twice, first on line 6"),
    "no rules": (OWN[OWN.index("rules:") :], "rules: {}\n", 5, "has no rule"),
    "rules are a list": (OWN[OWN.index("rules:") :], "rules: [a]\n", 5, "expected a section"),
    "rule is a word": (
        OWN[OWN.index("  near:") : OWN.index("  parks:")],
        "  near: 3 km\n",
        6,
        "expected a section with kind",
    ),
    "an anchor": ("rules:\n", "rules: &all\n", 5, "got the anchor &all"),
    "cut off": (OWN[OWN.index(" source: Paper}\n") :], " source: Pa", 19, "not YAML"),
    "a tab": ("    kind: cell_cover", "\tkind: cell_cover", 7, "not YAML"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_pack_is_refused_with_the_line_and_the_reason(write_pack, case):
    old, new, line, words = FAULTY[case]
    assert old in OWN
    path = write_pack(OWN.replace(old, new, 1))
    with pytest.raises(DataError) as error:
        read_rule_pack(path)
    assert any(fault.startswith(f"{path}:{line}:") and words in fault for fault in error.value.faults), (
        error.value.faults
    )


def test_all_faults_of_a_pack_are_told_at_once_in_reading_order(write_pack):
    text = (
        OWN.replace("must: true", "must: 1").replace("unit: km", "unit: mile").replace("[parking]", "[fule]")
    )
    with pytest.raises(DataError) as error:
        read_rule_pack(write_pack(text))
    lines = [int(fault.split(":")[1]) for fault in error.value.faults]
    assert lines == [8, 11, 17]


@pytest.mark.parametrize(
    ("kind", "figures", "words"),
    [
        ("bays", "", "says nothing; give steps"),
        ("share_of_sites", "share: {value: 0.1, unit: share, FROM}", "site_kinds: missing"),
        ("share_of_sites", "share: {value: 10, unit: share, FROM}", "expected more than 0 to 1 share"),
        (
            "points_per_vehicle",
            "vehicles_per_point: {value: 0, unit: vehicles per charging point, FROM}",
            "expected 0.01",
        ),
        ("min_pool_power", "pool_kw: {value: 0, unit: kW, FROM}", "expected more than 0"),
        ("min_pool_power", "pool_kw: {value: 9, unit: MW, FROM}", "expected kW"),
        (
            "min_pool_power",
            "pool_kw: {value: 9, unit: kW, FROM}\n      chargers: {value: 2, unit: chargers, FROM}",
            "chargers needs charger_kw",
        ),
        (
            "min_pool_power",
            "pool_kw: {value: 9, unit: kW, FROM}\n      chargers: {value: 1.5, unit: chargers, FROM}",
            "expected a whole number",
        ),
        ("distance_cover", "distance: {value: 3, unit: km, FROM}", "occupied_from: missing"),
    ],
)
def test_each_kind_has_its_own_faults(write_pack, kind, figures, words):
    origin = "year: 2026, confidence: planner, source: Council"
    section = f"    figures:\n      {figures.replace('FROM', origin)}\n" if figures else ""
    path = write_pack(
        f"title: a\ncountry: b\nabout: c\nrules:\n  one:\n    kind: {kind}\n    must: true\n    says: d.\n{section}"
    )
    with pytest.raises(DataError) as error:
        read_rule_pack(path)
    assert any(words in fault for fault in error.value.faults), error.value.faults


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty (0 bytes)"),
        (b"- a\n", "got a list of 1; expected the keys title"),
        (b"# nothing\n", "got nothing; expected the keys title"),
        (b"title: \xff\n", "got the byte 0xff, which is not UTF-8"),
        (b"#" * 1_000_001, "is larger than 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_pack_is_refused(tmp_path, content, words):
    path = tmp_path / "own.yaml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words.replace("(", r"\(").replace(")", r"\)")):
        read_rule_pack(path)


def test_a_pack_that_is_not_there_is_told_with_its_key(tmp_path):
    with pytest.raises(DataError, match=r"model\.rules\[1\]: no file at"):
        read_rule_pack(tmp_path / "none.yaml", key="model.rules[1]")


@pytest.fixture
def write_config(tmp_path, project_folder):
    def write(*overrides):
        text = (project_folder / "configs" / "demo.yaml").read_text(encoding="utf-8")
        path = tmp_path / "demo.yaml"
        path.write_text(text.replace("../data/", f"{project_folder}/data/"), encoding="utf-8")
        return load_settings(path, overrides)

    return write


def test_a_study_names_packs_and_paths(write_config, write_pack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pack(OWN)
    loaded = write_config("model.rules=[in-mop-2022, own.yaml]", "model.reported_rules=[delhi-2022]")
    assert loaded.settings.model.rules == ["in-mop-2022", tmp_path / "own.yaml"]
    assert loaded.plain["model"]["rules"] == ["in-mop-2022", "own.yaml"]
    packs = read_study_rules(loaded.settings.model)
    assert [pack.name for pack in packs] == ["in-mop-2022", "own", "delhi-2022"]
    assert [rule.must for pack in packs for rule in pack.rules] == [True, True, False, False, False]


def test_every_fault_of_the_packs_of_a_study_is_told_with_its_place(
    write_config, write_pack, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write_pack(OWN.replace("must: true", "must: 1"))
    loaded = write_config("model.rules=[in-mop-2021, own.yaml, us-nevi]", "model.reported_rules=[us-nevi]")
    with pytest.raises(ConfigError) as error:
        check_contents(loaded)
    told = error.value.faults
    assert len(told) == 3
    assert told[0].startswith(
        "--set model.rules=[in-mop-2021, own.yaml, us-nevi]: model.rules[0]: no rule pack"
    )
    assert "own.yaml:8:" in told[1]
    assert "the pack us-nevi is named twice" in told[2]


@pytest.mark.parametrize("value", ["[3]", "in-mop-2022", "[true]", '[""]', "[{pack: in-mop-2022}]"])
def test_a_list_of_packs_that_is_none_is_refused(write_config, value):
    with pytest.raises(ConfigError, match=r"model\.rules"):
        write_config(f"model.rules={value}")
