"""What the commands write: results, messages and errors, as text or as JSON."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from chargeplan.errors import ChargeplanError, ConfigError, DataError, ExitCode
from chargeplan.progress import write_line
from chargeplan.text import escape_invisible

JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON object per event and result.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log details, and tracebacks.")]

_NOTHING_RUN = "nothing was run"
_INTERRUPTED = "interrupted; nothing half-finished was written"


@dataclass(frozen=True, slots=True)
class Output:
    """Results to standard output, everything else to standard error.

    Parameters
    ----------
    as_json : bool
        One JSON object per line instead of text.
    verbose : bool
        Show logs and tracebacks.
    undone : str
        What did not come about when faults are told.
    """

    as_json: bool = False
    verbose: bool = False
    undone: str = _NOTHING_RUN

    def show(self, text: str, data: dict[str, object]) -> None:
        """Write a part of the result."""
        write_line(sys.stdout, json.dumps(data, ensure_ascii=False) if self.as_json else text)

    def show_result(
        self, text: str, data: dict[str, object], *, code: ExitCode = ExitCode.PLAN_FOUND
    ) -> None:
        """Write the line that the command ends with."""
        self.show(text, {"event": "result", "exit_code": int(code), "message": text, **data})

    def tell(self, text: str, *, level: str = "info") -> None:
        """Write a line beside the result."""
        line = {"event": "message", "level": level, "message": text}
        write_line(sys.stderr, json.dumps(line, ensure_ascii=False) if self.as_json else text)

    def tell_error(self, error: BaseException, lines: Sequence[str], code: int) -> int:
        """Write what went wrong; return the exit code."""
        if self.verbose:
            for line in traceback.format_exception(error):
                write_line(sys.stderr, line.rstrip("\n"))
        if self.as_json:
            kind = getattr(error, "kind", type(error).__name__)
            data = {"event": "error", "kind": kind, "exit_code": int(code), "faults": list(lines)}
            write_line(sys.stderr, json.dumps(data, ensure_ascii=False))
        else:
            headline = getattr(error, "headline", "")
            for line in lines:
                write_line(sys.stderr, f"{headline}: {line}" if headline else line)
            if len(lines) > 1 and isinstance(error, (ConfigError, DataError)):
                write_line(sys.stderr, f"{len(lines)} faults; {self.undone}")
        return code


@contextmanager
def report(
    ctx: typer.Context, as_json: bool, verbose: bool, *, undone: str = _NOTHING_RUN
) -> Iterator[Output]:
    """Run the body of a command; turn what it raises into lines and an exit code."""
    given = ctx.obj or Output()
    output = Output(as_json=as_json or given.as_json, verbose=verbose or given.verbose, undone=undone)
    with _show_logs(output):
        try:
            yield output
        except ChargeplanError as error:
            faults = getattr(error, "faults", None) or str(error).splitlines() or [type(error).__name__]
            code = output.tell_error(error, [escape_invisible(fault) for fault in faults], error.exit_code)
        except KeyboardInterrupt as error:
            code = output.tell_error(error, [_INTERRUPTED], ExitCode.INTERRUPTED)
        except MemoryError as error:
            advice = (
                "out of memory; use a smaller study area, fewer sites or a coarser demand.cell_resolution"
            )
            code = output.tell_error(error, [advice], ExitCode.UNEXPECTED)
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            advice = f"{what}; check the disk and the permissions, or name another folder"
            code = output.tell_error(error, [advice], ExitCode.UNEXPECTED)
        except (typer.Exit, SystemExit):
            raise
        except Exception as error:  # the last border: a user never meets a traceback unasked
            first = f"unexpected fault: {type(error).__name__}: {error}".splitlines()[0]
            advice = "this is a fault of chargeplan; run again with -v for the traceback, and report it"
            code = output.tell_error(error, [escape_invisible(first), advice], ExitCode.UNEXPECTED)
        else:
            return
    raise typer.Exit(int(code))


@contextmanager
def _show_logs(output: Output) -> Iterator[None]:
    """Send the logs of chargeplan to standard error: warnings, with -v everything.

    Warnings of libraries come the same way, so that with --json they are objects too.
    """
    ours, warnings = logging.getLogger("chargeplan"), logging.getLogger("py.warnings")
    handler, level, spreads = _LogHandler(output), ours.level, warnings.propagate
    for logger in (ours, warnings):
        logger.addHandler(handler)
    ours.setLevel(logging.DEBUG if output.verbose else logging.WARNING)
    warnings.propagate = False
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        warnings.propagate = spreads
        ours.setLevel(level)
        for logger in (ours, warnings):
            logger.removeHandler(handler)


class _LogHandler(logging.Handler):
    """Writes to what is standard error at that moment, which a live display replaces."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        message = record.getMessage().strip()
        text = escape_invisible(f"{record.levelname.lower()} {record.name}: {message}")
        self._output.tell(text, level=record.levelname.lower())
