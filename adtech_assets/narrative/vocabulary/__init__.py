"""The words the guardrail understands, as data: one YAML file a language, read once.

Belongs here: loading and looking up words. Does not: what a sentence made of them claims (`claims.py`).
A language without a file cannot be checked, and what cannot be checked is not printed.
"""

from __future__ import annotations

from functools import cache, cached_property
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

Words = tuple[str, ...]


class Vocabulary(BaseModel):
    """One language's words by what they mean in a report. All lower case."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    months: Words
    month_abbreviations: Words
    weekdays: Words
    date_joins: Words
    metrics: dict[str, Words]
    up: Words
    down: Words
    flat: Words
    better: Words
    worse: Words
    previous: Words
    expected: Words
    expect: Words
    current_base: Words
    previous_base: Words
    longer_base: Words
    next_base: Words
    account: Words
    together: Words
    share: Words
    approximate: Words
    just_below: Words
    just_above: Words
    above_literal: Words
    below_literal: Words
    negation: Words
    number_words: dict[str, float]
    fractions: dict[str, tuple[float, float]]
    multiples: dict[str, tuple[float, float]]
    scales: dict[str, float]
    percent: Words
    points: Words
    times: Words
    cents: Words
    currency_words: dict[str, Words]
    degrees: Words
    millimetres: Words
    rank_high: Words
    rank_low: Words
    rank_best: Words
    rank_worst: Words
    rank_order: dict[str, int]
    cheap: Words
    dimensions: dict[str, str]
    quantifiers: Words
    harmless_quantified: Words
    driver_claims: Words
    causes: Words
    promises: Words
    benchmarks: Words
    significance: Words
    final_claims: Words
    note_words: dict[str, Words]
    simulated: Words
    coincidence: Words
    weather: Words
    disclaimers: Words
    anomaly: Words
    advice_openers: Words
    advice_words: Words
    plain: Words

    def __hash__(self) -> int:
        return hash((self.months, self.weekdays))

    @cached_property
    def tags(self) -> dict[str, frozenset[str]]:
        """Word or phrase -> everything it may mean (names of the lists above)."""
        found: dict[str, set[str]] = {}
        for field, value in self:
            groups = value.values() if field in {"note_words", "currency_words"} else [value]
            for group in groups:
                for phrase in group:
                    found.setdefault(phrase, set()).add(field)
        return {phrase: frozenset(meanings) for phrase, meanings in found.items()}

    @cached_property
    def phrases(self) -> Words:
        """Phrases of several words, longest first, so that they are met before their parts."""
        return tuple(sorted((p for p in self.tags if not p.isalpha()), key=lambda p: (-len(p), p)))


@cache
def vocabulary(lang: str) -> Vocabulary | None:
    """The words of a language (ISO 639-1), or None if it has no file."""
    file = files(__package__).joinpath(f"{lang}.yaml")
    return Vocabulary.model_validate(yaml.safe_load(file.read_text("utf-8"))) if file.is_file() else None
