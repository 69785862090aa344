"""Cells that the roads do not reach: kept, marked, and refused when they hold too much."""

import numpy as np
import pytest

from chargeplan.errors import DataError

CLASSES = ("two_wheeler", "three_wheeler", "car", "taxi", "bus", "truck")


@pytest.fixture
def write_people(study):
    """People in the middle of chosen cells, as squares of 100 m."""

    def write(counts):
        centres = study.cover.lonlat.tolist()
        rows = [f"{centres[cell][0]!r},{centres[cell][1]!r},{people}" for cell, people in counts.items()]
        text = "\n".join(["lon,lat,people", *rows])
        path = study.folder / "people.csv"
        path.write_text(text, encoding="utf-8")
        return {"source": "csv", "path": path, "square_m": 100.0}

    return write


@pytest.fixture
def ends(study):
    """The westernmost and the easternmost cell, some 3 km apart; the road is in the first."""
    west, east = int(np.argmin(study.cover.xy_m[:, 0])), int(np.argmax(study.cover.xy_m[:, 0]))
    study.draw_road(west, 200.0)
    return west, east


def test_cell_is_snapped_to_the_nearest_node_and_keeps_its_distance(study, ends, write_people):
    """The road of 200 m through the centre has its nodes 100 m west and east of it."""
    west, east = ends
    cells = study.build(write_people({west: 95, east: 5}))
    position = study.get_pos(cells, west)
    assert cells.snap_m[position] == pytest.approx(100.0, abs=0.01)
    assert cells.node_pos[position] in (0, 1)


def test_off_network_cell_stays_in_the_record_with_its_distance(study, ends, write_people):
    """Node 1 lies 100 m east of the western centre; the eastern centre is farther than the limit."""
    west, east = ends
    cells = study.build(write_people({west: 95, east: 5}))
    position = study.get_pos(cells, east)
    assert cells.node_pos[position] == -1
    node_m = study.cover.xy_m[west] + (100.0, 0.0)
    assert cells.snap_m[position] == pytest.approx(np.hypot(*(study.cover.xy_m[east] - node_m)), abs=0.01)
    assert cells.snap_m[position] > 1000.0
    assert cells.people[position] == pytest.approx(5.0)


def test_limit_of_the_snap_is_a_setting(study, ends, write_people):
    west, east = ends
    cells = study.build(write_people({west: 50, east: 50}), snap_limit_m=5000.0)
    assert (cells.node_pos >= 0).all()


def test_more_off_the_network_than_allowed_is_refused_with_place_and_remedies(study, ends, write_people):
    """88 people at the road, 8 and 4 far from it: 12 % of the demand, centred at two thirds of the way."""
    west, east = ends
    other = study.find_neighbour(study.find_middle_cell())
    with pytest.raises(DataError) as caught:
        study.build(write_people({west: 88, east: 8, other: 4}))
    (message,) = caught.value.faults
    assert message.startswith(
        "network.path: 12.0% of the demand, in 2 of 3 cells, lies farther than 1000 m from"
    )
    assert "expected at most 10.0%" in message
    far, near = study.cover.lonlat[east], study.cover.lonlat[other]
    lon, lat = (2 * far + near) / 3
    assert f"centred on longitude {lon:.4f}, latitude {lat:.4f}" in message
    (left, low), (right, high) = np.minimum(far, near), np.maximum(far, near)
    assert f"in the box [{left:.4f}, {low:.4f}, {right:.4f}, {high:.4f}]" in message
    for remedy in (
        "Shrink study.area",
        "fuller road file",
        "raise demand.snap_limit_m",
        "raise demand.max_off_network_share",
    ):
        assert remedy in message


@pytest.mark.parametrize(("limit", "is_refused"), [(0.11, True), (0.13, False), (1.0, False)])
def test_allowed_share_is_a_setting(study, ends, write_people, limit, is_refused):
    west, east = ends
    population = write_people({west: 88, east: 12})
    if is_refused:
        with pytest.raises(
            DataError, match=r"12\.0% of the demand, in 1 of 2 cells.*expected at most 11\.0%"
        ):
            study.build(population, max_off_network_share=limit)
    else:
        cells = study.build(population, max_off_network_share=limit)
        assert np.count_nonzero(cells.node_pos < 0) == 1


def test_share_is_one_of_energy_and_not_of_cells_or_people(study, ends, write_people):
    """Half the people live off the network, but all energy lies at the mall by the road."""
    west, east = ends
    study.put("n1", "mall", west)
    at_places = {"overnight_share": 0, "destination_share": 0.5, "fast_share": 0, "depot_share": 0}
    fleet = {"classes": dict.fromkeys(CLASSES, at_places)}
    cells = study.build(write_people({west: 50, east: 50}), fleet=fleet)
    assert cells.total_kwh_day[study.get_pos(cells, east)] == 0.0
    assert cells.node_pos[study.get_pos(cells, east)] == -1


def test_network_without_a_joinable_node_is_refused(study, ends, write_people, draw_network, make_map_places):
    from dataclasses import replace

    from chargeplan.config.settings import DemandSettings
    from chargeplan.demand.build import build_demand

    west, _ = ends
    network = draw_network(study.roads)
    network = replace(network, is_joinable=np.zeros(len(network.node_id), dtype=bool))
    options = DemandSettings.model_validate({"population": write_people({west: 5})}, strict=False)
    with pytest.raises(DataError, match=r"100\.0% of the demand, in 1 of 1 cells"):
        build_demand(study.area, network, make_map_places([]), options, None, year=2030)
