"""What an alert is, and its text: plain lines, worst first, short enough for every channel.

Text of files (campaign names, reasons that quote a cell) is data: it stays on its line and carries no markup. Belongs
here: the words of a message. Does not: whether it is due (`ledger.py`) or how it travels (`delivery.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adtech_assets.alerting.wording import one_line
from adtech_assets.settings import Alerts

RANKS = {"INFO": 0, "WARN": 1, "ERROR": 2}
RAW_COLUMNS = frozenset({"text", "extra"})
"""Columns that hold a row of the file as it is: it may be a shop's order with a person's name, so it is not quoted."""
SENTENCE = 700  # characters
_TITLE, _VALUE, _MORE = 150, 240, 30
_ENDED, _NAMED = 10, 5  # lines of what ended, names of what is known
_SOLVED = "solved"
_SHORT = 30  # characters, as quickly read again as looked up above
_REASON = "reason"  # the column of failing rows that holds a sentence


@dataclass(frozen=True)
class Failure:
    """One failed check, step, sensor. `severity`: ERROR, WARN or INFO. `remedy`: what to do. `about`: what makes it the
    same problem next time, where neither its rows nor its description do."""

    asset: str
    check: str
    severity: str
    description: str
    rows: Sequence[Mapping[str, Any]] = ()
    remedy: str = ""
    about: str | None = None


@dataclass(frozen=True)
class Alert:
    """Everything one run (or one look at the clock) has to say of one client, or of none.

    `id` names it for good: the same id is told once. `part` is the week of a run that has one. `passed` are the
    (asset, check) pairs that hold, so that problems end. `at` is when it was so. `title` says of what it is, `failed`
    that this came to nothing, `ending` how its problems end where they were not solved.
    """

    id: str
    title: str
    link: str
    at: dt.datetime
    failures: tuple[Failure, ...] = ()
    passed: tuple[tuple[str, str], ...] = ()
    client: str = ""
    part: str = ""
    run_id: str = ""
    failed: bool = False
    ending: str = ""


@dataclass(frozen=True)
class Line:
    """A failure as it is told: for the first time, or again because it lasts (`since`)."""

    failure: Failure
    since: dt.datetime | None = None


@dataclass(frozen=True)
class Over:
    """A problem that ended."""

    asset: str
    check: str
    since: dt.datetime


def worst(failures: Iterable[Failure]) -> str:
    """The highest severity; INFO where there is no failure."""
    return max((failure.severity for failure in failures), key=RANKS.__getitem__, default="INFO")


def title_of(alert: Alert, told: int, secrets: Iterable[str] = ()) -> str:
    """The title, one line, with the number of problems; of a message that only ends problems, how they ended."""
    count = f"{' failed' if alert.failed else ''}: {told} {'problem' if told == 1 else 'problems'}"
    return one_line(alert.title + (count if told else f": {alert.ending or _SOLVED}"), _TITLE, secrets)


def body_of(
    alert: Alert,
    lines: Sequence[Line],
    over: Sequence[Over],
    known: Sequence[tuple[str, str]],
    settings: Alerts,
    secrets: Iterable[str] = (),
) -> str:
    """The text: worst first, as many findings as fit, then what ended, what is known already, and the link."""
    ordered = sorted(lines, key=lambda line: -RANKS[line.failure.severity])
    ended = (alert.ending or _SOLVED).capitalize()
    tail = [f"{ended}: {_name(o.asset, o.check, secrets)}, which had failed since {moment(o.since)}" for o in over]
    if len(tail) > _ENDED:
        tail = [*tail[:_ENDED], f"{ended}: {len(tail) - _ENDED} more"]
    if known:
        tail.append(_still_there(known, secrets))
    room = settings.max_characters - sum(len(line) + 1 for line in tail)
    parts: list[str] = []
    reasons: set[str] = set()
    for index, line in enumerate(ordered):
        block = _block(line, settings.max_rows, secrets, reasons)
        last = index == len(ordered) - 1
        if parts and len(block) + (0 if last else _MORE) > room:
            parts.append(f"and {len(ordered) - index} more {'finding' if last else 'findings'}")
            break
        if len(block) > room:
            block = block[: max(room, 0)].rstrip() + " … (shortened)"
        parts.append(block)
        room -= len(block) + 1
    text = "\n".join([*parts, *tail])
    return f"{text}\n{alert.link}" if alert.link else text


def moment(when: dt.datetime) -> str:
    """A time as people read it."""
    return f"{when.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def _still_there(known: Sequence[tuple[str, str]], secrets: Iterable[str]) -> str:
    count = len(known)
    names = [_name(asset, check, secrets) for asset, check in known[:_NAMED]]
    more = [f"and {count - _NAMED} others"] if count > _NAMED else []
    return f"{count} more, told before, {'is' if count == 1 else 'are'} still there: {', '.join([*names, *more])}"


def _name(asset: str, check: str, secrets: Iterable[str]) -> str:
    return one_line(f"{asset} / {check}", _VALUE, secrets)


def _block(line: Line, max_rows: int, secrets: Iterable[str], reasons: set[str]) -> str:
    """One finding. `reasons` are those the message has given already, and are added to: none is given twice."""
    failure = line.failure
    said = one_line(failure.description, SENTENCE, secrets)
    lines = [f"{failure.severity} {_name(failure.asset, failure.check, secrets)}: {said}"]
    if line.since is not None:
        lines.append(f"    told before; it has lasted since {moment(line.since)}")
    if failure.remedy:
        lines.append(f"    What to do: {one_line(failure.remedy, SENTENCE, secrets)}")
    quoted = [_row(row, secrets, reasons) for row in failure.rows[:max_rows]]
    lines += [f"    {row}" for row in quoted if row]
    if quoted and len(failure.rows) > max_rows:
        lines.append(f"    and {len(failure.rows) - max_rows} more rows")
    return "\n".join(lines)


def _row(row: Mapping[str, Any], secrets: Iterable[str], reasons: set[str]) -> str:
    shown = {key: value for key, value in row.items() if value is not None and key not in RAW_COLUMNS}
    if len(reason := str(shown.get(_REASON, ""))) > _SHORT:
        if reason in reasons:
            shown[_REASON] = "as above"
        reasons.add(reason)
    return ", ".join(
        f"{one_line(key, _VALUE, secrets)}={one_line(value, _VALUE, secrets)}" for key, value in shown.items()
    )
