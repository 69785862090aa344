"""Reasons for which there is no plan: what is wrong, and what to write instead."""

from __future__ import annotations


class UnsureReason(str):
    """A reason whose advice is the least that is needed: other limits may need more.

    Parameters
    ----------
    cause, advice : str
    """

    __slots__ = ("cause",)

    cause: str

    def __new__(cls, cause: str, advice: str) -> UnsureReason:
        """Join both to one line."""
        reason = super().__new__(cls, f"{cause}; {advice}")
        reason.cause = cause
        return reason


def find_unsure_cause(reasons: list[str]) -> str:
    """Join the causes when none of the advice is sure to be enough, else an empty text."""
    causes = [each.cause for each in reasons if isinstance(each, UnsureReason)]
    return "; ".join(causes) if len(causes) == len(reasons) else ""
