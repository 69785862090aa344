"""Cut a city from a synthetic national extract, ours against `osmium extract`, both as processes.

Run from the project's folder, with the real extract that the config names:

    python -m benchmarks.download.cut_vs_osmium configs/islamabad.yaml --set network.path=ISLAMABAD.osm.pbf

The national extract is synthetic: the real one, copied over Pakistan with new ids (see
`benchmarks.download.national_extract`); it is built once into data/cache/benchmarks/. Both cut
the study's area with its margin, in turn. Ours is `chargeplan.download.cut.cut_dataset`, which
also reads the cut again, counts it and writes checksums. Seconds are those of the whole
process, start-up included; peak memory is the process's own (VmHWM). The elements that come
out are compared in every letter of osmium's text format: kind, id, version, time, place, tags,
nodes and members.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import zip_longest
from pathlib import Path
from typing import Any

from benchmarks.download.national_extract import N_COPIES, find_or_build

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
BUFFER_KM = 2.0
OURS = """
import json, sys
from pathlib import Path
import shapely
from chargeplan.download.areas import FetchArea
from chargeplan.download.cut import cut_dataset
extract, area, folder, buffer_km = sys.argv[1:]
boundary = shapely.from_geojson(Path(area).read_text("utf-8"))
state = cut_dataset(Path(extract), FetchArea("cut", "the study's area", 0, boundary),
    folder=Path(folder), buffer_km=float(buffer_km), tell=lambda _: None)
print(json.dumps({"counts": state.manifest.counts, "covered": state.manifest.covered}))
"""
# Asked of the running process every few hundredths of a second: the peak is told by the system.
POLL_S = 0.02


def run_process(command: list[str]) -> dict[str, Any]:
    """Run a command; return its seconds, its peak memory and what it wrote to standard output."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak_kb = 0
    while process.poll() is None:
        peak_kb = max(peak_kb, read_peak_kb(process.pid))
        time.sleep(POLL_S)
    seconds = time.perf_counter() - started
    output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return {"seconds": seconds, "peak_mb": peak_kb * 1024 / 1e6, "output": output}


def read_peak_kb(pid: int) -> int:
    """Read the largest memory a process has held, 0 when it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def cut_with_ours(extract: Path, area: Path, folder: Path) -> dict[str, Any]:
    """Cut with chargeplan; the file is folder/cut/cut.osm.pbf."""
    command = [sys.executable, "-c", OURS, str(extract), str(area), str(folder), str(BUFFER_KM)]
    run = run_process(command)
    return {**run, **json.loads(run.pop("output"))}


def cut_with_osmium(program: str, extract: Path, area: Path, path: Path) -> dict[str, Any]:
    """Cut with osmium-tool."""
    command = [program, "extract", "--strategy=complete_ways", "--overwrite", "--no-progress"]
    run = run_process([*command, "--polygon", str(area), "--output", str(path), str(extract)])
    del run["output"]
    return run


def count_differences(ours: Path, theirs: Path, folder: Path) -> tuple[int, int]:
    """Count the elements that two files hold, and those in which they differ."""
    import osmium

    texts = []
    for number, path in enumerate((ours, theirs)):
        texts.append(folder / f"{number}.opl")
        with osmium.io.Reader(str(path)) as reader, osmium.SimpleWriter(texts[-1], overwrite=True) as writer:
            osmium.apply(reader, writer)
    n_elements = n_different = 0
    with texts[0].open(encoding="utf-8") as first, texts[1].open(encoding="utf-8") as second:
        for one, other in zip_longest(first, second):
            n_elements += 1
            n_different += one != other
    return n_elements, n_different


def write_geometry(path: Path, geometry: str) -> None:
    """Write a geometry as the feature that osmium-tool reads."""
    path.write_text(f'{{"type": "Feature", "properties": {{}}, "geometry": {geometry}}}', encoding="utf-8")


def compare(extract: Path, boundary: str, runs: int) -> dict[str, Any]:
    """Cut in turn and compare."""
    program = shutil.which("osmium")
    ours, theirs = [], []
    result: dict[str, Any] = {
        "synthetic": True,
        "extract": extract.name,
        "extract_mb": extract.stat().st_size / 1e6,
        "buffer_km": BUFFER_KM,
        "runs": runs,
    }
    with tempfile.TemporaryDirectory(prefix="chargeplan-benchmark-") as name:
        folder = Path(name)
        area, widened = folder / "area.geojson", folder / "widened.geojson"
        area.write_text(boundary, encoding="utf-8")
        for _ in range(runs):
            ours.append(cut_with_ours(extract, area, folder))
            if program is not None:
                write_geometry(widened, json.dumps(ours[-1].pop("covered")))
                theirs.append(cut_with_osmium(program, extract, widened, folder / "theirs.osm.pbf"))
        result["ours"] = summarise(ours) | {"counts": ours[-1]["counts"]}
        if program is None:
            return {**result, "osmium": None, "why_not": "osmium-tool is not installed"}
        n_elements, n_different = count_differences(
            folder / "cut" / "cut.osm.pbf", folder / "theirs.osm.pbf", folder
        )
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    result["osmium"] = summarise(theirs) | {"version": version.splitlines()[0]}
    result["ratio_ours_to_osmium"] = result["ours"]["median_s"] / result["osmium"]["median_s"]
    return {**result, "elements": n_elements, "elements_that_differ": n_different}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Tell the median and all seconds, and the largest peak."""
    seconds = [run["seconds"] for run in runs]
    return {
        "median_s": statistics.median(seconds),
        "seconds": seconds,
        "peak_mb": max(run["peak_mb"] for run in runs),
    }


def main() -> None:
    """Build or find the extract, compare, and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--copies", type=int, default=N_COPIES)
    options = parser.parse_args()
    if not Path("/proc/self/status").is_file():
        sys.exit("peak memory is read from /proc, which this system has not")
    import shapely

    from chargeplan.area import measure_area
    from chargeplan.config.load import load_settings

    settings = load_settings(options.config, options.sets).settings
    boundary, _, area_km2 = measure_area(settings.study.area)
    cache = PROJECT_FOLDER / "data" / "cache" / "benchmarks"
    extract = find_or_build(settings.network.path, cache, n_copies=options.copies)
    result = compare(extract, shapely.to_geojson(boundary), options.runs)
    print(json.dumps({**result, "copies": options.copies, "area_km2": area_km2}, indent=1))


if __name__ == "__main__":
    main()
