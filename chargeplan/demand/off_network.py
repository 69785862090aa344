"""The check that the roads reach most of the demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import DataError

if TYPE_CHECKING:
    from chargeplan.config.settings import DemandSettings
    from chargeplan.records import DemandCells


def refuse_much_off_network(cells: DemandCells, settings: DemandSettings) -> None:
    """Refuse demand of which too much lies in cells that cannot be snapped to the network.

    A little of it is usual at the edge of a road file, and is reported; a lot means that the
    road file does not fit the study area, and the plan would be one of a part of it.

    Raises
    ------
    DataError
        When the share of the energy in such cells is above `settings.max_off_network_share`.
    """
    is_off = cells.node_pos < 0
    kwh_day = cells.total_kwh_day
    share = float(kwh_day[is_off].sum() / kwh_day.sum())
    if share <= settings.max_off_network_share:
        return
    # Cells that hold people alone may be off the network too, but want nothing there.
    lonlat, weight = cells.lonlat[is_off & (kwh_day > 0)], kwh_day[is_off & (kwh_day > 0)]
    centre_lon, centre_lat = np.average(lonlat, axis=0, weights=weight)
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    raise DataError(
        f"network.path: {share:.1%} of the demand, in {len(lonlat):,} of {len(kwh_day):,} cells, lies farther "
        f"than {settings.snap_limit_m:g} m from every usable road; expected at most "
        f"{settings.max_off_network_share:.1%}. This demand is centred on longitude {centre_lon:.4f}, latitude "
        f"{centre_lat:.4f} and lies in the box [{west:.4f}, {south:.4f}, {east:.4f}, {north:.4f}] (west, south, "
        f"east, north). Shrink study.area to the part with roads, use a fuller road file, raise "
        f"demand.snap_limit_m, or, when it may go unserved, raise demand.max_off_network_share"
    )
