"""A config with every key, and ways to load a changed copy of it."""

import copy
import json
from pathlib import Path

import pytest

from chargeplan.config.load import load_settings
from chargeplan.errors import ConfigError

FULL_TEXT = """\
# Every key of a study, in the order of the stages.
study:
  name: full-town
  title: "Full Town: شہر"
  year: 2030
  seed: 7
  credits: ["People: a grid, CC BY 4.0"]
  area:
    circle: {lon: 73.05, lat: 33.69, radius_km: 8}
  zones:
    path: zones.gpkg
    id_column: id
    name_column: name
  schematic: false
network:
  path: roads.osm.pbf
  buffer_km: 2.5
  speed_factor: 0.8
  speeds: speeds.csv
demand:
  cell_resolution: 9
  population:
    source: figures
    figures:
      - name: First tehsil
        people: 250000
        share_in_area: 0.5
        source: census 2023
      - {name: Second tehsil, people: 1.5e5, source: census 2023}
  places:
    from_network_file: true
    paths: [places.geojson]
    weights:
      mall: 3
      hospital: 2.5
    dwell_h: {mall: 1.5}
  layers: {people: 1, places: 2, traffic: 0.5, industry: 0}
  traffic: betweenness
  scenario: bau
  fleet:
    path: fleet.csv
    classes:
      car: {vehicles_per_1000: 40, electric_share: 0.1, km_day: 30, kwh_km: 0.18, fast_share: 0.3}
  snap_limit_m: 900
sites:
  from_network_file: true
  kinds: [fuel, mall]
  exclusion: {from_network_file: true, kinds: [military, aerodrome], paths: []}
  existing_from_osm: false
  paths: [more.gpkg]
  files:
    - path: own.csv
      status: required
  min_spacing_m: 250
  snap_limit_m: 200
  costs: costs.csv
  fixed_cost_pkr: {fuel: 2e6}
travel:
  limit_min: 12
  block_sites: 32
model:
  mode: allocate
  budget_pkr: 50e6
  max_sites: 12
  nearest_sites: 20
  bands:
    - {up_to_min: 5, quality: 1}
    - {up_to_min: 12, quality: 0.5}
  station_chargers: 4
  charger:
    power_kw: 60
    cost_pkr: 4000000
    hours_day: 16
    max_utilisation: 0.35
    outage_hours_day: 2.5
    levels: [1, 2, 4]
    service: {rule: waiting, target_share: 0.2, wait_share: 0.3}
  chargers:
    - {name: slow, power_kw: 7, cost_pkr: 250000, levels: [2, 4]}
  objective: served
  equity: {floor_share: 0.1, zone_floor_share: {north: 0.2}, gini_cap: 0.3}
  spacing_m: 500
  least_station_kw: 20
  largest_station_kw: 400
  backup_share: 0.1
  rules: [in-mop-2022]
  reported_rules: [us-nevi]
economics:
  tariff_category: A-2(d)
  tariff_pkr_kwh: 39.7
  retail_price_pkr_kwh: 115
  land_pkr_m2_month: {fuel: 400}
  neeca_level_up_to_kw: [3.7, 22, 50, 150]
  petrol_l_100km: {car: 7}
  diesel_l_100km: {bus: 30}
  pm25_g_kg: {car: 0.05}
solve:
  time_limit_s: 60
  gap: 0.01
  threads: 1
  node_limit: 1000
publish:
  folder: ../maps
  online_tiles: false
grid:
  path: feeders.csv
  links: links.csv
  max_distance_m: 750
  unknown_headroom_pkr_kw: 12e3
"""


@pytest.fixture(scope="session")
def full_text():
    return FULL_TEXT


@pytest.fixture(scope="session")
def full_plain(tmp_path_factory):
    """The full config as dicts and lists, with every key written out."""
    path = tmp_path_factory.mktemp("full") / "full.yaml"
    path.write_text(FULL_TEXT, encoding="utf-8")
    return load_settings(path).plain


class ConfigBench:
    """Loads texts from one folder."""

    def __init__(self, folder: Path, plain: dict) -> None:
        self.folder = folder
        self.path = folder / "city.yaml"
        self._plain = plain

    def load(self, text: str | bytes, *overrides: str):
        content = text if isinstance(text, bytes) else text.encode("utf-8", errors="surrogatepass")
        self.path.write_bytes(content)
        return load_settings(self.path, overrides)

    def find_faults(self, text: str | bytes, *overrides: str) -> list[str]:
        """The faults without the folder: ``city.yaml:12:3: ...``."""
        with pytest.raises(ConfigError) as caught:
            self.load(text, *overrides)
        return [fault.replace(str(self.folder) + "/", "") for fault in caught.value.faults]

    def change(self, key: tuple, value: object) -> str:
        """The full config as text (JSON is YAML) with one value changed."""
        plain = copy.deepcopy(self._plain)
        place = plain
        for part in key[:-1]:
            place = place[part]
        place[key[-1]] = value
        return json.dumps(plain, indent=1, ensure_ascii=False)


@pytest.fixture
def bench(tmp_path, full_plain):
    return ConfigBench(tmp_path, full_plain)
