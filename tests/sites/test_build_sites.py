"""Which sites stay, which go, and the reason that is given."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from chargeplan.errors import DataError
from chargeplan.records import CandidateSites


def list_ids(sites: CandidateSites) -> list[str]:
    return sites.table["site_id"].tolist()


def explain(sites: CandidateSites) -> dict[str, tuple[str, str]]:
    rows = sites.removed[["site_id", "reason", "detail"]].itertuples(index=False)
    return {site_id: (reason, detail) for site_id, reason, detail in rows}


def get_site(sites: CandidateSites, site_id: str) -> dict[str, object]:
    return sites.table.set_index("site_id").loc[site_id].to_dict()


# Reading from the map


def test_only_configured_kinds_become_candidates(study) -> None:
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "mall", 3000, 500)
    study.put("n3", "worship", 500, 3000)
    sites = study.build(kinds=["fuel", "worship"])
    assert list_ids(sites) == ["n1", "n3"]
    assert set(sites.table["status"]) == {"candidate"}
    assert sites.removed.empty


def test_charging_stations_of_the_map_are_existing(study) -> None:
    study.put("n1", "charging_station", 500, 500, capacity=3.0, power_kw=120.0)
    study.put("n2", "fuel", 3000, 500)
    station = get_site(study.build(), "n1")
    assert station["status"] == "existing"
    assert (station["existing_chargers"], station["existing_power_kw"], station["fixed_cost_pkr"]) == (
        3,
        120.0,
        0,
    )


def test_charging_stations_are_left_out_when_switched_off(study) -> None:
    study.put("n1", "charging_station", 500, 500)
    study.put("n2", "fuel", 3000, 500)
    assert list_ids(study.build(existing_from_osm=False)) == ["n2"]


def test_network_file_without_candidates_still_gives_existing_stations(study) -> None:
    study.put("n1", "charging_station", 500, 500)
    study.put("n2", "fuel", 3000, 500)
    assert list_ids(study.build(from_network_file=False)) == ["n1"]


def test_layer_files_give_candidates(study, get_lonlat) -> None:
    path = study.folder / "pois.geojson"
    feature = {
        "type": "Feature",
        "properties": {"amenity": "fuel", "name": "Pump"},
        "geometry": {"type": "Point", "coordinates": get_lonlat(500, 500)},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    sites = study.build(paths=[path], from_network_file=False)
    assert list_ids(sites) == ["pois:000000"]
    assert get_site(sites, "pois:000000")["source"] == "pois.geojson"


def test_two_layers_of_one_name_are_refused(study, get_lonlat) -> None:
    feature = {
        "type": "Feature",
        "properties": {"amenity": "fuel"},
        "geometry": {"type": "Point", "coordinates": get_lonlat(500, 500)},
    }
    paths = [study.folder / folder / "pois.geojson" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(DataError, match=r"sites\.paths: 1 site id in two files.*rename one file"):
        study.build(paths=paths)


def test_two_layers_whose_names_are_one_once_cleaned_are_refused(study, get_lonlat) -> None:
    feature = {
        "type": "Feature",
        "properties": {"amenity": "fuel"},
        "geometry": {"type": "Point", "coordinates": get_lonlat(500, 500)},
    }
    paths = [study.folder / name for name in ("my pois.geojson", "my  pois.geojson")]
    for path in paths:
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert list_ids(study.build(paths=paths[1:])) == ["my pois:000000"]
    with pytest.raises(DataError, match=r"site id in two files.*my pois:000000.*rename one file"):
        study.build(paths=paths)


def test_two_files_whose_names_are_one_once_cleaned_are_refused(study) -> None:
    for name in ("my sites.csv", "my  sites.csv"):
        study.write_csv(name, "candidate", [{"x_m": 500, "y_m": 500}])
    with pytest.raises(DataError, match=r"site id in two files.*my sites:000000.*rename one file"):
        study.build()


# The reasons for removal


def test_sites_outside_the_area_are_listed(study) -> None:
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "fuel", 4100, 500)
    sites = study.build()
    assert list_ids(sites) == ["n1"]
    assert explain(sites) == {"n2": ("outside the study area", "not in Drawn City")}


def test_sites_far_from_the_road_are_listed_with_the_distance(study) -> None:
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "fuel", 1300, 500)  # the last crossing is at x = 1000
    reason, detail = explain(study.build(snap_limit_m=250.0))["n2"]
    assert reason == "farther from the road network than the snap limit"
    assert detail == "300 m to the nearest node, limit 250 m"
    assert list_ids(study.build(snap_limit_m=301.0)) == ["n1", "n2"]


def test_every_site_gets_the_nearest_crossing(study) -> None:
    study.put("n1", "fuel", 520, 710)
    site = get_site(study.build(), "n1")
    found_m = study.network.node_xy_m[site["node_pos"]] - study.network.node_xy_m.min(axis=0) - 500
    np.testing.assert_allclose(found_m, [500, 700])
    assert site["snap_m"] == pytest.approx(np.hypot(20, 10), abs=1e-3)


def test_a_place_off_the_road_does_not_push_out_one_that_works(study) -> None:
    study.put("n1", "fuel", 1260, 500)  # better kind, 260 m from the last crossing
    study.put("n2", "parking", 1100, 500)
    sites = study.build()
    assert list_ids(sites) == ["n2"]
    assert explain(sites)["n1"][0] == "farther from the road network than the snap limit"


def test_same_kind_within_30_m_is_one_place_and_the_fuller_row_stays(study) -> None:
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "fuel", 529, 500, name="Shell F-7", brand="Shell")
    sites = study.build(min_spacing_m=0.0)
    assert list_ids(sites) == ["n2"]
    assert explain(sites)["n1"] == ("same place as another site", "29 m from n2 (Shell F-7)")


def test_same_kind_beyond_30_m_and_other_kinds_within_are_different_places(study) -> None:
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "fuel", 532, 500)
    study.put("n3", "parking", 500, 510)
    assert list_ids(study.build(min_spacing_m=0.0)) == ["n1", "n2", "n3"]


def test_same_name_within_150_m_is_one_place_in_any_case_and_kind(study) -> None:
    study.put("n1", "mall", 500, 500, name="Centaurus")
    study.put("n2", "parking", 600, 500, name="CENTAURUS", capacity=400.0)
    study.put("n3", "hotel", 700, 500, name="Centaurus")  # 200 m from n1, 100 m from n2
    study.put("n4", "hotel", 3000, 500, name="Centaurus")
    sites = study.build(min_spacing_m=0.0)
    # n2 says more (capacity) and removes both neighbours.
    assert list_ids(sites) == ["n2", "n4"]
    assert {reason for reason, _ in explain(sites).values()} == {"same place as another site"}


def test_a_removed_duplicate_removes_no_other(study) -> None:
    # n2 repeats n1 and n3 repeats n2, but n1 and n3 are 50 m apart.
    study.put("n1", "fuel", 500, 500, name="A", brand="B")
    study.put("n2", "fuel", 525, 500, name="C")
    study.put("n3", "fuel", 550, 500)
    assert list_ids(study.build(min_spacing_m=0.0)) == ["n1", "n3"]


def test_nameless_places_are_not_of_one_name(study) -> None:
    study.put("n1", "fuel", 500, 500, name="Unnamed")
    study.put("n2", "fuel", 600, 500, name="Unnamed")
    assert list_ids(study.build(min_spacing_m=0.0)) == ["n1", "n2"]


def test_forbidden_sites_and_candidates_at_them_are_listed(study) -> None:
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "fuel", 551, 500)
    study.put("n3", "fuel", 449, 500)
    study.write_csv("no.csv", "forbidden", [{"x_m": 500, "y_m": 500, "site_id": "no1", "name": "Shrine"}])
    sites = study.build(min_spacing_m=0.0)
    assert list_ids(sites) == ["n2", "n3"]
    assert explain(sites) == {
        "n1": ("at a place that the planner forbids", "0 m from the forbidden site no1 (Shrine)"),
        "no1": ("forbidden by the planner", "listed in no.csv"),
    }


def test_a_site_that_is_not_offered_keeps_its_urdu_name(study) -> None:
    study.put("n1", "fuel", 500, 500, name="Shell", name_en="Shell", name_ur="شیل")
    study.put("n2", "fuel", 1500, 500, name="پی ایس او", name_en="PSO")
    study.put("n3", "fuel", 2500, 500, name="Total")
    study.put("n4", "fuel", 3500, 500, name="Kept")
    rows = [{"x_m": x_m, "y_m": 500, "site_id": f"n{at}"} for at, x_m in enumerate((500, 1500, 2500), 1)]
    study.write_csv("no.csv", "forbidden", rows)
    removed = study.build().removed[["site_id", "name", "name_ur"]]
    named = removed[removed["name"] != ""].values.tolist()
    assert named == [["n1", "Shell", "شیل"], ["n2", "PSO", "پی ایس او"], ["n3", "Total", ""]]


def test_a_forbidden_area_forbids_all_of_itself_and_50_m_around(study, get_lonlat) -> None:
    ring = [get_lonlat(x, y) for x, y in [(0, 0), (900, 0), (900, 900), (0, 900), (0, 0)]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path = study.folder / "zone.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    study.add_file(path, "forbidden")
    study.put("n1", "fuel", 880, 20)
    study.put("n2", "fuel", 940, 500)
    study.put("n3", "fuel", 960, 100)
    assert list_ids(study.build(min_spacing_m=0.0)) == ["n3"]


def test_a_forbidden_row_with_the_id_of_a_map_place_forbids_it(study) -> None:
    study.put("n1", "fuel", 500, 500, name="Old pump")
    study.put("n2", "fuel", 3000, 500)
    study.write_csv("no.csv", "forbidden", [{"x_m": 500, "y_m": 500, "site_id": "n1"}])
    sites = study.build()
    assert list_ids(sites) == ["n2"]
    assert explain(sites)["n1"][0] == "forbidden by the planner"


def test_existing_stations_stay_at_forbidden_places(study) -> None:
    study.put("n1", "charging_station", 500, 500)
    study.write_csv("no.csv", "forbidden", [{"x_m": 500, "y_m": 500}])
    assert list_ids(study.build()) == ["n1"]


# Thinning


def test_the_earlier_kind_stays(study) -> None:
    study.put("n1", "parking", 500, 500)
    study.put("n2", "fuel", 700, 500)
    assert list_ids(study.build(kinds=["fuel", "parking"])) == ["n2"]
    sites = study.build(kinds=["parking", "fuel"])
    assert list_ids(sites) == ["n1"]
    assert explain(sites)["n2"] == ("closer than the minimum spacing to another site", "200 m from n1")


def test_within_a_kind_named_then_larger_then_smaller_id_stays(study) -> None:
    study.put("n1", "parking", 500, 500, capacity=900.0)
    study.put("n2", "parking", 600, 500, name="Named")
    study.put("n3", "parking", 3000, 500, capacity=10.0)
    study.put("n4", "parking", 3100, 500, capacity=20.0)
    study.put("n6", "parking", 500, 3000)
    study.put("n5", "parking", 600, 3000)
    assert list_ids(study.build()) == ["n2", "n4", "n5"]


def test_candidates_keep_the_distance_exactly(study) -> None:
    study.put("n1", "fuel", 500, 500)
    study.put("n2", "fuel", 500 + 300.01, 500)
    study.put("n3", "fuel", 500, 500 + 299.99)
    assert list_ids(study.build(min_spacing_m=300.0)) == ["n1", "n2"]


def test_fixed_sites_are_never_thinned(study) -> None:
    rows = [
        {"x_m": 500 + 40 * row, "y_m": 500, "site_id": f"p{row}", "status": status}
        for row, status in enumerate(["existing", "required", "competitor", "existing", "required"])
    ]
    study.write_csv("fixed.csv", "candidate", rows)
    assert list_ids(study.build()) == ["p0", "p1", "p2", "p3", "p4"]


def test_existing_and_required_sites_thin_candidates_but_competitors_do_not(study) -> None:
    for number, x_m in enumerate((500, 2500, 3500), start=1):
        study.put(f"n{number}", "fuel", x_m, 500)
    rows = [
        {"x_m": x_m, "y_m": 600, "site_id": status, "status": status}
        for x_m, status in ((500, "existing"), (2500, "required"), (3500, "competitor"))
    ]
    study.write_csv("fixed.csv", "candidate", rows)
    sites = study.build()
    assert list_ids(sites) == ["competitor", "existing", "n3", "required"]
    assert explain(sites)["n1"][1] == "100 m from the existing site existing"
    assert explain(sites)["n2"][1] == "100 m from the required site required"


def test_own_candidates_come_before_those_of_the_map(study) -> None:
    study.put("n1", "fuel", 500, 500, name="Pump")
    study.write_csv("own.csv", "candidate", [{"x_m": 600, "y_m": 500, "site_id": "own"}])
    assert list_ids(study.build()) == ["own"]


# The planner's word


def test_a_row_with_the_id_of_a_map_place_speaks_for_it(study) -> None:
    study.put("n1", "parking", 500, 500, name="Big lot", capacity=100.0)
    study.put("n2", "fuel", 520, 520)
    study.write_csv("own.csv", "required", [{"x_m": 500, "y_m": 500, "site_id": "n1", "fixed_cost_pkr": 5}])
    sites = study.build()
    assert list_ids(sites) == ["n1"]
    site = get_site(sites, "n1")
    assert (site["status"], site["kind"], site["name"], site["fixed_cost_pkr"]) == (
        "required",
        "parking",
        "Big lot",
        5.0,
    )
    assert site["max_chargers"] == 20  # 0.2 of 100 bays


def test_a_required_site_outside_the_area_is_an_error(study) -> None:
    study.put("n1", "fuel", 500, 500)
    study.write_csv("own.csv", "required", [{"x_m": 9000, "y_m": 500, "site_id": "far", "name": "Far Mall"}])
    with pytest.raises(DataError, match=r"1 required site outside the study area.*far \(Far Mall\)"):
        study.build()


def test_a_required_site_off_the_road_is_an_error_that_names_it(study) -> None:
    study.write_csv("own.csv", "required", [{"x_m": 1500, "y_m": 500, "site_id": "lost"}])
    with pytest.raises(DataError, match=r"snap_limit_m \(250 m\).*the required site lost 500 m"):
        study.build()


@pytest.mark.parametrize("status", ["existing", "competitor"])
def test_a_standing_station_off_the_road_is_left_out_and_named(study, status, caplog) -> None:
    study.put("n1", "fuel", 500, 500)
    study.write_csv("own.csv", status, [{"x_m": 1500, "y_m": 500, "site_id": "lost"}])
    caplog.set_level("INFO")
    sites = study.build()
    assert list_ids(sites) == ["n1"]
    assert explain(sites)["lost"][0] == "farther from the road network than the snap limit"
    assert "1 station that stands farther than sites.snap_limit_m (250 m)" in caplog.text
    assert f"left out: the {status} site lost 500 m; correct" in caplog.text


def test_a_required_site_at_a_forbidden_place_is_an_error(study) -> None:
    study.write_csv("own.csv", "required", [{"x_m": 500, "y_m": 500, "site_id": "yes"}])
    study.write_csv("no.csv", "forbidden", [{"x_m": 510, "y_m": 500, "site_id": "no"}])
    with pytest.raises(DataError, match=r"1 required site within 50 m of a forbidden one.*yes"):
        study.build()


def test_two_existing_stations_in_one_lot_stay_apart_when_one_file_lists_both(study) -> None:
    rows = [{"x_m": 500, "y_m": 500, "name": "Lot"}, {"x_m": 510, "y_m": 500, "name": "Lot"}]
    study.write_csv("own.csv", "existing", rows)
    assert len(study.build().table) == 2


def test_a_row_copied_twice_counts_once(study) -> None:
    study.write_csv("own.csv", "existing", [{"x_m": 500, "y_m": 500, "name": "Lot"}] * 2)
    sites = study.build()
    assert list_ids(sites) == ["own:000000"]
    assert explain(sites)["own:000001"][0] == "same place as another site"


def test_a_station_in_two_files_counts_once(study) -> None:
    study.put("n1", "charging_station", 500, 500, name="PSO Marwat", brand="PSO", capacity=1.0)
    study.write_csv("own.csv", "existing", [{"x_m": 515, "y_m": 500, "existing_chargers": 4}])
    sites = study.build()
    assert list_ids(sites) == ["own:000000"]
    assert get_site(sites, "own:000000")["existing_chargers"] == 4


def test_a_required_station_beside_an_existing_one_of_another_file_is_kept(study, caplog) -> None:
    study.write_csv("own.csv", "existing", [{"x_m": 500, "y_m": 500, "kind": "fuel", "name": "Lot"}])
    study.write_csv("new.csv", "required", [{"x_m": 525, "y_m": 500, "kind": "fuel", "name": "Lot"}])
    sites = study.build()
    assert list_ids(sites) == ["new:000000", "own:000000"]
    assert sites.removed.empty
    assert "the required site new:000000 (Lot) and the existing site own:000000 (Lot)" in caplog.text


def test_a_required_station_beside_a_station_of_the_map_is_kept(study) -> None:
    study.put("n1", "charging_station", 500, 500, name="PSO Marwat", brand="PSO", capacity=2.0)
    row = {"x_m": 520, "y_m": 500, "kind": "charging_station", "name": "PSO Marwat"}
    study.write_csv("new.csv", "required", [row])
    sites = study.build()
    assert dict(zip(sites.table["site_id"], sites.table["status"], strict=True)) == {
        "n1": "existing",
        "new:000000": "required",
    }


@pytest.mark.parametrize("status", ["existing", "required", "competitor"])
def test_fixed_sites_of_one_status_in_two_files_are_one_and_the_other_is_listed(study, status) -> None:
    for name, x_m in (("a.csv", 500), ("b.csv", 525)):
        study.write_csv(name, status, [{"x_m": x_m, "y_m": 500, "kind": "fuel"}])
    sites = study.build()
    assert list_ids(sites) == ["a:000000"]
    assert explain(sites)["b:000000"][0] == "same place as another site"


@pytest.mark.parametrize("pair", list(combinations(["existing", "required", "competitor"], 2)))
def test_fixed_sites_of_two_statuses_never_remove_each_other(study, pair) -> None:
    for status in pair:
        row = {"x_m": 500, "y_m": 500, "kind": "fuel", "name": "Lot", "site_id": status}
        study.write_csv(f"{status}.csv", status, [row])
    study.put("n1", "fuel", 510, 500, name="Lot")  # a candidate still yields
    sites = study.build()
    assert list_ids(sites) == sorted(pair)
    assert list(explain(sites)) == ["n1"]


# Nothing left


def test_no_place_read_says_what_to_name(study) -> None:
    with pytest.raises(DataError, match=r"no site was read.*sites\.paths.*sites\.files"):
        study.build()


def test_no_site_left_counts_the_reasons(study) -> None:
    study.put("n1", "fuel", 9000, 500)
    study.put("n2", "fuel", 9000, 900)
    study.put("n3", "fuel", 1500, 500)
    expected = r"no site remains of 3.*2 outside the study area, 1 farther from the road network"
    with pytest.raises(DataError, match=expected):
        study.build()


# Laws on random towns

PLACES = st.lists(
    st.tuples(
        st.sampled_from(["fuel", "parking", "mall", "charging_station"]),
        st.integers(150, 950),  # the box is askew in metres by up to 80 m
        st.integers(150, 3850),
        st.sampled_from(["", "", "PSO", "Centaurus"]),
    ),
    min_size=1,
    max_size=60,
)
LAW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def put_all(study, drawn) -> None:
    study.places.clear()
    for number, (kind, x_m, y_m, name) in enumerate(drawn):
        study.put(f"n{number:03d}", kind, x_m, y_m, name=name)


@LAW
@given(drawn=PLACES, spacing_m=st.sampled_from([0.0, 100.0, 300.0, 1500.0]))
def test_every_site_is_kept_or_removed_and_kept_candidates_keep_their_distance(
    study, drawn, spacing_m
) -> None:
    put_all(study, drawn)
    sites = study.build(min_spacing_m=spacing_m)
    assert sorted(list_ids(sites) + sites.removed["site_id"].tolist()) == [
        f"n{number:03d}" for number in range(len(drawn))
    ]
    kept_m = {f"n{number:03d}": np.array(row[1:3], dtype=float) for number, row in enumerate(drawn)}
    status = dict(zip(sites.table["site_id"], sites.table["status"], strict=True))
    for one, other in combinations(status, 2):
        if "candidate" in {status[one], status[other]}:
            assert np.linalg.norm(kept_m[one] - kept_m[other]) >= spacing_m - 0.01
    # Nothing is removed for spacing without a kept site nearby: the thinning is maximal.
    for site_id, (reason, _) in explain(sites).items():
        if reason.startswith("closer"):
            nearest_m = min(np.linalg.norm(kept_m[site_id] - kept_m[kept]) for kept in status)
            assert nearest_m < spacing_m + 0.01


@LAW
@given(drawn=PLACES, seed=st.integers(0, 100))
def test_order_of_the_places_does_not_matter(study, drawn, seed) -> None:
    put_all(study, drawn)
    first = study.build()
    np.random.default_rng(seed).shuffle(study.places)
    again = study.build()
    assert_frame_equal(first.table, again.table)
    assert_frame_equal(first.removed, again.removed)


@LAW
@given(drawn=PLACES)
def test_the_first_site_in_rank_order_is_kept(study, drawn) -> None:
    put_all(study, [(kind, x_m, y_m, "") for kind, x_m, y_m, _ in drawn if kind != "charging_station"])
    if not study.places:
        return
    top = min(study.places, key=lambda row: (["fuel", "parking", "mall"].index(row["kind"]), row["place_id"]))
    assert top["place_id"] in list_ids(study.build(min_spacing_m=2000.0))
