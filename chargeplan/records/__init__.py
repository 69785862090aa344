"""What one stage hands to the next: frozen, and checked when made.

A record holds only texts, numbers, tuples of them, NumPy arrays, SciPy CSR matrices, pandas
frames and (in `StudyArea`) one geometry, so that `chargeplan.store` can write any of them to
a run folder and read it back. ``_pos`` fields are row numbers; ``_id`` fields are stable.
"""

from chargeplan.records.demand import (
    CONSERVATION_RELATIVE_TOLERANCE,
    DemandCells,
)
from chargeplan.records.evaluation import (
    Evaluation,
)
from chargeplan.records.network import (
    RoadNetwork,
)
from chargeplan.records.problem import (
    PlanProblem,
)
from chargeplan.records.promises import Bools, Floats, Ints
from chargeplan.records.proof import (
    COST_TOLERANCE,
    LARGEST_UNSAID_GAP,
    NO_LOAD_KWH_DAY,
    PROOF_TOLERANCE,
    TARGET_TOLERANCE,
    advise_longer_search,
    compute_cost_gap,
    compute_gap,
    format_gap,
)
from chargeplan.records.request import (
    PlanRequest,
)
from chargeplan.records.sites import (
    CandidateSites,
    TravelTable,
)
from chargeplan.records.solution import (
    Solution,
)
from chargeplan.records.stages import (
    PlanStages,
)
from chargeplan.records.study import (
    DataSource,
    LandAreas,
    MapPlaces,
    Settlements,
    StudyArea,
)

__all__ = [
    "CONSERVATION_RELATIVE_TOLERANCE",
    "COST_TOLERANCE",
    "LARGEST_UNSAID_GAP",
    "NO_LOAD_KWH_DAY",
    "PROOF_TOLERANCE",
    "TARGET_TOLERANCE",
    "Bools",
    "CandidateSites",
    "DataSource",
    "DemandCells",
    "Evaluation",
    "Floats",
    "Ints",
    "LandAreas",
    "MapPlaces",
    "PlanProblem",
    "PlanRequest",
    "PlanStages",
    "RoadNetwork",
    "Settlements",
    "Solution",
    "StudyArea",
    "TravelTable",
    "advise_longer_search",
    "compute_cost_gap",
    "compute_gap",
    "format_gap",
]
