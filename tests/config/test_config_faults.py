# ruff: noqa: E501 -- the messages are shown as a planner sees them
"""What a planner is told: where, what was given, what is expected, what to do; all at once."""

import pytest

from chargeplan.config.load import load_settings
from chargeplan.errors import ConfigError

WRONG = """\
study:
  name: town two
  titel: A town
  year: 2026.0
  area:
    box: [73.1, 33.6, 73.0, "33.7"]
    circle: 5
network:
  path: ~/town.osm.pbf
  speed_factor: .nan
  speeds: https://example.org/speeds.csv
demand:
  population:
    source: csvv
    path: people.csv
  places:
    weights: {mal: 3, hospital: yes}
model:
  mode: coverr
  budget_pkr: -5
  max_sites: 12_000
  bands: {up_to_min: 3}
  charger: {levels: [3, 1]}
sites:
  paths: a.geojson
  from_network_file: no
  time_limit_s: 5
  files:
    - {path: x.csv, status: existing}
    - {path: y.csv, status: exsting}
    - path: 5
      statsu: required
solve:
"""
TOLD = """\
city.yaml:1:1: publish: missing; add it: a section with the keys folder, online_tiles, language
city.yaml:2:3: study.name: got the text "town two"; expected 1 to 64 letters A-Z, a-z, digits, - or _
city.yaml:3:3: study.titel: unknown key; did you mean "title"?
city.yaml:4:3: study.year: got 2026.0; expected a whole number from 2026 to 2040; write 2026
city.yaml:6:29: study.area.box[3]: got the text "33.7"; expected a number; write 33.7 without quotes or separators
city.yaml:7:5: study.area.circle: got 5; expected a section with the keys lon, lat, radius_km
city.yaml:9:3: network.path: got "~/town.osm.pbf"; "~" is not replaced here: write the folder in full
city.yaml:10:17: network.speed_factor: got .nan; expected a finite number
city.yaml:11:3: network.speeds: got the address "https://example.org/speeds.csv"; expected a file on this computer: download it first
city.yaml:14:5: demand.population.source: got the text "csvv"; expected csv, figures, points, raster or zones; did you mean "csv"?
city.yaml:17:15: demand.places.weights.mal: unknown name; expected fuel, parking, mall, supermarket, hospital, university, bus_station, hotel, charging_station, market, school, office, bank, restaurant, cinema, worship, park, taxi_stand, fleet_yard, truck_terminal, industrial_estate or other; did you mean "mall"?
city.yaml:17:23: demand.places.weights.hospital: got the text "yes"; expected a number >= 0
city.yaml:19:3: model.mode: got the text "coverr"; expected cover or allocate; did you mean "cover"?
city.yaml:20:3: model.budget_pkr: got -5; expected a number > 0 (rupees)
city.yaml:21:3: model.max_sites: got the text "12_000"; expected a whole number from 0 to 1,000,000; write 12000 without quotes or separators
city.yaml:22:3: model.bands: got a section (up_to_min); expected a list of at most 10, each a section with the keys up_to_min, quality
city.yaml:23:13: model.charger.levels: levels must rise without repeats; got [3, 1]
city.yaml:25:3: sites.paths: got the text "a.geojson"; expected a list, each a path (text); write it in brackets: [...]
city.yaml:26:3: sites.from_network_file: got the text "no"; expected true or false; write false
city.yaml:27:3: sites.time_limit_s: unknown key; it belongs to solve
city.yaml:30:21: sites.files[1].status: got the text "exsting"; expected existing, required, candidate, forbidden or competitor; did you mean "existing"?
city.yaml:31:7: sites.files[2].path: got 5; expected a path (text); put it in quotes
city.yaml:32:7: sites.files[2].statsu: unknown key; did you mean "status"?
city.yaml:33:1: solve: got nothing; expected a section with the keys time_limit_s, gap, threads, node_limit; write a value, or remove the line to use the default
"""


def test_every_fault_is_told_at_once_in_reading_order(bench):
    assert bench.find_faults(WRONG) == TOLD.splitlines()


def test_misspelt_needed_key_is_told_once(bench, full_text):
    (fault,) = bench.find_faults(full_text.replace("  mode: allocate", "  mdoe: allocate"))
    assert fault.endswith('model.mdoe: unknown key; did you mean "mode"?')


def test_union_faults_belong_to_the_chosen_kind_only(bench, full_text):
    text = full_text.replace("people: 250000", "people: -1").replace("share_in_area: 0.5", "share: 0.5")
    faults = bench.find_faults(text)
    assert [fault.split(": ", 1)[1] for fault in faults] == [
        "demand.population.figures[0].people: got -1; expected a number >= 0",
        'demand.population.figures[0].share: unknown key; did you mean "share_in_area"?',
    ]


@pytest.mark.parametrize(
    ("population", "words"),
    [
        ("{path: a.csv}", "demand.population.source: missing; add it: csv, figures, points, raster or zones"),
        ("5", "demand.population: got 5; expected a section with source: csv, figures, points, raster or zones"),
        ("{source: 3}", "demand.population.source: got 3; expected csv, figures, points, raster or zones"),
        ("{source: csv}", "demand.population.path: missing; add it: a path (text)"),
        ("{source: csv, path: a.csv, band: 2}", "demand.population.band: unknown key"),
        ("{source: figures, figures: []}", "demand.population.figures: got an empty list; expected a list of at"),
    ],
)  # fmt: skip
def test_population_faults(bench, full_plain, population, words):
    faults = bench.find_faults(bench.change(("solve", "seed"), 1), f"demand.population={population}")
    assert any(words in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  - {up_to_min: 12,", "  - {up_to_min: 13,", "model.bands: the last band ends at 13.0 min, beyond"),
        ("  - {up_to_min: 12,", "  - {up_to_min: 4,", "model.bands: bands must rise in up_to_min"),
        ("quality: 0.5", "quality: 1.5", "model.bands[1].quality: got 1.5; expected a number from 0 to 1"),
        ("  budget_pkr: 50e6\n  max_sites: 12\n", "", "model: give budget_pkr, max_sites or both"),
        ("    circle: {", "    box: [73, 33, 74, 34]\n    circle: {", "study.area: give exactly one of box"),
        ("circle: {lon: 73.05, lat: 33.69, radius_km: 8}", "box: [74, 33, 73, 34]", "study.area.box: got [74.0, 33.0, 73.0, 34.0]; expected west, south, east, north in degrees; write [73.0, 33.0, 74.0, 34.0]"),
        ("circle: {lon: 73.05, lat: 33.69, radius_km: 8}", "box: [1, 2, 0, 3]", "study.area.box: got [1.0, 2.0, 0.0, 3.0]; expected west, south, east, north in degrees"),
        ("circle: {lon: 73.05, lat: 33.69, radius_km: 8}", "circle: {lon: 33.69, lat: 73.05, radius_km: 8}", "study.area.circle: got lon 33.69, lat 73.05, which is lat and lon in Pakistan; write {lon: 73.05, lat: 33.69, radius_km: 8.0}"),
        ("car: {", "my car: {", "demand.fleet.classes.my car: unknown name; expected 1 to 64 letters"),
        ("kinds: [fuel, mall]", "kinds: [fuel, male]", 'sites.kinds[1]: got the text "male"; expected fuel, park'),
        ("name: full-town", "name: ../etc", 'study.name: got the text "../etc"; expected 1 to 64 letters'),
        ("name: full-town", "name: nul", "study.name: name must not be a device of Windows (nul)"),
        ("name: full-town", "name: 2030", "study.name: got 2030; expected 1 to 64 letters A-Z, a-z, digits, - or _"),
        ("  folder: ../maps", "  folder: ''", "publish.folder: got an empty path"),
        ("  path: fleet.csv", "  path: {a: 1}", "demand.fleet.path: got a section (a); expected a path (text)"),
    ],
)  # fmt: skip
def test_fault_names_its_key(bench, full_text, old, new, told):
    assert old in full_text
    faults = bench.find_faults(full_text.replace(old, new, 1))
    assert any(f": {told}" in fault for fault in faults), faults


@pytest.mark.parametrize(
    "box", ["[33.6, 72.9, 33.8, 73.2]", "[33.6, 33.8, 72.9, 73.2]"], ids=["lat first", "as Nominatim"]
)
def test_a_box_in_another_order_is_corrected_in_a_file_and_on_the_command_line(bench, full_text, box):
    numbers = "expected west, south, east, north in degrees; write [72.9, 33.6, 73.2, 33.8]"
    told = f"study.area.box: got {box}; {numbers}"
    circle = "    circle: {lon: 73.05, lat: 33.69, radius_km: 8}\n"
    assert circle in full_text
    text = full_text.replace(circle, f"    box: {box}\n", 1)
    assert bench.find_faults(text) == [f"city.yaml:9:5: {told}"]
    given = f"study.area={{box: {box}}}"
    assert bench.find_faults(full_text, given) == [f"--set {given}: {told}"]


TRAVERSALS = [
    "..",
    ".",
    "/etc",
    "a/b",
    "a\\\\b",
    "C:",
    "..\\\\x",
    "شہر",
    "a b",
    "a.b",
    "",
    "x" * 65,
    "%2e%2e",
    "a\\n",
]


@pytest.mark.parametrize("name", TRAVERSALS)
def test_study_name_never_leaves_its_folder(bench, full_text, name):
    faults = bench.find_faults(full_text.replace("name: full-town", f'name: "{name}"'))
    assert any(": study.name: " in fault for fault in faults)


def test_file_that_is_not_there_suggests_its_neighbour(tmp_path):
    (tmp_path / "lahore.yaml").write_text("a: 1\n")
    with pytest.raises(ConfigError, match=r'lahroe\.yaml: no such file; did you mean ".*lahore\.yaml"\?'):
        load_settings(tmp_path / "lahroe.yaml")
    with pytest.raises(ConfigError, match="is a folder; name a YAML file"):
        load_settings(tmp_path)
    with pytest.raises(ConfigError, match="there is no folder"):
        load_settings(tmp_path / "nowhere" / "city.yaml")


def test_many_faults_are_cut_and_counted(bench, full_text):
    extra = "\n".join(f"zzz{row}: 1" for row in range(80))
    faults = bench.find_faults(full_text + extra)
    assert len(faults) == 51
    assert faults[-1] == "and 30 more faults; mend these first"


def test_paths_are_absolute_in_settings_and_as_written_in_plain(bench, full_text):
    loaded = bench.load(full_text)
    assert loaded.settings.network.path == bench.folder / "roads.osm.pbf"
    assert loaded.settings.publish.folder == bench.folder.parent / "maps"
    assert loaded.settings.sites.files[0].path == bench.folder / "own.csv"
    assert loaded.plain["network"]["path"] == "roads.osm.pbf"
    assert loaded.plain["publish"]["folder"] == "../maps"
    assert loaded.locations["sites.files[0].path"].endswith("city.yaml:52:7")
    assert loaded.plain["study"]["title"] == "Full Town: شہر"


def test_defaults_are_written_out_in_plain(bench, full_text):
    start = full_text.index("solve:\n")
    loaded = bench.load(full_text[:start] + full_text[full_text.index("publish:\n") :])
    assert loaded.plain["solve"] == {"time_limit_s": 120.0, "gap": 0.001, "threads": 1, "node_limit": None}


def test_removed_keys_say_what_replaces_them(bench, full_text):
    text = full_text.replace("  scenario: bau\n", "  scenario: bau\n  places_share: 0.4\n")
    text = text.replace("fast_share: 0.3", "public_share: 0.3")
    faults = bench.find_faults(text)
    assert len(faults) == 2
    assert "demand.places_share: unknown key; replaced by demand.layers" in faults[0]
    assert (
        "public_share: unknown key; replaced by overnight_share, destination_share, fast_share" in faults[1]
    )
