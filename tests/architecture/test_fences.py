"""The fences of the house: who may import whom, and who may print."""

import ast
import functools
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "chargeplan"
STAGES = (
    "config",
    "download",
    "network",
    "demand",
    "sites",
    "grid",
    "travel",
    "model",
    "solve",
    "evaluate",
    "publish",
)
CONDUCTORS = {
    "classical",
    "compare",
    "export",
    "fleet_check.py",
    "pipeline.py",
    "request.py",
    "study_check.py",
    "study_surroundings.py",
    "sweep",
    "why",
    "yearly_demand.py",
}  # alone import stages and hand records on
COMMAND_LINE = {
    "cli.py",
    "cli_areas.py",
    "cli_check.py",
    "cli_cities.py",
    "cli_compare.py",
    "cli_data.py",
    "cli_datasets.py",
    "cli_export.py",
    "cli_output.py",
    "cli_report.py",
    "cli_studies.py",
    "cli_sweep.py",
    "cli_why.py",
    "doctor.py",
    "__main__.py",
}
FILES = sorted(PACKAGE.rglob("*.py"))
LIBRARY_ROOMS = {
    "pulp": {"model", "solve"},
    "highspy": {"model", "solve"},
    "folium": {"publish"},
    "branca": {"publish"},
    "osmium": {"network", "osm", "download"},
    "osmnx": {"network"},
    "requests": {"download"},
    "urllib3": {"download"},
}
HEAVY = {
    "folium",
    "geopandas",
    "h3",
    "highspy",
    "osmium",
    "osmnx",
    "pandas",
    "pulp",
    "rasterio",
    "requests",
    "scipy",
}


@functools.cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def list_imports(path: Path, *, at_top_only: bool = False) -> frozenset[str]:
    """Modules a file imports, those for type checking left out."""
    tree = parse(path)
    found: set[str] = set()
    nodes = list(tree.body) if at_top_only else list(ast.walk(tree))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in nodes:
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def get_room(path: Path) -> str:
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.name


EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))


@EVERY_FILE
def test_a_stage_imports_the_foundation_and_itself_alone(path):
    room = get_room(path)
    if room in CONDUCTORS | COMMAND_LINE:
        return
    foreign = {
        name
        for name in list_imports(path)
        for stage in STAGES
        if f"{name}.".startswith(f"chargeplan.{stage}.") and stage != room
    }
    assert not foreign, f"{path.relative_to(PACKAGE)} imports another stage: {sorted(foreign)}"


@EVERY_FILE
def test_a_library_stays_in_its_rooms(path):
    room = get_room(path)
    roots = {name.split(".")[0] for name in list_imports(path)}
    strayed = {
        root for root in roots & LIBRARY_ROOMS.keys() if room not in LIBRARY_ROOMS[root] | {"doctor.py"}
    }
    assert not strayed, f"{path.relative_to(PACKAGE)} imports {sorted(strayed)}"


@EVERY_FILE
def test_only_the_command_line_prints(path):
    calls = [
        node.lineno
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not calls or path.name == "cli.py", f"{path.relative_to(PACKAGE)} prints in lines {calls}"


@pytest.mark.parametrize(
    "name",
    [
        "__init__.py",
        "cli.py",
        "cli_areas.py",
        "cli_check.py",
        "cli_cities.py",
        "cli_compare.py",
        "cli_data.py",
        "cli_datasets.py",
        "cli_export.py",
        "cli_output.py",
        "cli_report.py",
        "cli_studies.py",
        "cli_sweep.py",
        "cli_why.py",
        "errors.py",
        "words.py",
    ],
)
def test_the_command_line_starts_without_heavy_libraries(name):
    roots = {module.split(".")[0] for module in list_imports(PACKAGE / name, at_top_only=True)}
    assert not roots & HEAVY


def test_verification_knows_neither_the_solver_nor_the_model():
    names = {name for path in (PACKAGE / "evaluate").rglob("*.py") for name in list_imports(path)}
    assert not {name for name in names if name.split(".")[0] in {"pulp", "highspy"}}
    assert not {name for name in names if name.startswith(("chargeplan.model", "chargeplan.solve"))}


def test_assert_is_for_tests():
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Assert)
    ]
    assert not found
