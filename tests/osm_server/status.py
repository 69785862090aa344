"""The text of /api/status."""

from __future__ import annotations


def write_status(
    *, now: str, rate_limit: int, n_free: int, waits_s: tuple[tuple[str, int], ...] = ()
) -> bytes:
    """Write the status page: slots free now, or when each of the others is free (time, seconds)."""
    lines = [
        "Connected as: 2130706433",
        f"Current time: {now}",
        "Announced endpoint: none",
        f"Rate limit: {rate_limit}",
    ]
    if n_free:
        lines.append(f"{n_free} slots available now.")
    lines += [f"Slot available after: {when}, in {seconds} seconds." for when, seconds in waits_s]
    lines.append("Currently running queries (pid, space limit, time limit, start time):")
    return ("\n".join(lines) + "\n").encode()
