"""The only conversion factors in the project, and the width of the margin around a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECONDS_PER_MINUTE = 60.0
METRES_PER_KM = 1000.0
KM_PER_MILE = 1.609344
SQUARE_METRES_PER_KM2 = 1_000_000.0
SQUARE_METRES_PER_HECTARE = 10_000.0
BYTES_PER_MB = 1_000_000.0
# Roads are fetched, cut and read this far beyond a study area unless another width is given.
DEFAULT_BUFFER_KM = 2.0
MINUTES_PER_HOUR = 60.0
HOURS_PER_DAY = 24.0
DAYS_PER_YEAR = 365.0
MONTHS_PER_YEAR = 12.0
KG_PER_TONNE = 1000.0
GRAMS_PER_KG = 1000.0


def kmh_to_ms(speed_kmh: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert speeds in km/h to metres per second.

    Examples
    --------
    >>> import numpy as np
    >>> kmh_to_ms(np.array([36.0]))
    array([10.])
    """
    return speed_kmh / 3.6


def ms_to_kmh(speed_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert speeds in metres per second to km/h.

    Examples
    --------
    >>> import numpy as np
    >>> ms_to_kmh(np.array([10.0]))
    array([36.])
    """
    return speed_ms * 3.6


def format_pkr(amount_pkr: float) -> str:
    """Write an amount of money with thousands separators, and in millions when large.

    Examples
    --------
    >>> format_pkr(400000)
    'PKR 400,000'
    >>> format_pkr(61_500_000)
    'PKR 61.5 M'
    """
    if abs(amount_pkr) >= 1e6:
        return f"PKR {amount_pkr / 1e6:,.4g} M" if abs(amount_pkr) < 1e9 else f"PKR {amount_pkr / 1e6:,.0f} M"
    return f"PKR {amount_pkr:,.0f}"


def format_lakh_crore(amount_pkr: float) -> str:
    """Write an amount of money in lakh (100,000) or crore (10,000,000), with four digits; empty below a lakh.

    Examples
    --------
    >>> format_lakh_crore(400_000)
    '4 lakh'
    >>> format_lakh_crore(2_122_902_091)
    '212.3 crore'
    >>> format_lakh_crore(99_000)
    ''
    """
    for size, word in ((1e7, "crore"), (1e5, "lakh")):
        number = amount_pkr / size
        if abs(number) >= 1.0:
            return f"{number:,.0f} {word}" if abs(number) >= 1e3 else f"{number:.4g} {word}"
    return ""


def format_pkr_twice(amount_pkr: float) -> str:
    """Write an amount of money in millions and, beside it, in lakh or crore.

    Examples
    --------
    >>> format_pkr_twice(61_500_000), format_pkr_twice(99_000)
    ('PKR 61.5 M (6.15 crore)', 'PKR 99,000')
    """
    beside = format_lakh_crore(amount_pkr)
    return f"{format_pkr(amount_pkr)} ({beside})" if beside else format_pkr(amount_pkr)
