"""The independent checker refuses each kind of fault, and nothing else."""

import json

import pytest

from chargeplan.publish.geojson_check import find_geojson_faults

SQUARE = [[73.0, 33.0], [73.1, 33.0], [73.1, 33.1], [73.0, 33.1], [73.0, 33.0]]  # counter-clockwise
HOLE = [[73.02, 33.02], [73.02, 33.04], [73.04, 33.04], [73.02, 33.02]]  # clockwise


def make_collection(*geometries, **members):
    features = [
        {"type": "Feature", "id": number, "geometry": geometry, "properties": {"n": number}}
        for number, geometry in enumerate(geometries)
    ]
    return {"type": "FeatureCollection", "features": features, **members}


def make_point(lon=73.05, lat=33.7):
    return {"type": "Point", "coordinates": [lon, lat]}


def make_polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def find_faults(collection):
    return find_geojson_faults(json.dumps(collection))


def with_bbox(collection, *bbox):
    return collection | {"bbox": list(bbox)}


VALID = {
    "a point": with_bbox(make_collection(make_point()), 73.05, 33.7, 73.05, 33.7),
    "a polygon with a hole": with_bbox(
        make_collection(make_polygon(SQUARE, HOLE)), 73.0, 33.0, 73.1, 33.1
    ),
    "many polygons": with_bbox(
        make_collection({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}), 73.0, 33.0, 73.1, 33.1
    ),
    "a line with heights": with_bbox(
        make_collection({"type": "LineString", "coordinates": [[73.0, 33.0, 500], [73.1, 33.1, 510]]}),
        73.0, 33.0, 73.1, 33.1,
    ),
    "points in a collection": with_bbox(
        make_collection({"type": "GeometryCollection", "geometries": [make_point()]}), 73.05, 33.7, 73.05, 33.7
    ),
    "a feature without a place": make_collection(None),
    "no feature, and a foreign member": make_collection(chargeplan={"title": "x"}),
}  # fmt: skip


@pytest.mark.parametrize("name", VALID)
def test_valid_collections_have_no_fault(name):
    assert find_faults(VALID[name]) == []


def spoil(change):
    collection = json.loads(json.dumps(VALID["a point"]))
    change(collection, collection["features"][0])
    return json.dumps(collection)


def set_coordinates(*numbers):
    def change(collection, feature):
        feature["geometry"]["coordinates"] = list(numbers)
        collection["bbox"] = [*numbers[:2], *numbers[:2]]

    return change


def set_member(name, value):
    return lambda collection, feature: collection.update({name: value})


def set_feature(name, value):
    return lambda collection, feature: feature.update({name: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_coordinates(33.7, 73.05), "in Pakistan"),  # swapped
        (set_coordinates(0.0, 0.0), "in Pakistan"),  # null island
        (set_coordinates(322_000.5, 3_730_000.5), "degrees"),  # metres of UTM 43N
        (set_coordinates(33.7, 173.05), "degrees"),
        (set_coordinates(73.12345678, 33.7), "7 decimals"),
        (set_coordinates(73.05), "two or three numbers"),
        (set_coordinates(73.05, 33.7, 1, 2), "two or three numbers"),
        (set_coordinates("73.05", 33.7), "two or three numbers"),
        (set_coordinates(True, 33.7), "two or three numbers"),
        (set_coordinates(None, 33.7), "two or three numbers"),
        (set_coordinates([73.05, 33.7], [73.05, 33.7]), "two or three numbers"),
        (set_member("crs", {"type": "name"}), "crs"),
        (set_member("type", "Feature"), "FeatureCollection"),
        (set_member("features", {}), "array"),
        (set_member("geometry", None), "7.1"),
        (set_member("properties", {}), "7.1"),
        (set_member("bbox", None), "bbox"),
        (set_member("bbox", [73.05, 33.7, 73.05, 33.8]), "bbox"),
        (set_member("bbox", [33.7, 73.05, 33.7, 73.05]), "bbox"),
        (set_feature("type", "feature"), "Feature"),
        (set_feature("id", True), "id"),
        (set_feature("id", ["n1"]), "id"),
        (set_feature("properties", []), "properties"),
        (set_feature("features", []), "7.1"),
        (set_feature("crs", None), "crs"),
        (set_feature("geometry", "POINT (73 33)"), "geometry"),
        (set_feature("geometry", {"type": "point", "coordinates": [73.05, 33.7]}), "unknown geometry"),
        (set_feature("geometry", {"type": "Point"}), "nested arrays"),
        (set_feature("geometry", {"type": "GeometryCollection"}), "geometries"),
        (lambda collection, feature: feature.pop("geometry"), "geometry is missing"),
        (lambda collection, feature: feature.pop("properties"), "properties is missing"),
        (lambda collection, feature: collection["features"].append(feature), "repeat"),
        (lambda collection, feature: collection["features"].append(7), "Feature"),
        (lambda collection, feature: feature["properties"].update(n=float("nan")), "NaN"),
        (lambda collection, feature: feature["properties"].update(n=float("-inf")), "Infinity"),
    ],
)  # fmt: skip
def test_each_fault_is_found(change, words):
    faults = find_geojson_faults(spoil(change))
    assert faults
    assert any(words in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (make_polygon(SQUARE[::-1]), "right-hand rule"),
        (make_polygon(SQUARE, HOLE[::-1]), "right-hand rule"),
        (make_polygon(SQUARE[:-1]), "last equal to the first"),
        (make_polygon([SQUARE[0], SQUARE[1], SQUARE[0]]), "four positions"),
        (make_polygon([]), "four positions"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE[::-1]]]}, "right-hand rule"),
        ({"type": "LineString", "coordinates": [[73.0, 33.0]]}, "two positions"),
        ({"type": "Polygon", "coordinates": SQUARE}, "nested arrays"),
    ],
)
def test_shapes_that_break_the_standard_are_found(geometry, words):
    faults = find_faults(make_collection(geometry))
    assert any(words in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "JSON"),
        ("[1, 2]", "FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []', "JSON"),
        ('{"type": "FeatureCollection", "type": "FeatureCollection", "features": []}', "repeated"),
        ('{"type": "FeatureCollection", "features": [], "chargeplan": {"a": 1, "a": 2}}', "repeated"),
        ('{"type": "FeatureCollection", "features": [], "n": 1e999}', "1e999"),
        ('\ufeff{"type": "FeatureCollection", "features": []}', "JSON"),
    ],
)
def test_text_that_is_not_strict_json_is_refused(text, words):
    faults = find_geojson_faults(text)
    assert len(faults) == 1
    assert words in faults[0]
