"""The same plan gives the same bytes whatever order Python's sets and hashes take."""

import os
import subprocess
import sys

PUBLISH = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from sample_bundle import build_sample_bundle
from chargeplan.publish.run_folder import publish_run
publish_run(Path(sys.argv[1]), build_sample_bundle())
"""


def test_two_hash_seeds_publish_the_same_bytes(tmp_path, project_folder, read_files, published):
    expected = read_files(published)
    for seed in ("0", "1"):
        folder = tmp_path / seed / "sample"
        folder.parent.mkdir()
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join([str(project_folder), os.environ.get("PYTHONPATH", "")]),
        }
        command = [sys.executable, "-c", PUBLISH, str(folder), str(project_folder / "tests")]
        subprocess.run(command, check=True, env=environment, cwd=tmp_path)
        found = read_files(folder)
        assert found.keys() == expected.keys()
        assert [name for name in found if found[name] != expected[name]] in ([], ["timings.json"])
