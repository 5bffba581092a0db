"""What a client's week is about: causes, anomalies and opportunities, each with its evidence, none said twice.

Belongs here: the order of the steps, and the shape of the result. Does not: where insights come from (`candidates`,
`opportunities`), what to do about them (`recommendations`), the report's text (`narrative`).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from pydantic import Field

from adtech_assets.insight.candidates.account import Account, account_of
from adtech_assets.insight.candidates.bounds import bounded
from adtech_assets.insight.candidates.candidate import Candidate, Considered
from adtech_assets.insight.candidates.from_causes import of_causes
from adtech_assets.insight.candidates.from_findings import of_findings
from adtech_assets.insight.candidates.implausible import plausible
from adtech_assets.insight.candidates.rows import insight_id, rows_of
from adtech_assets.insight.candidates.sameness import distinct
from adtech_assets.insight.causes.explanation import Explanation
from adtech_assets.insight.creatives.model_request import Ask
from adtech_assets.insight.insight_tables import HYPOTHESIS_COLUMNS, INSIGHT_COLUMNS, RECOMMENDATION_COLUMNS, frame
from adtech_assets.insight.opportunities.messages import drafts_of
from adtech_assets.insight.opportunities.search import find_opportunities
from adtech_assets.insight.playbooks import DATA_FIRST
from adtech_assets.insight.recommendations import recommend
from adtech_assets.insight.segment_text import segment_text
from adtech_assets.settings import Group, Insight

__all__ = ["HYPOTHESIS_COLUMNS", "INSIGHT_COLUMNS", "RECOMMENDATION_COLUMNS", "WeekInsights", "find_insights"]

GRAVITY = ("critical", "warning", "info")
ABOUT_CREATIVES = ("creative_fatigue", "audience_saturation", "message_that_works")
"""Playbooks that new messages belong to."""


class WeekRules(Group):
    """How many insights a week has."""

    considered: int = Field(20, ge=1, description="of these, by money, the evidence is worked out")
    alike: int = Field(3, ge=1, description="opportunities of one kind")


@dataclass(frozen=True, eq=False)
class WeekInsights:
    """insights: INSIGHT_COLUMNS, by rank. recommendations: RECOMMENDATION_COLUMNS, by rank. hypotheses:
    HYPOTHESIS_COLUMNS, the decision log: what was looked at, whether it was kept, and why. explanations: by metric."""

    insights: pl.DataFrame
    recommendations: pl.DataFrame
    hypotheses: pl.DataFrame
    explanations: Mapping[str, Explanation]


def find_insights(
    cleaned: pl.DataFrame,
    findings: pl.DataFrame,
    week: dt.date,
    settings: Insight,
    *,
    outlook: Mapping[str, pl.DataFrame] | None = None,
    ask: Ask | None = None,
    rules: WeekRules | None = None,
) -> WeekInsights:
    """The insights of the week that begins on Monday `week`, most money first.

    cleaned: table CLEANED, any dates. findings: table FINDINGS. outlook: tables "lifecycle" and "pacing", as they stood
    at the week's end. ask: asks the model for new messages; None: the built-in writer's. Nothing in the rows raises:
    where they do not suffice, an insight says so (`enough`, `reason`), or there is none and `hypotheses` says why.
    """
    rules = rules or WeekRules()
    account = account_of(cleaned, week, settings)
    if account.rows.is_empty() or not account.current.any():
        nothing = Considered("data", "not enough data: no rows in the week")
        return WeekInsights(_insights([]), _no_advice(), _log([nothing], [], week), {})
    account, (odd, log) = plausible(account, findings)
    told = {candidate.finding_id for candidate in odd}
    (causes, causes_log), explanations = of_causes(account)
    anomalies, anomalies_log = of_findings(account, findings.filter(~pl.col("finding_id").is_in(list(told - {None}))))
    chances, chances_log = find_opportunities(account, outlook or {})
    candidates = [bounded(account, c) for c in (*odd, *causes, *anomalies, *chances)]
    kept, sameness_log = distinct(account, candidates)
    kept, alike_log = _few_alike(kept, rules.alike)
    rows = sorted(rows_of(account, kept[: rules.considered], week, settings.severity), key=_importance)
    rows = rows[: settings.insights]
    left = [c for c in kept if insight_id(c, week) not in {row["insight_id"] for row in rows}]
    log += [*causes_log, *anomalies_log, *chances_log, *sameness_log, *alike_log]
    log += [candidate.dropped("less money than the insights of this week") for candidate in left]
    insights = _insights(rows)
    messages, drafts_log = _drafts(account, insights, ask)
    log += drafts_log
    advice = recommend(insights, messages=messages)
    return WeekInsights(insights, advice, _log(log, rows, week), explanations)


def _drafts(account: Account, insights: pl.DataFrame, ask: Ask | None) -> tuple[dict[str, str], list[Considered]]:
    """New messages for the insights that call for some, by their id."""
    about = insights.filter(pl.col("playbook").is_in(ABOUT_CREATIVES)).get_column("insight_id").to_list()
    if not about:
        return {}, []
    drafts, log = drafts_of(account, ask)
    return (dict.fromkeys(about, drafts) if drafts else {}), log


def _importance(row: Mapping[str, Any]) -> tuple[bool, bool, bool, float, int, float, str]:
    """Figures that cannot be true first, then most money, critical before others of the same; what is not sure for lack of
    data comes last."""
    money = row["money"]
    return (
        not row["enough"], row["playbook"] not in DATA_FIRST, money is None, -(money or 0.0),
        GRAVITY.index(row["severity"]), -row["confidence"],
        row["insight_id"],
    )  # fmt: skip


def _insights(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    return frame([{**row, "rank": rank} for rank, row in enumerate(rows, start=1)], INSIGHT_COLUMNS)


def _no_advice() -> pl.DataFrame:
    return frame([], RECOMMENDATION_COLUMNS)


def _few_alike(candidates: Sequence[Candidate], most: int) -> tuple[list[Candidate], list[Considered]]:
    """At most `most` opportunities of one kind: those of most money."""
    counts: Counter[str] = Counter()
    kept, log = [], []
    for candidate in candidates:
        counts[candidate.fault] += candidate.kind == "opportunity"
        if candidate.kind == "opportunity" and counts[candidate.fault] > most:
            log.append(candidate.dropped(f"{most} opportunities of this kind with more money are said"))
        else:
            kept.append(candidate)
    return kept, log


def _log(lines: Sequence[Considered], rows: Sequence[Mapping[str, Any]], week: dt.date) -> pl.DataFrame:
    """What was kept first, by rank; then the rest as it was looked at."""
    kept = [
        {
            **{name: row[name] for name in ("metric", "segment", "fault", "p_value", "insight_id")},
            "source": row["kind"],
            "kept": True,
            "reason": row["sentence"] if row["enough"] else row["reason"],
        }
        for row in rows
    ]
    rest = [
        {
            "source": line.source,
            "metric": line.metric,
            "segment": segment_text(line.segment),
            "fault": line.fault,
            "evidence": line.evidence,
            "p_value": line.p_value,
            "kept": line.kept,
            "reason": line.reason,
        }
        for line in lines
    ]
    return frame([*kept, *rest], HYPOTHESIS_COLUMNS)
