"""One more row in a linear model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from chargeplan.linear_model import LinearModel
    from chargeplan.records import Floats, Ints


def add_row(
    model: LinearModel,
    name: str,
    columns: Ints,
    values: Floats,
    *,
    lower: float = -np.inf,
    upper: float = np.inf,
) -> LinearModel:
    """Add one row ``lower <= values x columns <= upper`` as the next of a family of its own."""
    families = model.row_families if name in model.row_families else (*model.row_families, name)
    family = families.index(name)
    row = sp.csr_array(
        (values, (np.zeros(len(columns), dtype=np.int64), columns)), shape=(1, model.n_columns)
    )
    number = int(np.count_nonzero(model.row_family == family))
    return replace(
        model,
        matrix=sp.csr_array(sp.vstack([model.matrix, row], format="csr")),
        row_lower=np.append(model.row_lower, lower),
        row_upper=np.append(model.row_upper, upper),
        row_families=families,
        row_family=np.append(model.row_family, family),
        row_number=np.append(model.row_number, number),
    )
