"""Names of places on the map: the important first, each once."""

from dataclasses import replace

import pytest

from chargeplan.publish.map_settlements import list_settlements
from chargeplan.records import Settlements
from chargeplan.tables import SETTLEMENTS, make_table


def list_names(sample, *rows):
    table = {column.name: [row[at] for row in rows] for at, column in enumerate(SETTLEMENTS)}
    return list_settlements(replace(sample, settlements=Settlements(make_table(SETTLEMENTS, table))))


def test_the_sample_names_its_city_first_and_a_place_mapped_twice_once(sample):
    assert list_settlements(sample) == [
        ["Sample City", "نمونہ شہر", 0, 73.045, 33.7],
        ["H-12", "ایچ - 12", 2, 73.017, 33.678],
        ["Saidpur", "", 3, 73.075, 33.726],
    ]


def test_of_one_kind_what_was_mapped_first_comes_first(sample):
    listed = list_names(
        sample, ("n100", "suburb", "G-9", "", 73.0, 33.7), ("n99", "suburb", "G-8", "", 73.1, 33.7)
    )
    assert [row[0] for row in listed] == ["G-8", "G-9"]


def test_the_same_name_far_away_is_another_place(sample):
    rows = [("n1", "village", "Chak", "", 73.0, 33.7), ("n2", "village", "Chak", "", 73.1, 33.7)]
    assert len(list_names(sample, *rows)) == 2


def test_a_run_without_names_lists_none(sample):
    assert list_settlements(replace(sample, settlements=None)) == []


@pytest.mark.parametrize(
    ("lon", "lat", "is_kept"), [(73.05, 33.7, True), (72.9, 33.7, False), (73.05, 33.8, False)]
)
def test_places_are_kept_in_the_box_of_the_study(lon, lat, is_kept):
    table = {"place_id": ["n1"], "kind": ["town"], "name": ["A"], "name_ur": [""], "lon": [lon], "lat": [lat]}
    kept = Settlements(make_table(SETTLEMENTS, table)).select_near((73.0, 33.66, 73.09, 33.74))
    assert len(kept.table) == is_kept
