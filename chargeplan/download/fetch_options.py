"""How an area is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.download.address import check_endpoint
from chargeplan.errors import ConfigError
from chargeplan.units import DEFAULT_BUFFER_KM, SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How an area is fetched.

    Parameters
    ----------
    folder : Path
        Folder of the datasets.
    endpoint : str
        Address of the Overpass interpreter.
    buffer_km : float
        How far around the area the data reach.
    refresh : bool
        Fetch again what is there already.
    offline : bool
        Use what is on disk alone.
    deadline_s : float
        Seconds for the whole download.
    max_elements : int
        A tile with more is split.
    contact : str
        Who asks, for the user agent.
    """

    folder: Path
    endpoint: str
    buffer_km: float = DEFAULT_BUFFER_KM
    refresh: bool = False
    offline: bool = False
    deadline_s: float = 900.0
    max_elements: int = 50_000
    contact: str = ""


def check_options(options: FetchOptions) -> None:
    """Check the options before anything is asked.

    Raises
    ------
    ConfigError
        With every option that cannot be used.
    """
    check_endpoint(options.endpoint)
    faults = []
    if not 0.0 <= options.buffer_km <= 50.0:
        faults.append(f"--buffer-km: got {options.buffer_km:g}; expected 0 to 50 km")
    if not 0.0 < options.deadline_s <= 1e6:
        faults.append(
            f"--deadline-min: got {options.deadline_s / SECONDS_PER_MINUTE:g}; expected more than 0 minutes, such as 15"
        )
    if options.max_elements < 1:
        faults.append(f"--max-elements: got {options.max_elements}; expected 1 or more, such as 50000")
    if options.refresh and options.offline:
        faults.append(
            "got --refresh and --offline; what is fetched again must be asked for, so leave one out"
        )
    if faults:
        raise ConfigError(faults)
