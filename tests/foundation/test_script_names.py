"""Which of the names of a thing is English, and which is Urdu."""

import geopandas as gpd
import pytest
import shapely

from chargeplan.places import describe_place, make_settlements, read_place_file
from chargeplan.script_names import add_names, find_names, find_urdu_name, split_scripts
from chargeplan.words import PlaceKind


@pytest.mark.parametrize(
    ("text", "english", "urdu"),
    [
        ("Rawat", "Rawat", ""),
        ("روات", "", "روات"),
        ("Tarnol (ترنول)", "Tarnol", "ترنول"),
        ("Faizabad - فیض آباد", "Faizabad", "فیض آباد"),
        ("مسجد نور / Masjid Noor", "Masjid Noor", "مسجد نور"),
        ("ایف - 10/2", "", "ایف - 10/2"),
        ("کیفے 1969", "", "کیفے 1969"),
        ("Islamabad International َDental", "Islamabad International َDental", ""),  # a mark, no letter
        ("PSO پمپ on روڈ", "", ""),  # nobody can tell the two apart
        ("PSO پی ایس او CNG", "", ""),
        # Of the map of Karachi:
        ("Bank Alfalah۔ بینک الفلاح", "Bank Alfalah", "بینک الفلاح"),
        ("Al Hamra Park ۔ ( الحمراء پارک )", "Al Hamra Park", "الحمراء پارک"),
        ("Jamalo hotel. جمالو ہوٹل", "Jamalo hotel", "جمالو ہوٹل"),
        (
            "Iqbal (Petroleum Service)۔ اقبال پیٹرولیم سروس",
            "Iqbal (Petroleum Service)",
            "اقبال پیٹرولیم سروس",
        ),
        (
            "Iqbal Chat House (Dahi Bhallay Wala) اقبال چاٹ ھاؤس",
            "Iqbal Chat House (Dahi Bhallay Wala)",
            "اقبال چاٹ ھاؤس",
        ),
        ("Noorislam Hotel(malbari) (نورالسلام ھوٽل)", "Noorislam Hotel(malbari)", "نورالسلام ھوٽل"),
        (
            "United Bank Ltd (UBL) - یونائیٹڈ بینک (یو بی ایل)",
            "United Bank Ltd (UBL)",
            "یونائیٹڈ بینک (یو بی ایل)",
        ),
        ("خاتم الانبیاء(ص) Jamea khatim", "Jamea khatim", "خاتم الانبیاء(ص)"),
        ("Jamal Foodx - سوزوکی برگر قائم شدہ1982", "Jamal Foodx", "سوزوکی برگر قائم شدہ1982"),
        ("Mustafa Park۔ مصطفیٰ پارکv", "", ""),
        # Of the same kinds:
        ("(ترنول) Tarnol", "Tarnol", "ترنول"),
        ("P.S.O. پی ایس او", "P.S.O.", "پی ایس او"),
        ("گلی نمبر 5 Street 5", "Street 5", "گلی نمبر 5"),
        ("Street 5 گلی نمبر 5", "Street 5", "گلی نمبر 5"),
        ("دوسری گلی 2nd Street", "2nd Street", "دوسری گلی"),
        ("ترنول [Tarnol", "Tarnol", "ترنول"),
    ],
)
def test_a_name_in_two_scripts_is_split_where_the_script_changes(text, english, urdu):
    assert split_scripts(text) == (english, urdu)


@pytest.mark.parametrize(
    ("tags", "english", "urdu"),
    [
        ({"name": "جی - 9", "name:en": "G-9"}, "G-9", "جی - 9"),
        ({"name": "G-9", "name:ur": "جی - 9"}, "G-9", "جی - 9"),
        ({"name": "G-9", "name_ur": "جی - 9", "name_en": "Sector G-9"}, "Sector G-9", "جی - 9"),
        ({"name": "روات", "int_name": "Rawat"}, "Rawat", "روات"),
        ({"name": "Rawat", "int_name": "Riwat"}, "Rawat", ""),
        ({"name": "Masjid", "name:ur": "masjid"}, "Masjid", ""),
        ({"name": "Rawat", "name:en": "Unnamed"}, "Rawat", ""),
        ({}, "", ""),
    ],
)
def test_tags_tell_the_english_and_the_urdu_name(tags, english, urdu):
    assert find_names(tags.get) == (english, urdu)


def test_what_a_name_lacks_comes_from_another_of_the_same_thing_and_nothing_is_replaced():
    assert find_names(add_names({"name": "روات"}, {"name": "Rawat"}).get) == ("Rawat", "روات")
    assert find_names(add_names({"name": "Rawat"}, {"name": "Riwat"}).get) == ("Rawat", "")


def test_a_place_keeps_its_local_name_and_those_in_both_scripts():
    def describe(**tags):
        row = describe_place("n1", PlaceKind.FUEL, {"amenity": "fuel"} | tags, 73.0, 33.7, "map.osm")
        return [row[key] for key in ("name", "name_en", "name_ur")]

    assert describe(name="Shell") == ["Shell", "", ""]
    assert describe(name="شیل") == ["شیل", "", "شیل"]
    assert describe(name="Shell (شیل)") == ["Shell (شیل)", "Shell", "شیل"]
    assert describe(name="شیل", **{"name:en": "Shell"}) == ["شیل", "Shell", "شیل"]


def test_settlements_are_called_by_their_english_name_and_keep_the_urdu_one():
    rows = [
        ("n1", {"place": "town", "name": "Tarnol (ترنول)"}, 73.0, 33.7),
        ("n2", {"place": "town", "name": "روات"}, 73.0, 33.7),
        ("n3", {"place": "town", "name:ur": "گولڑہ"}, 73.0, 33.7),
    ]
    table = make_settlements(rows)
    assert table[["name", "name_ur"]].to_numpy().tolist() == [
        ["Tarnol", "ترنول"],
        ["روات", "روات"],
        ["گولڑہ", "گولڑہ"],
    ]


@pytest.mark.parametrize("colon", [":", "_"])
def test_a_layer_file_says_both_names_with_a_colon_or_without(tmp_path, colon):
    """GeoPackage and many programs write name_en for name:en."""
    tags = {"amenity": "fuel", "name": "شیل", f"name{colon}en": "Shell", f"name{colon}ur": "شیل پمپ"}
    layer = gpd.GeoDataFrame([tags], geometry=[shapely.Point(73.0, 33.7)], crs="EPSG:4326")
    layer.to_file(tmp_path / "places.geojson")
    table = read_place_file(tmp_path / "places.geojson", "demand.places.paths[0]").table
    assert table[["name", "name_en", "name_ur"]].to_numpy().tolist() == [["شیل", "Shell", "شیل پمپ"]]


def test_the_urdu_name_of_a_site_is_the_one_that_is_in_urdu():
    assert find_urdu_name({"name": "شیل", "name_ur": ""}) == "شیل"
    assert find_urdu_name({"name": "Shell", "name_ur": "شیل", "name_en": "Shell"}) == "شیل"
    assert find_urdu_name({"name": "Shell", "name_ur": "shell"}) == ""
