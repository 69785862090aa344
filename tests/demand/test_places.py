"""Places: their weights, the planner's changes, repeats, and where they draw energy."""

import numpy as np
import pandas as pd
import pytest
import shapely

from chargeplan.config.settings import PlacesSettings
from chargeplan.demand.attraction import find_repeats, read_kind_weights, weigh_places
from chargeplan.errors import DataError
from chargeplan.tables import PLACES
from chargeplan.words import PlaceKind

CRS = "EPSG:32643"


@pytest.fixture
def weigh(study, make_map_places):
    """Weights of the cells of the places that were put."""

    def run(**settings):
        options = PlacesSettings.model_validate(settings, strict=False)
        return weigh_places(make_map_places(study.places), options, study.cover)

    return run


def get_told(attraction):
    return {figure.step: figure.value for figure in attraction.figures}


def test_weights_of_a_cell_add_up(study, weigh):
    """A mall (10) and a fuel station (1) in one cell, a hospital (4) in another: data/demand."""
    study.put("n1", "mall", 5)
    study.put("n2", "fuel", 5, east_m=90.0)
    study.put("n3", "hospital", 9)
    attraction = weigh()
    expected = np.zeros(study.cover.n_cells)
    expected[[5, 9]] = 11.0, 4.0
    assert attraction.weight.tolist() == expected.tolist()
    assert get_told(attraction)["weight of all places"] == 15.0


def test_planner_changes_single_weights(study, weigh):
    study.put("n1", "mall", 5)
    study.put("n2", "hospital", 9)
    attraction = weigh(weights={"mall": 2.5})
    assert attraction.weight[[5, 9]].tolist() == [2.5, 4.0]
    assert attraction.figures[-1].source == "data/demand/place_weights.csv and demand.places.weights"


def test_every_kind_has_a_weight():
    assert set(read_kind_weights(PlacesSettings())) == set(PlaceKind)


def test_places_outside_the_area_are_ignored_and_counted(study, weigh, make_place, lonlat):
    study.put("n1", "mall", 5)
    lon, lat = lonlat(-1000.0, 500.0)[0]
    study.places.append(make_place("n2", "mall", lon, lat))
    told = get_told(weigh())
    assert told["places read"] == 2
    assert told["places outside the study area"] == 1
    assert told["weight of all places"] == 10.0


def test_place_of_a_file_that_the_map_has_too_counts_once(study, weigh, write_layer):
    """The file puts the same mall 20 m away under another name, and a second one elsewhere."""
    study.put("n1", "mall", 5, name="Centaurus")
    near, far = study.cover.lonlat[5] + (20.0 / 92_500, 0.0), study.cover.lonlat[40]
    tags = {"shop": "mall", "name": "The Centaurus Mall"}
    path = write_layer("malls.geojson", [(shapely.Point(near), tags), (shapely.Point(far), tags)])
    attraction = weigh(paths=[path])
    assert attraction.weight[[5, 40]].tolist() == [10.0, 10.0]
    told = get_told(attraction)
    assert (told["places read"], told["places read twice, counted once"], told["places counted"]) == (3, 1, 2)


def test_places_of_the_map_can_be_left_out(study, weigh, write_layer):
    study.put("n1", "mall", 5)
    path = write_layer("malls.geojson", [(shapely.Point(study.cover.lonlat[40]), {"shop": "mall"})])
    attraction = weigh(from_network_file=False, paths=[path])
    assert attraction.weight[[5, 40]].tolist() == [0.0, 10.0]


def test_missing_place_file_is_named(weigh, tmp_path):
    path = tmp_path / "here.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    with pytest.raises(DataError, match=r"demand\.places\.paths\[1\]: no file at .*gone\.geojson"):
        weigh(paths=[path, tmp_path / "gone.geojson"])


@pytest.mark.parametrize(
    ("second", "is_same"),
    [
        ({"east_m": 20.0}, True),  # neither has a name, within 30 m
        ({"east_m": 40.0}, False),
        ({"east_m": 80.0, "name": "shell"}, False),  # the first has none
        ({"east_m": 20.0, "name": "shell"}, True),
        ({"east_m": 20.0, "kind": "bank"}, False),
    ],
)
def test_unnamed_repeats(study, second, is_same):
    put_pair(study, {}, second)
    assert find_repeats_of(study) == [False, is_same]


@pytest.mark.parametrize(
    ("second", "is_same"),
    [
        ({"east_m": 90.0, "name": "SHELL"}, True),  # the same name within 100 m, in any case
        ({"east_m": 110.0, "name": "Shell"}, False),
        ({"east_m": 20.0, "name": "Total"}, False),  # neighbours of one file
        ({"east_m": 20.0, "name": "Total", "source": "other.geojson"}, True),  # spelt otherwise
        ({"east_m": 40.0, "name": "Total", "source": "other.geojson"}, False),
    ],
)
def test_named_repeats(study, second, is_same):
    put_pair(study, {"name": "Shell"}, second)
    assert find_repeats_of(study) == [False, is_same]


def test_chain_of_near_places_keeps_those_that_repeat_no_kept_one(study):
    """At 0, 25 and 50 m: the second repeats the first; the third repeats only the second."""
    for number, east_m in enumerate((0.0, 25.0, 50.0)):
        study.put(f"n{number}", "fuel", 5, east_m=east_m)
    assert find_repeats_of(study) == [False, True, False]


def put_pair(study, first, second):
    study.put("n1", "fuel", 5, **first)
    study.put("n2", second.pop("kind", "fuel"), 5, **second)


def find_repeats_of(study):
    return find_repeats(pd.DataFrame(study.places)[[c.name for c in PLACES]], CRS).tolist()
