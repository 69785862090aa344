"""The solver in this process: hundreds of small problems need no hundreds of child processes."""

import pytest

from chargeplan.classical import core
from chargeplan.solve.milp import solve_milp


@pytest.fixture
def solver_here(monkeypatch):
    def run(request, *, tell, ask_stop):
        return solve_milp(request, tell=tell, ask_stop=ask_stop)

    monkeypatch.setattr(core, "run_milp", run)
