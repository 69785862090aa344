"""The register of cities: figures that hold together, and every fault of the file at once."""

import re

import pytest

from chargeplan.cities import find_city, read_register
from chargeplan.city_areas import read_city_areas
from chargeplan.errors import ConfigError, DataError

NAMES = (
    "karachi",
    "lahore",
    "faisalabad",
    "rawalpindi",
    "islamabad",
    "gujranwala",
    "multan",
    "peshawar",
    "hyderabad",
    "quetta",
    "sialkot",
)
# Districts of the 2023 census, table 1, overall population.
PEOPLE = {
    "karachi": 20382881,
    "lahore": 13004135,
    "faisalabad": 9075819,
    "rawalpindi": 6118911,
    "islamabad": 2363863,
    "gujranwala": 5959750,
    "multan": 5362305,
    "peshawar": 4758762,
    "hyderabad": 2432540,
    "quetta": 2595492,
    "sialkot": 4499394,
}
# Districts split since the census, whose relation no longer holds these tehsils (data/cities.csv, note).
SPLIT_OFF = {"rawalpindi": {"Murree", "Kotli Sattian"}, "gujranwala": {"Wazirabad"}}


@pytest.fixture
def own_text(project_folder):
    return (project_folder / "data" / "cities.yaml").read_text(encoding="utf-8")


@pytest.fixture
def write_register(tmp_path, own_text):
    def write(*changes: tuple[str, str]):
        text = own_text
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "cities.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_register_holds_the_eleven_cities():
    assert tuple(read_register().cities) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_tehsils_sum_to_the_census_total_of_their_districts(name):
    assert find_city(name).people == PEOPLE[name]


@pytest.mark.parametrize("name", NAMES)
def test_tehsil_areas_sum_to_the_area_of_the_boundary(name):
    city, split = find_city(name), SPLIT_OFF.get(name, set())
    area_km2 = sum(
        tehsil.area_km2
        for tehsils in city.districts.values()
        for tehsil_name, tehsil in tehsils.items()
        if tehsil_name not in split
    )
    # The census gives whole square kilometres.
    assert area_km2 == pytest.approx(read_city_areas()[name].area_km2, abs=len(city.list_tehsils()))


@pytest.mark.parametrize("name", NAMES)
def test_names_are_given_in_two_languages(name):
    city = find_city(name)
    assert city.title == read_city_areas()[name].title
    assert re.fullmatch(r"[\u0600-\u06ff ]+", city.name_ur)


def test_people_of_the_box_by_hand():
    # Faisalabad: 3,691,999 of the city tehsil and 0.26 of 1,742,958 of Faisalabad Sadar.
    assert find_city("faisalabad").people_in_box == pytest.approx(3691999 + 0.26 * 1742958)


def test_neighbours_count_in_the_box_and_not_in_the_city():
    islamabad = find_city("islamabad")
    assert islamabad.people == 2363863
    assert islamabad.people_in_box == pytest.approx(0.58 * 2363863 + 0.08 * 3744590)


def test_city_is_found_by_its_other_names():
    assert find_city("pindi").name == "rawalpindi"
    with pytest.raises(ConfigError, match=r'study.city: "sargodha" is not in .*karachi, lahore'):
        find_city("sargodha")


def test_every_fault_is_told_at_once(write_register):
    path = write_register(
        ("people: 613724,", "people: -1,"),
        ("area_km2: 6,", "area_km2: six,"),
        ("study_box: [74.15, 31.33, 74.50, 31.68]", "study_box: [31.33, 74.15, 31.68, 74.50]"),
        ("utm_zone: 43N", "utm_zone: 44N"),
        ("disco: FESCO", "discoo: FESCO"),
    )
    with pytest.raises(DataError) as error:
        read_register(path)
    told = "\n".join(error.value.faults)
    for part in (
        "cities.karachi.districts.Karachi Central.Gulberg.people",
        "cities.karachi.districts.Karachi Central.Liaquatabad.area_km2",
        "cities.lahore.utm_zone",
        "cities.faisalabad.disco: Field required",
        "cities.faisalabad.discoo",
    ):
        assert part in told
    assert len(error.value.faults) >= 5


def test_swapped_box_is_refused(write_register):
    path = write_register(("[74.15, 31.33, 74.50, 31.68]", "[31.33, 74.15, 31.68, 74.50]"))
    with pytest.raises(DataError, match=r"cities.lahore: study_box must be west, south, east, north"):
        read_register(path)


def test_box_in_another_zone_is_refused(write_register):
    path = write_register(("utm_zone: 42N", "utm_zone: 43N"))
    with pytest.raises(DataError, match=r"cities.karachi: utm_zone is 43N, .* lies in 42N"):
        read_register(path)


def test_share_below_one_needs_a_reason(write_register):
    path = write_register((', why: "55 of 450 km2, by area"', ""))
    with pytest.raises(DataError, match=r"Mauripur: share_in_box 0.12 needs a why"):
        read_register(path)


def test_more_urban_people_than_people_are_refused(write_register):
    path = write_register(("urban_people: 613724,", "urban_people: 613725,"))
    with pytest.raises(DataError, match=r"Gulberg: urban_people \(613725\) must not be more"):
        read_register(path)


def test_city_without_a_boundary_is_refused(write_register):
    path = write_register(("  sialkot:", "  sialkote:"))
    with pytest.raises(DataError, match=r"cities.sialkote: data/cities.csv has no place of this name"):
        read_register(path)


def test_title_said_twice_is_refused(write_register):
    path = write_register(("    disco: LESCO", "    title: Lahore\n    disco: LESCO"))
    with pytest.raises(DataError, match=r"cities.lahore.title: stands in data/cities.csv"):
        read_register(path)


def test_key_without_a_source_is_refused(write_register):
    path = write_register(("  utm_zone: {unit", "  utm_zonen: {unit"))
    with pytest.raises(DataError, match="missing: utm_zone; not known: utm_zonen"):
        read_register(path)
    path = write_register(("confidence: assumption,", "confidence: sure,"))
    with pytest.raises(DataError, match=r"fields.budget_pkr.confidence"):
        read_register(path)


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", "cities: 3\n", "cities: {}\n"])
def test_file_of_another_form_is_refused(tmp_path, text):
    path = tmp_path / "cities.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"cities.yaml"):
        read_register(path)
