"""A published GeoJSON is held against the records: whatever was changed in it is found."""

import json

import pytest

from chargeplan.errors import DataError, VerificationError
from chargeplan.publish.recheck import check_published_sites


@pytest.fixture
def edit(published, sample, tmp_path):
    """Return a function that changes the features of a copy and checks the copy."""

    def change_and_check(change):
        document = json.loads((published / "sites.geojson").read_text(encoding="utf-8"))
        change(document["features"])
        path = tmp_path / "sites.geojson"
        path.write_text(json.dumps(document), encoding="utf-8")
        return check_published_sites(path, sample.sites, sample.solution, sample.evaluation)

    return change_and_check


def test_what_was_published_agrees(edit):
    assert edit(lambda features: None) == 12  # ten new and two existing stations


def test_the_order_of_the_stations_does_not_matter(edit):
    assert edit(lambda features: features.reverse()) == 12


def set_property(name, value):
    return lambda features: features[3]["properties"].update({name: value})


def copy_of(feature, site_id=None, lon=None):
    copy = json.loads(json.dumps(feature))
    copy["properties"]["site_id"] = site_id or feature["properties"]["site_id"]
    copy["geometry"]["coordinates"][0] = lon or feature["geometry"]["coordinates"][0]
    return copy


def move(features, axis, degrees):
    features[3]["geometry"]["coordinates"][axis] += degrees


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda features: features.pop(3), "missing"),
        (lambda features: features.clear(), "missing"),
        (lambda features: features.append(copy_of(features[0], site_id="n0039")), "not in the plan"),
        (lambda features: features.append(copy_of(features[0])), "twice"),
        (lambda features: features.insert(0, copy_of(features[0], lon=73.5)), "twice"),
        (lambda features: move(features, 0, 2e-6), "changed"),
        (lambda features: move(features, 1, -2e-6), "changed"),
        (lambda features: move(features, 1, float("nan")), "changed"),
        (lambda features: features[3]["geometry"]["coordinates"].reverse(), "changed"),
        (set_property("chargers", 9), "changed"),
        (set_property("chargers", 8.4), "changed"),
        (set_property("chargers", "8"), "changed"),
        (set_property("chargers", None), "changed"),
        (set_property("status", "existing"), "changed"),
        (set_property("site_id", "n9999"), "not in the plan"),
        (set_property("served_kwh_day", 1.5), "of n0008 served_kwh_day is 1.5, the plan has"),
        (set_property("cost_pkr", None), "of n0008 cost_pkr is None, the plan has"),
        (set_property("peak_wait_min", 0.07), "of n0008 peak_wait_min is 0.07, the plan has"),
        (set_property("peak_busy_share", 2), "of n0008 peak_busy_share is 2, the plan has"),
        (set_property("peak_blocked_share", None), "of n0008 peak_blocked_share is None, the plan has"),
        (set_property("alone_kwh_day", -1), "of n0008 alone_kwh_day is -1, the plan has"),
        (set_property("dropped_loss_kwh_day", 0.5), "of n0008 dropped_loss_kwh_day is 0.5, the plan has"),
        (set_property("load_kva", 1), "of n0008 load_kva is 1, the plan has"),
        (set_property("bays", 99), "of n0008 bays is 99, the plan has"),
        (set_property("feeder_id", "f9"), "of n0008 feeder_id is 'f9', the plan has ''"),
        (set_property("feeder_name", "Feeder 9"), "of n0008 feeder_name is 'Feeder 9', the plan has ''"),
        (set_property("feeder_headroom_kw", 5), "of n0008 feeder_headroom_kw is 5, the plan has nan"),
        (set_property("feeder_left_kw", 5), "of n0008 feeder_left_kw is 5, the plan has nan"),
        (set_property("zone_name", "Elsewhere"), "of n0008 zone_name is 'Elsewhere', the plan has"),
        (set_property("rank", True), "of n0008 rank is True, the plan has 4"),
        (set_property("name_en", "Elsewhere"), "of n0008 name_en is 'Elsewhere', the plan has"),
    ],
)
def test_each_change_is_found_and_named(edit, change, words):
    with pytest.raises(VerificationError, match=words) as caught:
        edit(change)
    assert "sites.geojson" in str(caught.value)
    assert "run the study again" in str(caught.value)


def test_the_changed_station_is_named(edit):
    with pytest.raises(VerificationError, match="n0008; of n0008 chargers is 2, the plan has"):  # rank 4
        edit(set_property("chargers", 2))


@pytest.mark.parametrize(
    "change",
    [
        lambda features: features[3].pop("geometry"),
        lambda features: features[3].update(geometry=None),
        lambda features: features[3]["geometry"].update(coordinates=[]),
        lambda features: features[3]["geometry"].update(coordinates=["east", "north"]),
        lambda features: features[3]["properties"].pop("chargers"),
        lambda features: features.append(None),
    ],
)
def test_a_damaged_feature_is_a_fault_of_the_file(edit, change):
    with pytest.raises(DataError, match=r"sites\.geojson: damaged GeoJSON"):
        edit(change)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"features": null}', b'{"features": 3}', b"\xff\xfe"]
)
def test_a_damaged_file_is_told_as_such(content, sample, tmp_path):
    path = tmp_path / "sites.geojson"
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged GeoJSON"):
        check_published_sites(path, sample.sites, sample.solution, sample.evaluation)
