"""What a draft of a message is, and what it says of the messages it rests on.

Belongs here: the models, figures and reasons. Does not: writing texts (`writer`, `model_request`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

from adtech_assets.insight.creatives.performance import RATES
from adtech_assets.insight.creatives.rest import side
from adtech_assets.insight.creatives.rules import CreativeRules
from adtech_assets.insight.creatives.themes import SELLING_POINT, phrases_in
from adtech_assets.insight.creatives.vocabulary import selling_points, vocabulary
from adtech_assets.metrics.model import ADDITIVE, semantic_model

Form = Literal["headline", "primary text"]
DATED = ("discount", "free_shipping", "new", "urgency")
"""Selling points that may be over by now."""
FIGURES = (*ADDITIVE, *RATES)


@dataclass(frozen=True)
class Source:
    """A message that ran, with its figures: FIGURES, and lift and better (probability) of the goal."""

    message_id: str
    text: str
    figures: dict[str, float | None]


@dataclass(frozen=True)
class Draft:
    """A new message. It is data of the client's files: never markup, never an instruction."""

    text: str
    form: Form
    themes: tuple[str, ...]
    """Keys of the themes of the account that hold and that the text has."""
    rests_on: tuple[Source, ...]
    reason: str
    check: str | None
    """What a person must make sure of before it is used."""
    writer: Literal["builtin", "model"] = "builtin"


@dataclass(frozen=True)
class Drafts:
    """New messages, best first; without any, `reason` says why. `fallback`: why a model was asked in vain."""

    drafts: tuple[Draft, ...]
    reason: str | None = None
    fallback: str | None = None
    refused: tuple[str, ...] = ()
    """Why drafts of a model were refused, without their text."""

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def draft(
    text: str,
    sources: Sequence[dict[str, Any]],
    how: str,
    goal: str,
    held: pl.DataFrame,
    rules: CreativeRules,
    writer: Literal["builtin", "model"] = "builtin",
) -> Draft:
    """The draft of a text made from `sources` (rows of the performance); `held`: themes of the goal that hold."""
    themes = themes_in(text, held)
    rests_on = tuple(_source(row, goal) for row in sources)
    label = semantic_model().metric(goal).label
    more = "conversions for the same spend" if side(goal).inverted else label
    parts = [f"{how} {_grounds(sources, goal, label, more)}"]
    for row in held.filter(pl.col("theme").is_in(themes)).iter_rows(named=True):
        parts.append(
            f"{row['kind'].capitalize()} “{row['label']}”: {_percent(row['lift'])} {more} like with like, "
            f"{row['messages_with']} messages with it against {row['messages_without']} without (q = {row['q_value']:.2g})."
        )
    return Draft(
        text=text,
        form="headline" if len(text) <= rules.headline else "primary text",
        themes=themes,
        rests_on=rests_on,
        reason=" ".join(parts),
        check=_check(text, len(sources)),
        writer=writer,
    )


def held_themes(themes: pl.DataFrame, goal: str) -> pl.DataFrame:
    """The themes whose effect on the goal holds, either way."""
    return themes.filter((pl.col("rate") == goal) & pl.col("holds"))


def themes_in(text: str, held: pl.DataFrame) -> tuple[str, ...]:
    """Keys of those of the themes that a text has."""
    points, phrases = selling_points(text), phrases_in(text)
    rows = held.select("theme", "kind").unique(maintain_order=True).iter_rows()
    return tuple(key for key, kind in rows if key in (points if kind == SELLING_POINT else phrases))


def nothing_better(performance: pl.DataFrame, goal: str | None, rules: CreativeRules) -> str:
    """Why there is no message to draft from, with figures."""
    if goal is None:
        judged = sum(performance[f"{rate}_better"].count() > 0 for rate in RATES)
        return (
            f"not enough data: of {performance.height} messages "
            + ("only one" if judged else "none")
            + f" has {rules.min_days} days and {rules.min_events:g} clicks or conversions to be judged by"
        )
    known = performance.filter(pl.col(f"{goal}_better").is_not_null())
    surest = float(known[f"{goal}_better"].max())  # type: ignore[arg-type]
    return (
        f"nothing stands out: of {known.height} messages with enough data none is better than the rest by "
        f"{semantic_model().metric(goal).label} beyond ordinary drift (surest: {surest:.0%}, {rules.best_from:.0%} needed)"
    )


def _source(row: dict[str, Any], goal: str) -> Source:
    figures = {name: row[name] for name in FIGURES}
    return Source(
        row["message_id"], row["message"], {**figures, "lift": row[f"{goal}_lift"], "better": row[f"{goal}_better"]}
    )


def _grounds(sources: Sequence[dict[str, Any]], goal: str, label: str, more: str) -> str:
    said = (
        f"{row['message_id']}: {label} {row[goal]:.3g}, {_percent(row[f'{goal}_lift'])} {more} against the rest of its "
        f"campaigns, {sureness(row[f'{goal}_better'])} sure"
        for row in sources
    )
    return f"({'; '.join(said)})."


def sureness(probability: float) -> str:
    """A probability in words that never says certain."""
    return f"{probability:.0%}" if probability < _CERTAIN else "over 99%"


_CERTAIN = 0.995  # what would be rounded to 100 %


def _percent(lift: float) -> str:
    return f"{lift:+.0%}"


def _check(text: str, sources: int) -> str | None:
    points = selling_points(text)
    dated = [vocabulary().themes[key].label.lower() for key in DATED if key in points]
    asks = ["both parts hold for the product it is shown for"] if sources > 1 else []
    asks += [f"what it says still holds ({', '.join(dated)})"] if dated else []
    return f"Before use make sure that {' and that '.join(asks)}." if asks else None
