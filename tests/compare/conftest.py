"""The sample plan with the settings of the comparisons."""

import pytest
from sample_bundle import build_sample_bundle
from sample_comparison import vary_run

from chargeplan.publish.bundle import RunBundle


@pytest.fixture(scope="session")
def plan() -> RunBundle:
    return vary_run(build_sample_bundle())
