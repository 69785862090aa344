"""A run of the embedded city, made once, with counts instead of the clock: the same on every machine."""

import pytest

from chargeplan.config.load import load_settings
from chargeplan.pipeline import run_study


@pytest.fixture(scope="session")
def demo_run(project_folder, tmp_path_factory):
    """The run folder of a short study with few new stations."""
    folder = tmp_path_factory.mktemp("maps")
    changes = [f"publish.folder={folder}", "model.budget_pkr=40e6"]
    changes += ["solve.node_limit=1", "solve.time_limit_s=600"]
    changes += [
        "demand.cell_resolution=7",
        "sites.min_spacing_m=1500",
    ]  # a coarser town has the same questions
    return run_study(load_settings(project_folder / "configs" / "demo.yaml", changes)).folder
