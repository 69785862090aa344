"""A small sweep of the embedded city, made once."""

from pathlib import Path

import pytest

from chargeplan.config.load import load_settings
from chargeplan.sweep.curve import compute_curve
from chargeplan.sweep.values import parse_vary

# No station stands yet, so that the smallest budget buys nothing; seconds are short, gaps are wide.
CHANGES = ("sites.existing_from_osm=false", "solve.time_limit_s=0.8")


@pytest.fixture(scope="session")
def load_points(project_folder):
    def load(vary, *changes):
        config: Path = project_folder / "configs" / "demo.yaml"
        return [
            load_settings(config, [*CHANGES, *changes, vary.make_override(value)]) for value in vary.values
        ]

    return load


@pytest.fixture(scope="session")
def nested_curve(load_points):
    vary = parse_vary("model.budget_pkr=1000,40M,120M,360M")
    return compute_curve(vary, load_points(vary), is_nested=True)
