"""Which problems are known, and what of an alert is therefore news: the decision, without any file or clock.

Belongs here: news, repetition after the window, and the end of a problem. Does not: where problems are kept
(`store.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from adtech_assets.alerting.message import Alert, Failure, Line, Over, worst
from adtech_assets.alerting.sameness import fingerprint

_REMEMBERED = 50  # contents of one problem


@dataclass(frozen=True, order=True)
class Key:
    """A problem is one check (or step, or sensor) of one client, and week where it has one."""

    client: str
    part: str
    asset: str
    check: str


@dataclass(frozen=True)
class Problem:
    """A check that fails: since when, when it last did, and when each of its contents (fingerprints) was told."""

    key: Key
    severity: str
    description: str
    since: dt.datetime
    seen: dt.datetime
    told: Mapping[str, dt.datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class News:
    """What is to be told, and the problems as they then are (None: over)."""

    lines: tuple[Line, ...]
    over: tuple[Over, ...]
    known: tuple[tuple[str, str], ...]
    severity: str
    changes: Mapping[Key, Problem | None]

    @property
    def worth_telling(self) -> bool:
        return bool(self.lines or self.over)


def news(
    alert: Alert, problems: Mapping[Key, Problem], now: dt.datetime, repeat: dt.timedelta, say_resolved: bool
) -> News:
    """Of an alert, what was not told within `repeat`, and which problems it ends.

    What is older than the last word on a problem changes nothing: results of two runs may arrive in any order.
    """
    changes: dict[Key, Problem | None] = {}
    lines: list[Line] = []
    known: list[tuple[str, str]] = []
    for failure in alert.failures:
        key = Key(alert.client, alert.part, failure.asset, failure.check)
        before = changes.get(key) or problems.get(key)
        if before is not None and alert.at < before.seen:
            continue
        after, line = _failing(key, failure, before, alert.at, now, repeat)
        changes[key] = after
        if line is None:
            known.append((failure.asset, failure.check))
        else:
            lines.append(line)
    over: list[Over] = []
    ended: list[str] = []
    for asset, check in alert.passed:
        key = Key(alert.client, alert.part, asset, check)
        problem = problems.get(key)
        if problem is None or key in changes or alert.at < problem.seen:
            continue
        changes[key] = None
        over.append(Over(asset, check, problem.since))
        ended.append(problem.severity)
    told = [line.failure for line in lines]
    # The end of a problem goes where its beginning went.
    severity = worst([*told, *(Failure("", "", ended_as, "") for ended_as in ended)])
    return News(tuple(lines), tuple(over) if say_resolved else (), tuple(dict.fromkeys(known)), severity, changes)


def _failing(
    key: Key,
    failure: Failure,
    before: Problem | None,
    at: dt.datetime,
    now: dt.datetime,
    repeat: dt.timedelta,
) -> tuple[Problem, Line | None]:
    mark = fingerprint(failure)
    if before is None:
        problem = Problem(key, failure.severity, failure.description, at, at, {mark: now})
        return problem, Line(failure)
    last = before.told.get(mark)
    seen = replace(before, seen=at, severity=failure.severity, description=failure.description)
    if last is not None and abs(now - last) < repeat:
        return seen, None
    newest = sorted({**before.told, mark: now}.items(), key=lambda item: item[1])[-_REMEMBERED:]
    return replace(seen, told=dict(newest)), Line(failure, before.since if last is not None else None)
