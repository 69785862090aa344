"""Questions about a finished run, answered from its records."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import DataError
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.evaluate.verify import PlanCase
from chargeplan.runlog import Listener, RunLog, SolveEvent, ignore_event
from chargeplan.suggest import suggest_word
from chargeplan.text import clean_text
from chargeplan.why.alternatives import find_alternatives
from chargeplan.why.case import CASE_RECORDS, Questions, RunAnswers, RunCase, read_case
from chargeplan.why.explain import Explainer
from chargeplan.why.measure import measure_closed, measure_neighbour
from chargeplan.why.variants import Means

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chargeplan.runlog import Event
    from chargeplan.why.answers import Alternative

# A search may end before its time when it is this close; what is asked is finer than the gap of a plan.
_LARGEST_GAP = 1e-4


def ask_run(
    folder: Path,
    questions: Questions,
    *,
    listen: Listener = ignore_event,
    tell: Callable[[str], None] = lambda _text: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> RunAnswers:
    """Answer questions about a finished run; nothing in its folder is touched.

    Parameters
    ----------
    folder : Path
        Run folder or its ``records`` folder.
    questions : Questions
    listen : callable
        Gets the events of `chargeplan.runlog`.
    tell : callable
        Gets a line for each finished answer.
    should_stop : callable
        True ends the work with the answers that are finished.

    Raises
    ------
    DataError
        When the records cannot be used or a site is not known.
    VerificationError
        When an alternative fails its independent check.
    """
    log = RunLog(listen)
    with log.phase("records") as phase:
        case = read_case(folder)
        phase.message = f"{len(CASE_RECORDS)} records match their checksums"
    asked, removed = _find_sites(case, questions)
    progress = _Progress(listen)
    means = Means(
        limit_s=questions.limit_s,
        gap=min(case.request.gap_asked, _LARGEST_GAP),
        listen=progress.hear,
        should_stop=should_stop,
    )
    with log.phase("solve") as phase:
        explainer = Explainer(
            case.problem,
            case.solution,
            means,
            name_site=case.name_site,
            name_zone=case.name_zone,
            bays=case.sites.table["max_chargers"].to_numpy(dtype=np.int64),
        )
        answers = RunAnswers(case, questions, removed=removed)
        _explain_sites(answers, explainer, asked, progress, tell, should_stop)
        alternatives = None
        if questions.alternatives and not should_stop():
            progress.name = "alternatives"
            alternatives = find_alternatives(
                case.problem,
                case.solution,
                means,
                wanted=questions.alternatives,
                within_share=questions.within_share,
                n_differ=questions.n_differ,
                tell=tell,
            )
        phase.message = f"{len(answers.opens)} open and {len(answers.closed)} closed sites answered"
    if alternatives is not None:
        with log.phase("evaluate") as phase:
            plans = tuple(_verify(case, each) for each in alternatives.plans)
            alternatives = replace(alternatives, plans=plans)
            phase.message = f"{len(plans)} alternatives passed the independent check"
    return replace(answers, alternatives=alternatives, was_stopped=should_stop())


class _Progress:
    """Says with each event of a search what it is about."""

    def __init__(self, listen: Listener) -> None:
        self.listen, self.name = listen, ""

    def hear(self, event: Event) -> None:
        if isinstance(event, SolveEvent):
            event = replace(event, step=f"{self.name}, {event.step}")
        self.listen(event)


def _find_sites(case: RunCase, questions: Questions) -> tuple[list[int], list[tuple[str, str]]]:
    """Find the rows of the asked sites, and those that were never offered, with the reason."""
    ids = case.sites.table["site_id"].tolist()
    row_of = {site_id: row for row, site_id in enumerate(ids)}
    removed_rows = case.sites.removed.set_index("site_id")[["reason", "detail"]]
    faults, asked, removed = [], [], []
    for site_id in dict.fromkeys(questions.sites):
        if site_id in row_of:
            asked.append(row_of[site_id])
        elif site_id in removed_rows.index:
            row = removed_rows.loc[[site_id]].iloc[0]
            detail = f" ({clean_text(row['detail'])})" if row["detail"] else ""
            removed.append((site_id, f"never offered: {row['reason']}{detail}"))
        else:
            faults.append(f"--site {site_id}: the run has no such site{_suggest_site(site_id, ids)}")
    if faults:
        raise DataError(faults)
    return asked, removed


def _suggest_site(site_id: str, ids: list[str]) -> str:
    words = suggest_word(site_id, ids)
    return (
        f"; {words}"
        if words.startswith("did")
        else "; the ids are in sites.geojson and in why.csv of --closed"
    )


def _explain_sites(
    answers: RunAnswers,
    explainer: Explainer,
    asked: list[int],
    progress: _Progress,
    tell: Callable[[str], None],
    should_stop: Callable[[], bool],
) -> None:
    """Answer site by site; what was begun when the user stopped is kept with what it has."""
    case, questions = answers.case, answers.questions
    sites = explainer.list_new_sites() if questions.wants_all_new else asked
    stands = explainer.is_open | explainer.closed.is_standing
    for number, site in enumerate(sites, start=1):
        if should_stop():
            break
        progress.name = f"site {number} of {len(sites)}"
        if stands[site]:
            answer = explainer.explain_open(site)
            if answer.neighbour is not None and answer.neighbour.site_pos >= 0:
                answer = replace(answer, neighbour=measure_neighbour(case, site, answer.neighbour))
            answers.opens.append(answer)
        else:
            answers.closed.append(measure_closed(case, explainer.explain_closed(site, is_searched=True)))
        tell(f"{progress.name}: {case.name_site(site)}")
    if questions.closed and not should_stop():
        done = {each.site_pos for each in answers.closed}
        ours = explainer.list_closed_sites()
        answers.closed.extend(
            measure_closed(case, explainer.explain_closed(site)) for site in ours if site not in done
        )


def _verify(case: RunCase, alternative: Alternative) -> Alternative:
    plan = PlanCase(
        case.request,
        case.network,
        case.cells,
        case.sites,
        case.travel,
        case.problem,
        alternative.solution,
    )
    return replace(alternative, evaluation=evaluate_plan(plan))
