"""Why a metric changed in one export file, without a store: read, explain, split.

Belongs here: that way, and its answer as a JSON object or lines of a batch. Does not: reading, or finding causes.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import Field, field_validator

from adtech_assets import batch
from adtech_assets.exports.inspection import inspect_file
from adtech_assets.exports.reader import Export
from adtech_assets.insight.causes.explanation import Blamed, Explanation, explain
from adtech_assets.insight.decomposition import MOST_DIMENSIONS, NotEnoughData, chain, periods_of, split
from adtech_assets.insight.two_periods import Window
from adtech_assets.metrics.model import ADDITIVE, DIMENSIONS, RATIOS
from adtech_assets.settings import Settings

MEMBERS = 50
MOST_MEMBERS = 1000
"""A column of more different texts is an id or free text, not a dimension."""
MOST_OF_UNKNOWN = 100
"""The same for a column that the product has no name for: it may as well be a figure."""
_SAME_AS = {"platform_name": "channel"}


class Unexplainable(batch.Unanswerable):
    """A question that has no answer, with the sentence that says why."""


class Request(batch.Request):
    """A request of a batch."""

    metric: str
    baseline: str = Field(description="A..B, both days included")
    current: str
    by: str | None = Field(None, description="up to three dimensions to split by together, as country,device")
    json_: bool = Field(True, alias="json")

    @field_validator("metric")
    @classmethod
    def _known(cls, name: str) -> str:
        return checked_metric(name)


def checked_metric(name: str) -> str:
    """The metric's own name; ValueError names those there are."""
    if name.lower() not in (*ADDITIVE, *RATIOS):
        raise ValueError(f"{name!r} is not a metric; there are {', '.join((*ADDITIVE, *RATIOS))}")
    return name.lower()


def window_of(text: str) -> Window:
    """'2026-03-02..2026-03-15' as first and last day; Unexplainable says what is wrong with it."""
    first, dots, last = text.partition("..")
    try:
        window = dt.date.fromisoformat(first.strip()), dt.date.fromisoformat((last if dots else first).strip())
    except ValueError:
        raise Unexplainable(f"{text!r} is not a period. What to do: write it as 2026-03-02..2026-03-15") from None
    if window[0] > window[1]:
        raise Unexplainable(f"{text!r} ends before it begins")
    return window


def explain_file(
    file: Path,
    metric: str,
    baseline: Window,
    current: Window,
    settings: Settings,
    mapping: Path | None = None,
    by: str | None = None,
) -> dict[str, Any]:
    """The answer to why `metric` changed from `baseline` to `current` in a file.

    Attributes are named by the file's own headers, text columns that the product has no name for included. by: up to
    three of them, comma separated, to split by together.
    """
    if baseline[0] <= current[1] and current[0] <= baseline[1]:
        raise Unexplainable("the two periods overlap. What to do: let the current one begin after the baseline ends")
    export = inspect_file(file, settings.reader, settings.inbox.max_file_bytes, mapping)
    if export.refused:
        raise Unexplainable(f"{file.name}: {export.facts['reason']}")
    if export.facts.get("kind") != "ads" or export.rows.is_empty():
        raise Unexplainable(f"{file.name}: read as {export.facts.get('platform')}, with no advertising figures")
    rows, dimensions = rows_of(export)
    if rows.is_empty():
        raise Unexplainable(f"{file.name}: no row has a day of its own. What to do: export it with a day column")
    inside = rows.filter(pl.col("date").is_between(*baseline) | pl.col("date").is_between(*current))
    known = set(export.columns.filter(pl.col("field").is_not_null()).get_column("header"))
    most = {name: MOST_MEMBERS if name in known else MOST_OF_UNKNOWN for name in dimensions}
    dimensions = [name for name in dimensions if _is_dimension(inside, name, current[0], most[name])]
    together = _together(by, dimensions)
    explanation = explain(inside, metric, baseline, current, dimensions)
    return {**as_record(explanation), "decomposition": decomposition(inside, explanation, dimensions, together)}


def _together(by: str | None, dimensions: Sequence[str]) -> list[str]:
    """The dimensions asked for together; Unexplainable names those there are."""
    asked = [name.strip() for name in by.split(",")] if by else []
    if len(asked) > MOST_DIMENSIONS or len(set(asked)) < len(asked) or not set(asked) <= set(dimensions):
        there = ", ".join(dimensions) or "none"
        raise Unexplainable(f"--by {by}: name up to {MOST_DIMENSIONS} different ones of these dimensions: {there}")
    return asked


def rows_of(export: Export) -> tuple[pl.DataFrame, list[str]]:
    """(rows of single days with additive metrics and dimensions, names of the dimensions as the file heads them)."""
    good = export.rows.filter(
        pl.col("problem").is_null(), pl.col("date").is_not_null(), pl.col("date") == pl.col("last_day")
    )
    columns = export.columns.select("header", "field", "type").rows()
    figures = ["date", *ADDITIVE]
    known: dict[str, pl.Expr] = {}
    for header, field, _ in columns:
        role = _SAME_AS.get(field, field)
        if role in DIMENSIONS:
            known[header if header not in figures else f"{header} ({role})"] = pl.col(role)
    loose = [
        header
        for header, field, kind in columns
        if field is None and kind in ("text", "number") and header not in figures and header not in known
    ]
    rows = good.select(*figures, **known)
    if loose:
        cells = good.get_column("extra").fill_null("{}").str.json_decode(pl.Struct(dict.fromkeys(loose, pl.String)))
        rows = rows.hstack(cells.struct.unnest())
    return rows, [*known, *loose]


def _is_dimension(rows: pl.DataFrame, name: str, current_from: dt.date, most: int) -> bool:
    """Whether a column tells parts of the account: several values, not one a row, not just another name of the day."""
    values = rows.select(pl.col(name).alias("value"), now=pl.col("date") >= current_from).drop_nulls("value")
    members = values.group_by("value").agg(pl.col("now").n_unique())
    return 1 < members.height <= most and bool((members.get_column("now") > 1).any())


def as_record(explanation: Explanation) -> dict[str, Any]:
    """An explanation, ready for JSON."""
    return {
        "metric": explanation.metric,
        "baseline": _span(explanation.baseline),
        "current": _span(explanation.current),
        "baseline_value": explanation.before,
        "current_value": explanation.now,
        "change": explanation.change,
        "verdict": explanation.verdict,
        "sentence": explanation.sentence,
        "causes": [_blamed(cause) for cause in explanation.causes],
        "offsets": [_blamed(cause) for cause in explanation.offsets],
        "hypotheses": [
            {"segment": line.segment or "ALL", "fault": line.fault, "log_odds": _plain(line.evidence), "kept": line.kept,
             "reason": line.reason}
            for line in explanation.hypotheses
        ],
    }  # fmt: skip


def _blamed(cause: Blamed) -> dict[str, Any]:
    return {
        "segment": cause.segment or "ALL",
        "effect": cause.effect,
        "fault": cause.fault,
        "factor": _plain(cause.factor),
        "confidence": round(cause.confidence, 4),
        "contribution": _plain(cause.contribution),
        "share_of_change": _plain(cause.share),
        "p_value": cause.p_value,
        "days": cause.days or None,
    }


def decomposition(
    rows: pl.DataFrame, explanation: Explanation, dimensions: Sequence[str], together: Sequence[str] = ()
) -> dict[str, Any]:
    """Parts that add up to the change: along the chain, over the members of every dimension, of every cause's attributes
    and of those asked for `together`."""
    if explanation.verdict == "not_enough_data":
        return {}
    try:
        periods = periods_of(rows, explanation.baseline, explanation.current, dimensions)
        parts = {name: _split(periods, explanation.metric, [name]) for name in dimensions}
        for names in (list(together), *(list(cause.segment) for cause in explanation.causes)):
            if len(names) > 1:
                parts["&".join(names)] = _split(periods, explanation.metric, names)
        return {"chain": chain(periods, explanation.metric).to_dicts(), "by": parts}
    except NotEnoughData as error:
        return {"reason": str(error)}


def _split(periods: pl.DataFrame, metric: str, by: list[str]) -> list[dict[str, Any]]:
    rows = split(periods, metric, by, MEMBERS).to_dicts()
    return [
        {"segment": {name: row[name] for name in by}, **{key: value for key, value in row.items() if key not in by}}
        for row in rows
    ]


def _span(window: Window) -> str:
    return f"{window[0]}..{window[1]}"


def _plain(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def answer_lines(lines: Sequence[str], settings: Settings) -> list[dict[str, Any]]:
    """One answer a request line: its `id`, causes and decomposition, or `error`."""

    def answer(asked: Request) -> dict[str, Any]:
        windows = window_of(asked.baseline), window_of(asked.current)
        return explain_file(asked.file, asked.metric, *windows, settings, asked.mapping, asked.by)

    return batch.answer_lines(lines, Request, answer)
