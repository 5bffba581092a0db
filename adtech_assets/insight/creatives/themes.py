"""What the better messages of an account have in common: its own recurring phrases, and known selling points.

Belongs here: finding themes in texts, and testing each. Does not: the words (`vocabulary`), drafts (`writer`).

A theme is tested like with like: within each cell (campaign of a platform) messages with it against messages without,
and the cells' ratios joined as Mantel and Haenszel 1959 did (the form for rates of Greenland and Robins 1985). Messages
vary by much more than their counts, so the error counts the day-to-day noise and the spread between messages, both as
measured in the account; where messages deviate by still more (sandwich over messages) that is taken. q-values are over
all themes and rates tested together. Simulated accounts without any theme: 1-4 % of p-values are 0.05 or less, and none
of 150 accounts had a theme that holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from adtech_assets.insight.arrays import Array, Flags, quotient
from adtech_assets.insight.creatives.halves import clauses
from adtech_assets.insight.creatives.performance import RATES
from adtech_assets.insight.creatives.rest import (
    Pairs,
    Rows,
    against_rest,
    noise,
    pairs_of,
    rows_of,
    side,
    spread_of_messages,
    sums,
)
from adtech_assets.insight.creatives.rules import RULES, CreativeRules
from adtech_assets.insight.creatives.vocabulary import (
    language_of,
    main_language,
    selling_points,
    stop_words,
    tokens,
    vocabulary,
)
from adtech_assets.insight.significance import false_discovery

PHRASE, SELLING_POINT = "phrase", "selling point"
THEMES = pl.Schema(
    {
        "theme": pl.String(),
        "kind": pl.String(),
        "label": pl.String(),
        "rate": pl.String(),
        "messages_with": pl.Int64(),
        "messages_without": pl.Int64(),
        "cells": pl.Int64(),
        "rate_with": pl.Float64(),
        "rate_without": pl.Float64(),
        "lift": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "p_value": pl.Float64(),
        "q_value": pl.Float64(),
        "holds": pl.Boolean(),
        "message_ids": pl.List(pl.String()),
    }
)


@dataclass(frozen=True)
class Theme:
    """A theme and the ids of the messages that have it."""

    key: str
    kind: str
    label: str
    members: frozenset[str]


def themes_of(messages: pl.DataFrame, rules: CreativeRules = RULES) -> pl.DataFrame:
    """Table THEMES: one row a theme and rate, surest first, of the rows of `messages_of`.

    messages_with, messages_without and cells: those the test rests on, in cells that have both. rate_with, rate_without:
    ratios of sums over these cells, not adjusted. lift: how much better messages with it do, like with like (for CAC:
    more conversions for the same spend), with its interval. holds: q within `rules.theme_q` and lift of at least
    `rules.least_lift` either way. message_ids: all messages with the theme.
    """
    texts = dict(messages.select("message_id", "message").unique().sort("message_id").iter_rows())
    themes = found_themes(texts, rules)
    rows = [row for rate in RATES for row in _tested(messages, themes, rate, rules)]
    if not rows:
        return pl.DataFrame(schema=THEMES)
    q_values = false_discovery([row["p_value"] for row in rows])  # type: ignore[misc]
    frame = pl.DataFrame(
        [{**row, "q_value": q} for row, q in zip(rows, q_values, strict=True)], infer_schema_length=None
    )
    holds = (pl.col("q_value") <= rules.theme_q) & (pl.col("lift").abs() >= rules.least_lift)
    frame = frame.with_columns(holds.fill_null(False).alias("holds")).select(THEMES.names()).cast(THEMES)
    return frame.sort("p_value", "kind", "theme", "rate", nulls_last=True)


def found_themes(texts: Mapping[str, str], rules: CreativeRules = RULES) -> tuple[Theme, ...]:
    """Selling points and recurring phrases that enough texts (message id -> text) have, and enough have not.

    Of themes that the very same messages have, one remains: the selling point, else the longest phrase.
    """
    main = main_language(texts.values())
    members: dict[tuple[str, str, str], set[str]] = {}
    for identity, text in texts.items():
        for key in selling_points(text, language_of(text) or main):
            members.setdefault((SELLING_POINT, key, vocabulary().themes[key].label), set()).add(identity)
        for phrase in phrases_in(text, rules.longest_phrase):
            members.setdefault((PHRASE, phrase, phrase), set()).add(identity)
    kept: dict[frozenset[str], Theme] = {}
    for (kind, key, label), has in sorted(members.items(), key=lambda item: _precedence(item[0])):
        if min(len(has), len(texts) - len(has)) >= rules.theme_messages:
            kept.setdefault(frozenset(has), Theme(key, kind, label, frozenset(has)))
    points = [theme for theme in kept.values() if theme.kind == SELLING_POINT]
    phrases = [theme for theme in kept.values() if theme.kind == PHRASE]
    phrases.sort(key=lambda theme: (-len(theme.members), theme.key))
    return (*points, *phrases[: rules.most_phrases])


def _precedence(named: tuple[str, str, str]) -> tuple[bool, int, int, str]:
    kind, key, _ = named
    return kind == PHRASE, -len(key.split()), -len(key), key


def phrases_in(text: str, longest: int = RULES.longest_phrase) -> set[str]:
    """Words and their sequences within a clause that neither begin nor end with a stop word."""
    stops = stop_words()
    found = set()
    for clause in clauses(text):
        words = tokens(clause)
        for start, first in enumerate(words):
            for end in range(start + 1, min(start + longest, len(words)) + 1):
                if first not in stops and words[end - 1] not in stops:
                    found.add(" ".join(words[start:end]))
    return found


def _tested(
    messages: pl.DataFrame, themes: Sequence[Theme], rate: str, rules: CreativeRules
) -> Iterator[dict[str, object]]:
    given = side(rate)
    rows = rows_of(messages, given)
    if rows is None:
        return
    account = _account(rows, rules)
    for theme in themes:
        has = np.array([name in theme.members for name in rows.names])
        result = _contrast(account, has, rules)
        if result is None:
            continue
        if given.inverted:
            result |= {name: _inverse(result[name]) for name in ("rate_with", "rate_without")}
        yield {
            "theme": theme.key,
            "kind": theme.kind,
            "label": theme.label,
            "rate": rate,
            **result,
            "message_ids": sorted(theme.members),
        }


@dataclass(frozen=True)
class _Account:
    """The pairs of message and cell, the noise of their rows, and the spread between messages."""

    pairs: Pairs
    x_squares: Array
    """Sum of squared exposures of the rows [pair]."""
    first: float
    second: float
    between: float


def _account(rows: Rows, rules: CreativeRules) -> _Account:
    pairs = pairs_of(rows)
    expected, _, events, evidence = against_rest(rows, rules)
    between = spread_of_messages(quotient(events, expected), evidence, rules)
    return _Account(pairs, sums(pairs.of_row, rows.x**2), *noise(rows, pairs, rules), between)


def _inverse(value: float | None) -> float | None:
    return 1 / value if value else None


def _contrast(account: _Account, has: Flags, rules: CreativeRules) -> dict[str, float | None] | None:
    """Rates with and without, their adjusted ratio - 1, its interval and p; None with too few messages. has: [message]."""
    from scipy.stats import t as student

    pairs = account.pairs
    size = int(pairs.c.max()) + 1
    theme = has[pairs.m]
    x1, x0 = (sums(pairs.c, np.where(own, pairs.x, 0.0), size) for own in (theme, ~theme))
    use = ((x1 > 0) & (x0 > 0))[pairs.c]
    m, c, y, x, theme = pairs.m[use], pairs.c[use], pairs.y[use], pairs.x[use], theme[use]
    groups = len(np.unique(m[theme])), len(np.unique(m[~theme]))
    if min(groups) < rules.theme_messages:
        return None
    x1, x0 = (sums(c, np.where(own, x, 0.0), size) for own in (theme, ~theme))
    y1, y0 = (sums(c, np.where(own, y, 0.0), size) for own in (theme, ~theme))
    share1, share0 = quotient(x1, x1 + x0, missing=0.0), quotient(x0, x1 + x0, missing=0.0)
    above, below = float((y1 * share0).sum()), float((y0 * share1).sum())
    if above <= 0 or below <= 0:
        return None
    rr = above / below
    base = quotient(y1 + y0, rr * x1 + x0, missing=0.0)[c] * np.where(theme, rr, 1.0)
    weight = np.where(theme, share0[c], -rr * share1[c])
    # What the model says of the error, or how messages do deviate: the larger.
    rows_noise = weight**2 * (account.first * base * x + account.second * base**2 * account.x_squares[use])
    modelled = float(rows_noise.sum()) + account.between * float((sums(m, weight * base * x) ** 2).sum())
    deviating = float((sums(m, weight * (y - base * x)) ** 2).sum())
    error = float(np.sqrt(max(modelled, deviating))) / above
    freedom = sum(groups) - 2
    far = float(student.ppf((1 + rules.interval) / 2, freedom)) * error
    return {
        "messages_with": groups[0],
        "messages_without": groups[1],
        "cells": len(np.unique(c)),
        "rate_with": float(y1.sum() / x1.sum()),
        "rate_without": float(y0.sum() / x0.sum()),
        "lift": rr - 1,
        "low": float(rr * np.exp(-far)) - 1,
        "high": float(rr * np.exp(min(far, _LONGEST_EXPONENT))) - 1,
        "p_value": float(2 * student.sf(abs(np.log(rr)) / error, freedom)),
    }


_LONGEST_EXPONENT = 300.0
