"""One plain sentence for a finding, for the command line, the API and tables.

Belongs here: the English of it. Does not: the report's text, which is written and checked in `narrative`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

_WORDS = {"ctr": "click-through rate"}


def sentence(finding: Mapping[str, Any]) -> str:
    """What happened, of what size, against what: from a row of FINDINGS."""
    said = _said(finding)
    return said if finding["campaign"] else said[:1].upper() + said[1:]


def _said(finding: Mapping[str, Any]) -> str:
    who, when = _who(finding), _when(finding["start"], finding["end"])
    metric = finding["metric"]
    word = _WORDS.get(metric, metric)
    seen, hoped = _figure(metric, finding["observed"]), _figure(metric, finding["expected"])
    kind = finding["kind"]
    if kind == "volume_gap":
        return f"{who}: the export has no rows {when}; about {hoped} of spend would be usual."
    if kind == "budget_exhaustion":
        return f"{who} spent {seen} {when} instead of about {hoped}: the money ran out, or it was stopped."
    if kind == "tracking_outage":
        return f"{who} counted no {word} {when} although clicks went on; about {hoped} were to be expected."
    if kind == "ctr_decline":
        return f"The {word} of {who} has slid {when} to {seen}, from {hoped} before."
    between = f" (usually {_figure(metric, finding['low'])} to {_figure(metric, finding['high'])})"
    return f"{word.capitalize()} of {who} came to {seen} {when} instead of about {hoped}{between}."


def _who(finding: Mapping[str, Any]) -> str:
    if finding["campaign"]:
        return str(finding["campaign"])
    if finding["channel"]:
        return f"all campaigns of {finding['channel']} together"
    return f"all campaigns of {finding['platform']} together" if finding["platform"] else "the whole account"


def _when(start: dt.date, end: dt.date) -> str:
    first = f"{start.day} {start:%b %Y}"
    return f"on {first}" if start == end else f"from {first} to {end.day} {end:%b %Y}"


def _figure(metric: str, value: float | None) -> str:
    if value is None:
        return "nothing"
    if metric in ("ctr", "cvr"):
        return f"{100 * value:.2f} %"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")
