"""CPU time of `chargeplan --help` over that of `python -c pass`, medians, as JSON."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys


def measure_cpu_s(command: list[str]) -> float:
    """Run a command and return the CPU seconds it and its children used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(runs: int = 7) -> dict[str, float]:
    """Measure both in turn and return medians and their difference."""
    empty = [sys.executable, "-c", "pass"]
    shown = [sys.executable, "-m", "chargeplan", "--help"]
    measure_cpu_s(shown)  # compiles the bytecode once
    pairs = [(measure_cpu_s(empty), measure_cpu_s(shown)) for _ in range(runs)]
    empty_s = statistics.median(pair[0] for pair in pairs)
    help_s = statistics.median(pair[1] for pair in pairs)
    return {"empty_cpu_s": empty_s, "help_cpu_s": help_s, "difference_cpu_s": help_s - empty_s}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
