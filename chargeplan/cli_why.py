"""The command that explains a finished run: `chargeplan why`."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_output import JsonOption, Output, VerboseOption, report
from chargeplan.errors import ConfigError, DataError
from chargeplan.progress import make_progress

if TYPE_CHECKING:
    from chargeplan.why.case import Questions, RunAnswers

_PERCENT = 100.0
_LARGEST_WITHIN_SHARE = 0.5


def add_why_command(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(why)


def why(
    ctx: typer.Context,
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A finished run, such as maps/demo.", show_default=False)
    ],
    site: Annotated[
        list[str] | None,
        typer.Option("--site", metavar="ID", help="A site, open or closed. May be repeated."),
    ] = None,
    closed: Annotated[
        bool, typer.Option("--closed", help="Why each closed site is closed, without a search.")
    ] = False,
    alternatives: Annotated[
        int, typer.Option("--alternatives", metavar="K", min=0, max=100, help="Other plans nearly as good.")
    ] = 0,
    within: Annotated[
        str, typer.Option("--within", metavar="SHARE", help="What an alternative may lose, such as 1%.")
    ] = "1%",
    differ: Annotated[
        int, typer.Option("--differ", metavar="M", min=1, help="Sites in which alternatives differ at least.")
    ] = 2,
    time_limit: Annotated[
        float, typer.Option("--time-limit", metavar="S", min=0.1, max=86_400, help="Seconds for one search.")
    ] = 10.0,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Explain a plan: what each station is worth, why others stay closed, other plans as good."""
    with report(ctx, as_json, verbose) as output:
        share = parse_share(within)
        if not run.is_dir():
            raise DataError(f"{run}: no such folder; name the folder of a finished run, such as maps/demo")
        from chargeplan.why.case import Questions

        questions = Questions(tuple(site or ()), closed, alternatives, share, differ, time_limit)
        _answer(run, questions, output)


def parse_share(text: str) -> float:
    """Read a share such as 1% or 0.01.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> parse_share("1%"), parse_share("0.02")
    (0.01, 0.02)
    """
    number = text.strip()
    is_percent = number.endswith("%")
    try:
        value = float(number.removesuffix("%")) / (_PERCENT if is_percent else 1.0)
    except ValueError:
        value = math.nan
    if not 0 <= value <= _LARGEST_WITHIN_SHARE:
        raise ConfigError(f"--within {text}: expected a share of the plan from 0 to 50%, such as 1% or 0.01")
    return value


def _answer(run: Path, questions: Questions, output: Output) -> None:
    from chargeplan.interrupt import StopSwitch
    from chargeplan.why.folder import name_folder, publish_answers, refuse_foreign_why
    from chargeplan.why.run import ask_run

    folder = name_folder(run.resolve())
    refuse_foreign_why(folder)
    with (
        make_progress(sys.stderr, as_json=output.as_json) as progress,
        StopSwitch(progress, progress.say) as switch,
    ):
        answers = ask_run(
            run, questions, listen=switch.listen, tell=progress.say, should_stop=switch.should_stop
        )
        publish_answers(folder, answers)
    _show(answers, folder, output)


def _show(answers: RunAnswers, folder: Path, output: Output) -> None:
    from chargeplan.why.folder import describe_answers
    from chargeplan.why.table import (
        describe_alternatives,
        describe_measure,
        describe_open,
        list_rows,
    )
    from chargeplan.why.table_closed import describe_closed

    case = answers.case
    measure = describe_measure(case)
    if measure:
        output.tell(measure)
    texts = [describe_open(case, each) for each in answers.opens]
    texts += [describe_closed(case, each) for each in answers.closed]
    texts += [f"{site_id}: {reason}" for site_id, reason in answers.removed]
    for text, row in zip(texts, list_rows(answers), strict=True):
        output.show(text, {"event": "site", "text": text, **row})
    if answers.alternatives is not None:
        lines = describe_alternatives(case, answers.alternatives)
        if output.as_json:
            output.show("", {"event": "alternatives", "text": "\n".join(lines), **_get_plans(answers)})
        else:
            for line in lines:
                output.show(line, {})
    stopped = "stopped by the user; " if answers.was_stopped else ""
    n_plans = 0 if answers.alternatives is None else len(answers.alternatives.plans)
    output.show_result(
        f"{stopped}{len(texts)} sites and {n_plans} alternatives: {folder}",
        {
            "folder": str(folder),
            "was_stopped": answers.was_stopped,
            "plan": describe_answers(answers)["plan"],
        },
    )


def _get_plans(answers: RunAnswers) -> dict[str, object]:
    from chargeplan.why.folder import describe_answers

    return dict(describe_answers(answers)["alternatives"])
