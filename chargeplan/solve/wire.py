"""How the search and its solver process talk: a request as bytes, news as JSON lines."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.errors import SolverError
from chargeplan.solve.outcome import (
    MilpProgress,
    MilpRequest,
    MilpResult,
    MilpStatus,
    StoppedBy,
    expand_ones,
)

if TYPE_CHECKING:
    from typing import BinaryIO

STOP_LINE = b"stop\n"
_MODEL_ARRAYS = (
    "objective",
    "row_lower",
    "row_upper",
    "column_lower",
    "column_upper",
    "is_integer",
    "column_family",
    "column_number",
    "row_family",
    "row_number",
)
_PLAIN_FIELDS = ("gap", "target_kwh_day", "time_limit_s", "node_limit", "threads", "seed", "use_presolve")


def pack_request(request: MilpRequest, *, sent_epoch_s: float) -> bytes:
    """Pack a request: a JSON line with the settings, then the arrays.

    Parameters
    ----------
    request : MilpRequest
    sent_epoch_s : float
        `time.time` now; the time limit counts from here.
    """
    model = request.model
    arrays = {name: getattr(model, name) for name in _MODEL_ARRAYS}
    arrays |= {"data": model.matrix.data, "indices": model.matrix.indices, "indptr": model.matrix.indptr}
    if request.start_values is not None:
        arrays["start_values"] = request.start_values
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    head = {name: getattr(request, name) for name in _PLAIN_FIELDS} | {
        "column_families": model.column_families,
        "row_families": model.row_families,
        "sent_epoch_s": sent_epoch_s,
        "n_bytes": buffer.tell(),
    }
    return json.dumps(head).encode() + b"\n" + buffer.getvalue()


def read_request(stream: BinaryIO) -> tuple[MilpRequest, float]:
    """Read a packed request and when it was sent.

    Raises
    ------
    SolverError
        When the stream ends early.
    """
    import scipy.sparse as sp

    from chargeplan.linear_model import LinearModel

    line = stream.readline()
    head: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {"n_bytes": -1}
    content = stream.read(head["n_bytes"]) if head["n_bytes"] >= 0 else b""
    if len(content) != head["n_bytes"]:
        raise SolverError("the request ended early; the main process is gone")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        parts = tuple(arrays[name] for name in ("data", "indices", "indptr"))
        fields = {name: arrays[name] for name in _MODEL_ARRAYS}
        start_values = arrays.get("start_values")
    shape = (len(fields["row_lower"]), len(fields["objective"]))
    model = LinearModel(
        matrix=sp.csr_array(parts, shape=shape),
        column_families=tuple(head["column_families"]),
        row_families=tuple(head["row_families"]),
        **fields,
    )
    plain = {name: head[name] for name in _PLAIN_FIELDS}
    return MilpRequest(model=model, start_values=start_values, **plain), float(head["sent_epoch_s"])


def pack_progress(progress: MilpProgress) -> bytes:
    """Pack news as one JSON line."""
    return _pack_line({"kind": "news"} | dataclasses.asdict(progress))


def pack_result(result: MilpResult) -> bytes:
    """Pack a result as one JSON line."""
    values = result.integer_values
    fields = {
        name: getattr(result, name) for name in MilpResult.__dataclass_fields__ if name != "integer_values"
    }
    return _pack_line(
        {"kind": "result", "ones": None if values is None else np.flatnonzero(values).tolist()} | fields
    )


def read_message(line: bytes, *, n_columns: int) -> MilpProgress | MilpResult:
    """Read one line from the solver process.

    Raises
    ------
    SolverError
        When the line is not one of ours.
    """
    try:
        message: dict[str, Any] = json.loads(line)
        kind = message.pop("kind")
        ones = message.pop("ones")
        if kind == "news":
            return MilpProgress(ones=tuple(ones), **message)
        message["status"] = MilpStatus(message["status"])
        message["stopped_by"] = StoppedBy(message["stopped_by"])
        values = None if ones is None else expand_ones(n_columns, ones)
        return MilpResult(integer_values=values, **message)
    except (ValueError, KeyError, TypeError) as error:
        raise SolverError(f"the solver process wrote a line that cannot be read: {line[:200]!r}") from error


def make_lost_result(news: MilpProgress | None, *, n_columns: int, stopped_by: StoppedBy) -> MilpResult:
    """Make the result of a process that ended without one, from its last news."""
    if news is None:
        return MilpResult(MilpStatus.NO_INCUMBENT, None, math.nan, math.inf, stopped_by, 0, "HiGHS (stopped)")
    has_plan = bool(news.ones) or math.isfinite(news.incumbent_kwh_day)
    return MilpResult(
        MilpStatus.FEASIBLE if has_plan else MilpStatus.NO_INCUMBENT,
        expand_ones(n_columns, news.ones) if has_plan else None,
        news.incumbent_kwh_day,
        news.bound_kwh_day,
        stopped_by,
        0,
        "HiGHS (stopped)",
    )


def _pack_line(message: dict[str, object]) -> bytes:
    return json.dumps(message).encode() + b"\n"  # between our own processes NaN and Infinity may pass
