"""Messages that work better than the others of the same campaigns, and drafts of new ones that rest on them.

Belongs here: which messages are worth saying, and the drafts as JSON. Does not: judging and drafting (`creatives`).
"""

from __future__ import annotations

import json
import math

import polars as pl
from pydantic import Field

from adtech_assets.insight.candidates.account import Account
from adtech_assets.insight.candidates.candidate import Candidate, Considered, Found
from adtech_assets.insight.creatives.messages import messages_of, plain_text
from adtech_assets.insight.creatives.model_request import Ask, drafts_by_model
from adtech_assets.insight.creatives.performance import goal_of, performance_of
from adtech_assets.insight.creatives.themes import themes_of
from adtech_assets.insight.significance import false_discovery
from adtech_assets.metrics.spans import WEEK
from adtech_assets.settings import Group


class MessageRules(Group):
    """From when on a message is said to work."""

    false_discoveries: float = Field(0.05, gt=0, lt=1, description="share of false ones among the messages named")
    least_lift: float = Field(0.1, ge=0, description="lower end of the lift's interval that a message must reach")
    least_share: float = Field(0.01, ge=0, description="share of the spend, else impressions, it must have")
    most: int = Field(2, ge=1, description="messages named at most")
    movable: float = Field(0.25, gt=0, le=1, description="part of the other messages' money that may follow it")
    drafts: int = Field(3, ge=0, description="new messages drafted at most")


def of_messages(account: Account, rules: MessageRules | None = None) -> Found:
    """Messages that are better than the others of their campaigns. Without texts: nothing, and no word about it."""
    rules = rules or MessageRules()
    found = _messages(account)
    if found is None:
        return [], []
    performance = performance_of(found)
    goal = goal_of(performance)
    candidates = _better(account, performance, goal, rules) if goal is not None else []
    if candidates:
        return candidates, []
    return [], [_said("no message is better than the others of its campaigns by more than chance", goal)]


def drafts_of(
    account: Account, ask: Ask | None = None, rules: MessageRules | None = None
) -> tuple[str | None, list[Considered]]:
    """(new messages as a JSON list, each with the messages it rests on; None without any, and why). ask: asks the model."""
    rules = rules or MessageRules()
    found = _messages(account)
    if found is None:
        return None, [_said("no new messages were drafted: the files have fewer than two ad texts", None)]
    performance = performance_of(found)
    drafts = drafts_by_model(performance, themes_of(found), ask, rules.drafts)
    if not drafts.drafts:
        return None, [_said(f"no new messages were drafted: {drafts.reason}", goal_of(performance))]
    told = json.dumps(drafts.as_record()["drafts"], ensure_ascii=False, allow_nan=False)
    by_hand = [_said(f"new messages are the built-in writer's: {drafts.fallback}", goal_of(performance))]
    return told, by_hand if drafts.fallback else []


def _messages(account: Account) -> pl.DataFrame | None:
    """The texts of both periods by day; None with fewer than two."""
    if not any(account.rows.get_column(name).count() for name in ("creative_message", "ad")):
        return None
    found = messages_of(account.rows, account.windows.baseline[0], account.windows.current[1])
    return found if found.get_column("message_id").n_unique() > 1 else None


def _better(account: Account, performance: pl.DataFrame, goal: str, rules: MessageRules) -> list[Candidate]:
    judged = performance.filter(pl.col(f"{goal}_better").is_not_null())
    # Both tails: the probability of being no better, twice, is read as a p-value.
    q_values = false_discovery([min(2 * (1 - min(float(p), 1.0)), 1.0) for p in judged.get_column(f"{goal}_better")])
    weight = "spend" if "spend" in account.known else "impressions"
    total = float(performance.get_column(weight).sum() or 0.0)
    rows = judged.with_columns(q=pl.Series(q_values, dtype=pl.Float64)).filter(
        pl.col("q") <= rules.false_discoveries,
        pl.col(f"{goal}_low") >= rules.least_lift,
        pl.col(weight) >= rules.least_share * total,
    )
    rows = rows.sort(f"{goal}_low", "message_id", descending=[True, False]).head(rules.most)
    return [_candidate(account, row, goal, total if weight == "spend" else None, rules) for row in rows.to_dicts()]


def _candidate(
    account: Account, row: dict[str, object], goal: str, spend: float | None, rules: MessageRules
) -> Candidate:  # fmt: skip
    better, low, q = (float(row[name]) for name in (f"{goal}_better", f"{goal}_low", "q"))  # type: ignore[arg-type]
    own = float(row["spend"] or 0.0) if spend is not None else 0.0  # type: ignore[arg-type]
    # What the same lift would bring on a part of the money of the others, but on no more than the message has itself.
    others = None if spend is None else min((spend - own) * rules.movable, own)
    worth = None if others is None else others * low * WEEK / max(len(account.days), 1)
    return Candidate(
        kind="opportunity", metric=goal, segment=_segment(account, str(row["message"]), str(row["source"])),
        effect="rate", fault="message_that_works", sense=1, direction="good", contribution=None, money=worth,
        confidence=min(better, 0.98), p_value=q, evidence=math.log(better / max(1 - better, 1e-6)),
        playbook="message_that_works", detail=(str(row["message_id"]),),
    )  # fmt: skip


def _segment(account: Account, message: str, source: str) -> dict[str, str]:
    """The spelling that the most rows have."""
    spellings = account.rows.get_column(source).drop_nulls().value_counts(sort=True)
    same = sorted((-count, spelling) for spelling, count in spellings.iter_rows() if plain_text(spelling) == message)
    return {source: same[0][1] if same else message}


def _said(reason: str, goal: str | None) -> Considered:
    return Considered("opportunity", reason, goal, fault="message_that_works")
