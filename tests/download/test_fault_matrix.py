"""Every fault in every phase of a download ends with complete data or an honest error, never with a part.

The rows are the faults of the local server, the columns the phases; each cell meets its fault always
and once. After an error the download is finished against the healthy server.
"""

from dataclasses import dataclass

import pytest
import shapely
from download_cells import (
    Bench,
    Elements,
    check_words,
    read_dataset,
    run_cell,
)
from osm_server import Fault, Mode, OsmServer, OsmStore, Phase, When
from osm_server.made_area import draw_boundary, draw_city

from chargeplan.network.tags import ROAD_CLASSES

PHASES = (Phase.STATUS, Phase.BOUNDARY, Phase.ESTIMATE, Phase.FIRST_TILE, Phase.LATER_TILE)
DEMO, REAL = "demo city", "Islamabad"

# What a public server refuses on purpose is not asked again.
NOT_ASKED_AGAIN = {Mode.BAD_REQUEST, Mode.FORBIDDEN, Mode.LOGIN_REDIRECT}
# Not a fault of the data: the database moved on, or older versions came with the newest.
HARMLESS = {Mode.MOVING_TIMESTAMP, Mode.OLD_DUPLICATES}
# Near relatives of other modes; they are tried on the real extract only, to keep the default suite quick.
RELATIVES = {
    Mode.TOO_MANY_RETRY_DATE,
    Mode.BAD_GATEWAY,
    Mode.UNAVAILABLE,
    Mode.EMPTY_BODY,
    Mode.CLOSED_BEFORE_HEADER,
    Mode.REMARK_UNKNOWN,
    Mode.ONLY_COUNT,
    Mode.ABSURD_COORDINATE,
    Mode.ELEMENTS_NOT_LIST,
    Mode.WRONG_TYPES,
}


def list_cells(demo_phases):
    """Cells (city, mode, phase): all on the real extract, most modes in some phases on the demo city."""
    cells = []
    for mode in Mode:
        for phase in PHASES:
            if mode not in RELATIVES and phase in demo_phases:
                cells.append(pytest.param(DEMO, mode, phase, id=f"{DEMO}-{mode}-{phase}"))
            name = f"{REAL}-{mode}-{phase}"
            cells.append(pytest.param(REAL, mode, phase, id=name, marks=pytest.mark.real_data))
    return cells


BUFFER_KM = 0.2
DEMO_BOX = (72.84, 33.66, 72.866, 33.682)  # where the streets are few, for speed
ISLAMABAD_BOX = (73.2, 33.675, 73.226, 33.697)  # some 2,000 elements
EXTRACT = "islamabad/islamabad_ict_2020-07.osm.pbf"


@dataclass(frozen=True)
class City:
    bench: Bench
    box: tuple[float, float, float, float]
    expected: Elements  # of a download without faults
    queries: list[str]


@pytest.fixture(scope="module", params=[DEMO, pytest.param(REAL, marks=pytest.mark.real_data)])
def city(request, project_folder, tmp_path_factory):
    if request.param == DEMO:
        box, max_elements = DEMO_BOX, 50_000
        path, extra = project_folder / "data" / "demo" / "islamabad-schematic.osm.gz", draw_city(box)
    else:
        box, max_elements = ISLAMABAD_BOX, 1_000
        path = request.getfixturevalue("real_data_folder") / "osm" / EXTRACT
        extra = draw_boundary(shapely.box(*box), name="A part of Islamabad")
    folder = tmp_path_factory.mktemp("healthy")
    with OsmServer(OsmStore.read(path, extra=extra)) as server:
        bench = Bench(server, max_elements=max_elements, buffer_km=BUFFER_KM)
        outcome = bench.fetch(folder)
        assert outcome.error is None, outcome.error
        expected = read_dataset(folder)
        queries = server.list_queries(Phase.BOUNDARY, Phase.FIRST_TILE, Phase.LATER_TILE)
        yield City(bench, box, expected, queries)


def test_a_healthy_download_has_every_road_of_the_extract_near_the_area(city):
    elements = city.bench.server.store.list_elements()
    place = {one["id"]: (one["lon"], one["lat"]) for one in elements if one["type"] == "node"}
    # A degree is 111 km; the buffer of 0.2 km is 0.0018 to 0.0022 degrees here.
    surely, at_most = (shapely.box(*city.box).buffer(degrees) for degrees in (0.0017, 0.005))
    roads = {
        one["id"]: shapely.LineString([place[ref] for ref in one["nodes"]])
        for one in elements
        if one["type"] == "way" and one.get("tags", {}).get("highway") in ROAD_CLASSES
    }
    got = {
        element_id
        for (kind, element_id), one in city.expected.items()
        if kind == "way" and one["tags"].get("highway") in ROAD_CLASSES
    }
    assert {way for way, line in roads.items() if line.intersects(surely)} <= got
    assert got <= {way for way, line in roads.items() if line.intersects(shapely.box(*at_most.bounds))}
    assert len(got) > 20


def test_a_healthy_download_changes_no_element_and_lacks_no_node(city):
    source = {(one["type"], one["id"]): one for one in city.bench.server.store.list_elements()}
    for key, element in city.expected.items():
        for name in ("version", "timestamp", "nodes", "members", "lat", "lon"):
            assert element.get(name) == source[key].get(name), (key, name)
        assert element["tags"] == source[key].get("tags", {}), key
    refs = {ref for one in city.expected.values() for ref in one.get("nodes", ())}
    assert {("node", ref) for ref in refs} <= city.expected.keys()


def test_a_healthy_download_asks_each_question_once(city):
    assert len(city.queries) == len(set(city.queries))
    assert len(city.queries) >= 6, "the boundary and a tile for each layer"


@pytest.mark.parametrize(("city", "mode", "phase"), list_cells(PHASES), indirect=["city"])
def test_a_fault_that_stays_ends_with_all_or_an_error(city, tmp_path, mode, phase):
    result = run_cell(city.bench, tmp_path / "cache", mode, phase, When.always(), city.expected, city.queries)
    if phase == Phase.STATUS or mode in HARMLESS:
        assert result.ending == "complete" or phase == Phase.ESTIMATE, result.ending


@pytest.mark.parametrize(("city", "mode", "phase"), list_cells([Phase.FIRST_TILE]), indirect=["city"])
def test_a_fault_that_passes_ends_with_all(city, tmp_path, mode, phase):
    result = run_cell(city.bench, tmp_path / "cache", mode, phase, When.once(), city.expected, city.queries)
    if phase == Phase.STATUS or mode not in NOT_ASKED_AGAIN | {Mode.SLOW_DRIP}:
        assert result.ending == "complete", result.ending


@pytest.mark.parametrize("when", [When.nth(2), When.from_nth(3)], ids=["second", "from the third"])
@pytest.mark.parametrize(
    "mode", [Mode.EMPTY_ANSWER, Mode.LOST_ELEMENTS, Mode.RESET_IN_MIDDLE, Mode.REMARK_MEMORY], ids=str
)
def test_a_fault_in_the_middle_costs_only_what_was_not_there(city, tmp_path, mode, when):
    result = run_cell(
        city.bench, tmp_path / "cache", mode, Phase.LATER_TILE, when, city.expected, city.queries
    )
    assert result.ending == "complete" or result.n_resumed < result.n_first


@pytest.mark.parametrize("layer", ['"amenity"', '"power"', '"highway"~', '"landuse"'])
@pytest.mark.parametrize("mode", [Mode.EMPTY_ANSWER, Mode.FEW_LOST, Mode.LOST_ELEMENTS], ids=str)
def test_a_layer_whose_count_and_data_lie_alike_ends_with_all_an_error_or_a_limit(
    city, tmp_path, mode, layer
):
    phases = {Phase.ESTIMATE, Phase.FIRST_TILE, Phase.LATER_TILE}
    server = city.bench.server
    server.set_faults(
        Fault(mode, concerns=lambda request: request.phase in phases and layer in request.query)
    )
    outcome = city.bench.fetch(tmp_path)
    server.set_faults()
    found = read_dataset(tmp_path)
    if outcome.error is not None:
        check_words(outcome.error)
        assert found is None
    elif found != city.expected and mode != Mode.FEW_LOST:  # three fewer everywhere is what nobody can see
        assert any("the server has no" in limit for limit in outcome.state.manifest.limits)
