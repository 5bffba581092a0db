"""Evidence: every figure that a report may say, as a typed item with an id. Writers and guardrail see only these.

Belongs here: the models, and building them from the tables. Does not: wording, or checking of sentences.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["value", "change", "share", "rank", "anomaly", "driver", "forecast", "context", "note"]


class Period(BaseModel):
    """Inclusive dates."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start: dt.date
    end: dt.date


class EvidenceItem(BaseModel):
    """One thing that may be said. Which fields are set depends on `kind`; the rest is None.

    value: metric, segment, period, value, unit. change: baseline, from_, to, abs, pct (fraction). share: of, value.
    rank: dimension, order, ranking (complete, best first). anomaly: start, end, observed, expected, low, high,
    finding. driver: contribution, share_of_change, effect. context: what, name, place, start, end, simulated, detail.
    note: what, text, value.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)
    id: str
    kind: Kind
    metric: str | None = None
    segment: dict[str, str] = {}
    dimension: str | None = None
    period: Period | None = None
    baseline: Period | None = None
    value: float | None = None
    unit: str | None = None  # an ISO currency code, "count", "ratio" or "fraction"
    from_: float | None = Field(None, alias="from")
    to: float | None = None
    abs: float | None = None
    pct: float | None = None
    of: str | None = None
    order: Literal["asc", "desc"] | None = None
    ranking: tuple[tuple[str, float], ...] | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    observed: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    finding: str | None = None
    contribution: float | None = None
    share_of_change: float | None = None
    effect: str | None = None
    p_value: float | None = None
    confidence: float | None = None
    level: float | None = None
    what: str | None = None
    name: str | None = None
    place: str | None = None
    simulated: bool | None = None
    detail: str | None = None
    text: str | None = None
    source: str | None = None  # the table and filter it was computed from
    uploads: tuple[str, ...] = ()  # upload ids behind it


class Evidence(BaseModel):
    """All evidence of one report."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    client: str
    currency: str | None
    locale: str
    today: dt.date
    items: tuple[EvidenceItem, ...]

    def item(self, evidence_id: str) -> EvidenceItem:
        """The item of that id; KeyError if there is none."""
        return next(i for i in self.items if i.id == evidence_id)


Section = Literal["headline", "summary", "anomalies", "causes", "actions", "notes"]
SECTIONS: tuple[Section, ...] = ("headline", "summary", "anomalies", "causes", "actions", "notes")


class Sentence(BaseModel):
    """One printed sentence and what it rests on."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    section: Section
    text: str
    evidence_ids: tuple[str, ...]
    writer: Literal["gemini", "builtin"] = "builtin"
    refusal: str | None = None


class Narrative(BaseModel):
    """The text of one report. `fallback` says why the model was not used at all, if a key was set."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sentences: tuple[Sentence, ...]
    model: str | None = None
    fallback: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def refused(self) -> int:
        return sum(s.refusal is not None for s in self.sentences)

    def of(self, section: Section) -> tuple[Sentence, ...]:
        return tuple(s for s in self.sentences if s.section == section)
