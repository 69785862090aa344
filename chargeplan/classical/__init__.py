"""Classical location problems on arrays or points, solved by the same core as a study.

Each problem is a file of its own. Like `chargeplan.pipeline` this package may import stages; it
hands arrays to the model and the search and brings a plain result back.
"""

from chargeplan.classical.backup_cover import solve_backup_cover
from chargeplan.classical.capacitated_mclp import solve_capacitated_mclp
from chargeplan.classical.cflp import solve_cflp
from chargeplan.classical.lscp import solve_lscp
from chargeplan.classical.mclp import solve_mclp
from chargeplan.classical.p_center import solve_p_center
from chargeplan.classical.p_dispersion import solve_p_dispersion
from chargeplan.classical.p_median import solve_p_median
from chargeplan.classical.result import ClassicalResult
from chargeplan.classical.set_cover import solve_set_cover

__all__ = [
    "ClassicalResult",
    "solve_backup_cover",
    "solve_capacitated_mclp",
    "solve_cflp",
    "solve_lscp",
    "solve_mclp",
    "solve_p_center",
    "solve_p_dispersion",
    "solve_p_median",
    "solve_set_cover",
]
