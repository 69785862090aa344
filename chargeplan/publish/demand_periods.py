"""kWh by period of the day: by vehicle class and use, and by cell and vehicle class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from chargeplan.records import DemandCells

# Twelve digits keep every sum to a part in 10^9, and the file to half its size.
FLOAT_FORMAT = "%.12g"


def tabulate_by_class(cells: DemandCells) -> pd.DataFrame:
    """Sum the energy of all cells: a row for each vehicle class and use, a column for each period, kWh/day."""
    import pandas as pd

    kwh_day = cells.kwh_day_by_use.sum(axis=0)[:, :, None] * cells.period_share
    n_classes, n_uses, n_periods = kwh_day.shape
    return pd.DataFrame(
        {
            "class": np.repeat(np.array(cells.classes, dtype=object), n_uses),
            "use": np.tile(np.array(cells.uses, dtype=object), n_classes),
            **dict(zip(cells.periods, kwh_day.reshape(-1, n_periods).T, strict=True)),
        }
    )


def tabulate_by_cell(cells: DemandCells) -> pd.DataFrame:
    """Tell the energy of each cell: rows of cell, class and "public" or "depots", a column for each period.

    Rows without any energy are left out.
    """
    import pandas as pd

    kwh_day = np.stack([cells.kwh_day_by_period, cells.depot_kwh_day_by_period], axis=2)
    cell, vehicle_class, at = np.nonzero(kwh_day.any(axis=3))
    return pd.DataFrame(
        {
            "cell_id": cells.cell_id[cell],
            "class": np.array(cells.classes, dtype=object)[vehicle_class],
            "charged": np.array(["public", "depots"], dtype=object)[at],
            **dict(zip(cells.periods, kwh_day[cell, vehicle_class, at].T, strict=True)),
        }
    )
