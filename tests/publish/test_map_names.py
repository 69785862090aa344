"""What names on the map are in Urdu, and that plans from before they were kept are read."""

import hashlib
import json
from dataclasses import replace

import pandas as pd
import pytest

from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.map_names import list_urdu_names
from chargeplan.publish.run_folder import publish_run
from chargeplan.publish.site_results import build_site_results
from chargeplan.store import check_records
from chargeplan.tables import URDU_NAMES, make_table
from chargeplan.zone_words import NO_ZONE


def list_names(bundle):
    return list_urdu_names(bundle, build_site_results(bundle))


def rename(sample, **columns):
    """Give all sites of the sample the same names."""
    sites = sample.sites.table.assign(**columns)
    return replace(sample, sites=replace(sample.sites, table=sites))


def test_places_sites_and_roads_have_the_urdu_names_of_the_data(sample):
    pairs = make_table(URDU_NAMES, {"name": ["Murree Road"], "name_ur": ["مری روڈ"]})
    names = list_names(replace(sample, network=replace(sample.network, urdu_names=pairs)))
    assert names["Murree Road"] == "مری روڈ"
    assert names["Sample City"] == "نمونہ شہر"
    assert names["Blue Area Station 7"] == "شیل پٹرول پمپ"
    assert "Saidpur" not in names  # it has none


def test_a_site_that_is_called_by_its_kind_and_road_is_called_so_in_urdu_too(sample):
    """The number at the end is a part of the road's name, or tells two sites of the same name apart."""
    pairs = make_table(URDU_NAMES, {"name": ["Faisal Avenue 18"], "name_ur": ["فیصل ایونیو"]})
    unnamed = rename(sample, name="", name_en="", name_ur="")
    plain = list_names(unnamed)
    assert plain["Fuel station, Jinnah Avenue 6"] == "پٹرول پمپ، \u2068Jinnah Avenue 6\u2069"
    assert plain["Fuel station, F-6 2"] == "پٹرول پمپ، \u2068F-6\u2069 2"
    told = list_names(replace(unnamed, network=replace(sample.network, urdu_names=pairs)))
    assert told["Fuel station, Faisal Avenue 18"] == "پٹرول پمپ، فیصل ایونیو"
    twice = "Fuel station, Faisal Avenue 12 (F-8 مرکز) 2"
    assert told[twice] == "پٹرول پمپ، \u2068Faisal Avenue 12\u2069 (F-8 مرکز) 2"


def name_beside_no_road(sample, zone, **columns):
    """The Urdu names of the sites of the sample when no road has a name and all lie in one zone."""
    bare = rename(sample, **columns)
    network = replace(sample.network, roads=sample.network.roads.assign(name=""))
    zones = sample.cells.zones.assign(zone_name=zone)
    return list_names(replace(bare, network=network, cells=replace(sample.cells, zones=zones)))


def test_a_site_that_a_number_alone_tells_apart_has_an_urdu_name(sample):
    unnamed = name_beside_no_road(sample, NO_ZONE, name="", name_en="", name_ur="")
    assert (unnamed["Fuel station"], unnamed["Fuel station 2"]) == ("پٹرول پمپ", "پٹرول پمپ 2")
    named = name_beside_no_road(sample, NO_ZONE, name="PSO", name_en="PSO", name_ur="پی ایس او")
    assert (named["PSO 2"], named["PSO 3"]) == ("پی ایس او 2", "پی ایس او 3")


def test_a_zone_that_stands_for_the_road_keeps_its_brackets(sample):
    names = name_beside_no_road(sample, "Blue Area (east)", name="", name_en="", name_ur="")
    assert names["Fuel station, Blue Area (east)"] == "پٹرول پمپ، \u2068Blue Area (east)\u2069"


def test_a_site_with_an_english_name_alone_has_no_urdu_one(sample):
    names = list_names(rename(sample, name="Blue Area Hospital", name_en="", name_ur=""))
    assert not any(name.startswith("Blue Area Hospital") for name in names)


@pytest.mark.parametrize(
    ("zone", "urdu"),
    [
        ("near H-12", "\u200fایچ - 12 کے قریب"),
        ("near Saidpur", "\u200f\u2068Saidpur\u2069 کے قریب"),
        ("Hexagon 3", "مسدس 3"),
    ],
)
def test_a_hexagon_is_named_after_the_same_thing_in_urdu(sample, zone, urdu):
    cells = replace(sample.cells, zones=sample.cells.zones.assign(zone_name=zone), zones_are_cells=True)
    assert list_names(replace(sample, cells=cells, zone_outlines=()))[zone] == urdu


def test_a_removed_site_keeps_its_urdu_name(sample):
    assert list_names(sample)["Far pump"] == "دور پمپ"


def test_a_run_from_before_urdu_names_of_removed_sites_were_kept_is_read(tmp_path, sample, caplog):
    folder = publish_run(tmp_path / "run", sample)
    table = folder / "records" / "sites.removed.parquet"
    removed = pd.read_parquet(table).drop(columns="name_ur")
    removed.to_parquet(table, index=False)
    path = folder / "records" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["sha256"][table.name] = hashlib.sha256(table.read_bytes()).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")
    caplog.set_level("INFO", "chargeplan.store")
    bundle = read_finished_run(folder)
    assert bundle.sites.removed["name_ur"].tolist() == ["", "", ""]
    assert "has no name_ur of removed: written before they were kept" in caplog.text
    assert "Far pump" not in list_names(bundle)


def test_a_run_from_before_urdu_names_of_roads_were_kept_is_read(tmp_path, sample, caplog):
    """Its records lack the table, and its manifest does not name it."""
    folder = publish_run(tmp_path / "run", sample)
    (folder / "records" / "network.urdu_names.parquet").unlink()
    path = folder / "records" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["sha256"]["network.urdu_names.parquet"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    check_records(folder / "records")
    caplog.set_level("INFO", "chargeplan.store")
    assert len(read_finished_run(folder).network.urdu_names) == 0
    assert "has no Urdu names of roads: written before they were kept" in caplog.text
