"""What a finished run has to say, read from its events: failed checks and steps, and what holds.

Belongs here: from Dagster's events to an `Alert`. Does not: when to look (`alerts.py`), what is news or how it is told
(`adtech_assets/alerting/`).
"""

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol

import dagster as dg

from adtech_assets.alerting import Alert, Failure
from adtech_assets.defs.checks import SOUND_INPUTS
from adtech_assets.pipeline.lateness import ON_TIME
from adtech_assets.quality.rulebook import Rule, rulebook

ROWS = "failing rows (sample)"
STEP, RUN = "step", "run"
_PARTITION, _RETRY_NUMBER = "dagster/partition", "dagster/retry_number"
_WORDS = {"client_metrics": "figures", "weekly_report": "weekly report"}
_CLASS = re.compile(r"^[A-Za-z_][\w.]*: ")  # what Python puts before the sentence
_TOLD_BY_CHECKS = "DagsterAssetCheckFailedError"


class RecordedError(Protocol):
    """An error as Dagster's events keep it."""

    @property
    def message(self) -> str: ...

    @property
    def cause(self) -> "RecordedError | None": ...


def failed_checks(evaluations: list[dg.AssetCheckEvaluation]) -> Iterator[Failure]:
    """The failed checks of a run, of its `evaluations_of`."""
    evaluations = [e for e in evaluations if not e.passed]
    # The check on a report's inputs repeats what theirs say.
    said_already = any(e.check_name != SOUND_INPUTS and e.severity == dg.AssetCheckSeverity.ERROR for e in evaluations)
    for evaluation in evaluations:
        if not (evaluation.check_name == SOUND_INPUTS and said_already):
            yield failure_of(evaluation)


def failure_of(evaluation: dg.AssetCheckEvaluation) -> Failure:
    """A failed check with its rows, and what to do as the rulebook has it."""
    asset = evaluation.asset_key.to_user_string()
    rows = evaluation.metadata.get(ROWS)
    rule = _rules().get((asset, evaluation.check_name))
    severity = evaluation.severity.value
    return Failure(
        asset=asset,
        check=evaluation.check_name,
        severity="INFO" if severity == "WARN" and rule is not None and rule.severity == "info" else severity,
        description=evaluation.description or "",
        rows=[record.data for record in rows.records] if isinstance(rows, dg.TableMetadataValue) else [],
        remedy=rule.remedy if rule else "",
    )


def failed_steps(instance: dg.DagsterInstance, run_id: str) -> Iterator[Failure]:
    """The failed steps of a run; a step that failed because of its checks is told by them."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        error = event.step_failure_data.error if event else None
        if event is None or (error and error.cls_name == _TOLD_BY_CHECKS):
            continue
        yield Failure(asset=event.step_key or RUN, check=STEP, severity="ERROR", description=sentence_of(error))


def sentence_of(error: RecordedError | None) -> str:
    """What went wrong at the bottom of it, without the names of classes."""
    innermost = error
    while innermost and innermost.cause:
        innermost = innermost.cause
    return _CLASS.sub("", innermost.message.strip()) if innermost else "no error was recorded"


def alert_of(
    instance: dg.DagsterInstance,
    run: dg.DagsterRun,
    webserver_url: str,
    failed: bool,
    at: dt.datetime | None = None,
    will_retry: bool = False,
) -> Alert:
    """What a finished run has to say; without failures it still says what holds. `at`: when it ended.

    Of a run that is started again by itself (`will_retry`) only the checks are told: its end may yet be undone.
    """
    evaluations = evaluations_of(instance, run.run_id)
    checks = list(failed_checks(evaluations))
    steps = [] if will_retry else list(failed_steps(instance, run.run_id))
    failures = [*checks, *steps]
    if failed and not failures and not will_retry and not _stopped_by_checks(instance, run.run_id):
        failures = [Failure(RUN, run.job_name, "ERROR", _end_of(instance, run.run_id))]
    client, week = client_and_week(run)
    at = at or dt.datetime.now(dt.UTC)
    return Alert(
        id=f"run-{run.run_id}{'-checks' if will_retry else ''}",
        title=title_of(run, at),
        link=f"{webserver_url}/runs/{run.run_id}",
        at=at,
        failures=tuple(failures),
        passed=(*_passed_checks(evaluations), *_passed_steps(instance, run, failed)),
        client=client,
        part=week,
        run_id=run.run_id,
        failed=failed,
    )


def title_of(run: dg.DagsterRun, at: dt.datetime) -> str:
    """Of what a run is, in words: "adtech: acme, weekly report of 6 Apr"; the year where it is not that of `at`."""
    client, week = client_and_week(run)
    number = run.tags.get(_RETRY_NUMBER, "")
    attempt = f", attempt {int(number) + 1}" if number.isdigit() else ""
    work = _WORDS.get(run.job_name, run.job_name)
    return f"adtech: {client or 'no client'}, {work}{f' of {_day(week, at)}' if week else ''}{attempt}"


def _day(day: str, at: dt.datetime) -> str:
    try:
        found = dt.date.fromisoformat(day)
    except ValueError:
        return day
    return f"{found.day} {found:%b}" + ("" if found.year == at.year else f" {found.year}")


def client_and_week(run: dg.DagsterRun) -> tuple[str, str]:
    """Of which client and week a run is; empty where it has none."""
    client, _, week = run.tags.get(_PARTITION, "").partition("|")
    return client, week


@cache
def _rules() -> dict[tuple[str, str], Rule]:
    return {(rule.asset, rule.id): rule for rule in rulebook().rules}


def evaluations_of(instance: dg.DagsterInstance, run_id: str) -> list[dg.AssetCheckEvaluation]:
    """The last evaluation of each check of the run that it is the run's to tell: without lateness, which the clock tells
    (`late.py`)."""
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found = [entry.dagster_event.asset_check_evaluation_data for entry in entries if entry.dagster_event]
    newest = {(evaluation.asset_key, evaluation.check_name): evaluation for evaluation in found}
    return [evaluation for evaluation in newest.values() if evaluation.check_name != ON_TIME]


def _passed_checks(evaluations: list[dg.AssetCheckEvaluation]) -> list[tuple[str, str]]:
    return [(e.asset_key.to_user_string(), e.check_name) for e in evaluations if e.passed]


def _passed_steps(instance: dg.DagsterInstance, run: dg.DagsterRun, failed: bool) -> list[tuple[str, str]]:
    entries = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_SUCCESS)
    steps = [(entry.dagster_event.step_key or RUN, STEP) for entry in entries if entry.dagster_event]
    return steps if failed else [*steps, (RUN, run.job_name)]


def _stopped_by_checks(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a blocking check ended the run: a known problem that is told by its check, not as a failed run."""
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    errors = [entry.dagster_event.step_failure_data.error for entry in entries if entry.dagster_event]
    return any(error and error.cls_name == _TOLD_BY_CHECKS for error in errors)


def _end_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """How a run ended that has no failed step: its process was killed, or never started."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE):
        event = entry.dagster_event
        if event is not None:
            # A launcher's report carries a message alone.
            error = getattr(event.event_specific_data, "error", None)
            said = sentence_of(error) if error else event.message
            return said or "the run stopped without saying why; see its log"
    return "the run stopped without saying why; see its log"
