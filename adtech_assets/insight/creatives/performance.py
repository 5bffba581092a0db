"""How well each message does against the rest of the account, like with like, and how sure that is.

Belongs here: rates of messages, what their campaigns lead to expect, shrinkage, probabilities. Does not: finding the
messages (`messages`), what they have in common (`themes`).

Of each rate (events per exposure) the figures of a message are set against those that the *other* messages reached in
the same cells (campaign of a platform). Where few others ran in a cell its rate is drawn to the account's, as far as
cells differ at all. The day-to-day noise is measured, not taken as Poisson: variance = a * expected + b * expected^2.
True ratios to the rest are taken as gamma-distributed around 1 with a spread estimated from all messages (empirical
Bayes; Paule and Mandel 1982), so one conversion of one click is close to nothing, not 100 %.

What is not seen: differences within a cell that go with the message, such as its ad set, its format or its weeks.
Name further dimensions in `CreativeRules.cells` to compare within these.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, quotient
from adtech_assets.insight.creatives.messages import messages_of
from adtech_assets.insight.creatives.rest import MONEY, Rows, Side, against_rest, rows_of, side, spread_of_messages
from adtech_assets.insight.creatives.rules import RULES, CreativeRules
from adtech_assets.metrics.model import ADDITIVE, ratio, total

RATES = ("ctr", "cvr", "roas", "cac")
"""The rates a message is judged by."""
GOALS = ("roas", "cac", "cvr", "ctr")
"""The order in which they count: money first."""
JUDGED = ("expected", "lift", "shrunk", "low", "high", "better", "evidence")


def message_performance(
    cleaned: pl.DataFrame | pl.LazyFrame, since: dt.date, until: dt.date, rules: CreativeRules = RULES
) -> pl.DataFrame:
    """One row a message, most spend first; see `performance_of`."""
    return performance_of(messages_of(cleaned, since, until, rules), rules)


def performance_of(messages: pl.DataFrame, rules: CreativeRules = RULES) -> pl.DataFrame:
    """One row a message of `messages_of`, most spend first.

    message_id, message, source, days, cells, ADDITIVE, RATES, like_with_like (share of its spend, or else impressions, in
    cells in which other messages ran), and of each rate R, null where it cannot be told:
    R_expected: what the other messages lead to expect in its cells. R_lift: how much better it is than that, as shrunk
    (0.1: 10 % more clicks, conversions or revenue for the same exposure; a CAC 9 % lower). R_shrunk: the rate drawn to
    the expected one. R_low, R_high: interval of the lift at `rules.interval`. R_better: probability that it is better
    than the rest; null with less than the minimum of data. R_evidence: independent events the figure is worth.
    reason: what is too little to judge it by any rate; null otherwise.
    """
    table = messages.group_by("message_id", "message", "source").agg(
        pl.col("date").n_unique().cast(pl.Int64).alias("days"),
        pl.col("cell").n_unique().cast(pl.Int64).alias("cells"),
        *(total(name) for name in ADDITIVE),
    )
    table = table.with_columns(ratio(name) for name in RATES).join(_shared(messages), on="message_id", how="left")
    for rate in RATES:
        table = table.join(_judged(messages, rate, rules), on="message_id", how="left")
        told = _enough(rate, rules)
        table = table.with_columns(pl.when(told).then(f"{rate}_better").alias(f"{rate}_better"))
    order = table.sort("spend", "message_id", descending=[True, False], nulls_last=True)
    return order.with_columns(_reason(rules))


def goal_of(performance: pl.DataFrame) -> str | None:
    """The rate that counts most of those by which at least two messages can be judged; None if there is none."""
    return next((rate for rate in GOALS if performance[f"{rate}_better"].count() > 1), None)


def best_of(performance: pl.DataFrame, rules: CreativeRules = RULES) -> pl.DataFrame:
    """The messages that are better than the rest by the goal, surest first; none without a goal."""
    goal = goal_of(performance)
    if goal is None:
        return performance.clear()
    better = (pl.col(f"{goal}_better") >= rules.best_from) & (pl.col(f"{goal}_lift") > 0)
    return performance.filter(better).sort(f"{goal}_better", "message_id", descending=[True, False])


def _enough(rate: str, rules: CreativeRules) -> pl.Expr:
    """Days and expected events suffice. Money comes with conversions where these are known."""
    given = side(rate)
    if given.events in MONEY:
        events = pl.col("conversions").fill_null(rules.min_events)
    else:
        base = 1 / pl.col(f"{rate}_expected") if given.inverted else pl.col(f"{rate}_expected")
        events = base * pl.col(given.exposure)
    return (pl.col("days") >= rules.min_days) & (events >= rules.min_events)


def _reason(rules: CreativeRules) -> pl.Expr:
    judged = pl.any_horizontal(pl.col(f"{rate}_better").is_not_null() for rate in RATES)
    few_days = pl.format(
        f"not enough data: figures of {rules.min_days} days needed, of {{}} given", pl.col("days").cast(pl.String)
    )
    few_events = pl.lit(
        f"not enough data: fewer than {rules.min_events:g} clicks or conversions to expect, or no other message"
    )
    why = pl.when(pl.col("days") < rules.min_days).then(few_days).otherwise(few_events)
    return pl.when(~judged).then(why).alias("reason")


def _shared(messages: pl.DataFrame) -> pl.DataFrame:
    """message_id, like_with_like."""
    rows = messages.select(
        "message_id",
        weight=pl.coalesce("spend", "impressions").fill_null(0.0),
        alone=pl.col("message_id").n_unique().over("cell") == 1,
    )
    sums = rows.group_by("message_id").agg(
        pl.col("weight").sum().alias("all"), pl.col("weight").filter(~pl.col("alone")).sum().alias("with_others")
    )
    share = pl.when(pl.col("all") > 0).then(pl.col("with_others") / pl.col("all"))
    return sums.select("message_id", share.alias("like_with_like"))


def _judged(messages: pl.DataFrame, rate: str, rules: CreativeRules) -> pl.DataFrame:
    """message_id and the columns R_* of JUDGED, for messages with known events and exposure."""
    given = side(rate)
    rows = rows_of(messages, given)
    if rows is None:
        return pl.DataFrame(schema={"message_id": pl.String, **{f"{rate}_{name}": pl.Float64 for name in JUDGED}})
    columns = {f"{rate}_{name}": values for name, values in _columns(rows, given, rules).items()}
    return pl.DataFrame({"message_id": rows.names, **columns}).with_columns(pl.col(list(columns)).fill_nan(None))


def _columns(rows: Rows, given: Side, rules: CreativeRules) -> dict[str, Array]:
    from scipy.special import gammaincc, gammaincinv

    expected, exposure, events, evidence = against_rest(rows, rules)
    r = quotient(events, expected)
    known = np.isfinite(r) & (evidence > 0)
    prior = 1 / spread_of_messages(r, evidence, rules)
    n = np.where(known, evidence, 0.0)
    shape, belief = prior + np.where(known, r, 1.0) * n, prior + n
    tail = (1 - rules.interval) / 2
    blank = np.where(known, 1.0, np.nan)
    base = quotient(expected, exposure)
    shrunk = base * shape / belief
    return {
        "expected": (quotient(np.ones_like(base), base) if given.inverted else base) * blank,
        "lift": (shape / belief - 1) * blank,
        "shrunk": (quotient(np.ones_like(shrunk), shrunk) if given.inverted else shrunk) * blank,
        "low": (gammaincinv(shape, tail) / belief - 1) * blank,
        "high": (gammaincinv(shape, 1 - tail) / belief - 1) * blank,
        "better": gammaincc(shape, belief) * blank,
        "evidence": n * blank,
    }
