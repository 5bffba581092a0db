"""Words of ads: languages by their stop words, and selling points.

Belongs here: `creative_themes.yaml` as typed data, cutting texts into words, finding selling points. Does not: whether a
theme works (`themes`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Language = Literal["en", "de", "fr", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "de", "fr", "es")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_JOINED = str.maketrans({"‐": "-", "‑": "-", "’": "'", "ʼ": "'", "`": "'"})
_MAJORITY = 0.6


class SellingPoint(BaseModel):
    """A theme known beforehand. Phrases are whole words; one that ends in * is the beginning of a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str
    claim: bool = Field(description="says something that may be untrue, so only a source may say it")
    phrases: dict[Language, tuple[str, ...]] = {}
    patterns: tuple[str, ...] = ()
    templates: dict[Language, str] = {}
    """For themes that state nothing: how a phrase becomes a message of this theme."""


class Vocabulary(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    stop_words: dict[Language, frozenset[str]]
    negations: frozenset[str]
    plain: frozenset[str]
    themes: dict[str, SellingPoint]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary as shipped, validated."""
    text = files(__package__).joinpath("creative_themes.yaml").read_text("utf-8")
    return Vocabulary.model_validate(yaml.safe_load(text))


def folded(text: str) -> str:
    """For comparisons: compatible characters, hyphens and apostrophes as one, lower case."""
    return unicodedata.normalize("NFKC", text.translate(_JOINED)).translate(_JOINED).casefold()


def tokens(text: str) -> list[str]:
    """The words of a text in order, folded. An apostrophe parts words, a hyphen does not."""
    return _WORD.findall(folded(text))


@cache
def stop_words() -> frozenset[str]:
    """Those of all languages."""
    return frozenset().union(*vocabulary().stop_words.values())


def content_words(text: str) -> frozenset[str]:
    """The words of a text that are no stop words of any language."""
    return frozenset(tokens(text)) - stop_words()


def language_of(text: str) -> Language | None:
    """The language whose stop words a text has most of; of equals the one with more of its selling points.

    None without any stop word, or where two languages are as likely.
    """
    found = set(tokens(text))
    counts = {name: len(found & vocabulary().stop_words[name]) for name in LANGUAGES}
    most = max(counts.values())
    likely = [name for name in LANGUAGES if most and counts[name] == most]
    if len(likely) > 1:
        points = {name: len(selling_points(text, name)) for name in likely}
        likely = [name for name in likely if points[name] == max(points.values())]
    return likely[0] if len(likely) == 1 else None


def main_language(texts: Iterable[str]) -> Language | None:
    """The language of the clear majority of the texts whose language shows; None if there is none."""
    counts = Counter(name for name in map(language_of, texts) if name is not None)
    if not counts:
        return None
    name, most = counts.most_common(1)[0]
    return name if most > _MAJORITY * counts.total() else None


def selling_points(text: str, language: Language | None = None) -> frozenset[str]:
    """The keys of the selling points in a text, by the phrases of its language, or of all where it is unknown."""
    flat = folded(text)
    return frozenset(key for key in vocabulary().themes if _expression(key, language).search(flat))


@cache
def claims() -> frozenset[str]:
    """The selling points that state something."""
    return frozenset(key for key, theme in vocabulary().themes.items() if theme.claim)


@cache
def template_words() -> frozenset[str]:
    """The words that templates add to a phrase."""
    texts = (text for theme in vocabulary().themes.values() for text in theme.templates.values())
    return frozenset(word for text in texts for word in tokens(text.replace("{phrase}", "")))


@cache
def _expression(key: str, language: Language | None) -> re.Pattern[str]:
    theme = vocabulary().themes[key]
    wanted = LANGUAGES if language is None else (language,)
    phrases = [folded(phrase) for name in wanted for phrase in theme.phrases.get(name, ())]
    # A space in a phrase may be a hyphen in the text.
    bodies = [re.escape(phrase.removesuffix("*")).replace(r"\ ", r"[\s-]+") for phrase in phrases]
    ends = ["" if phrase.endswith("*") else r"(?![\w-])" for phrase in phrases]
    words = [rf"(?<![\w-]){body}{end}" for body, end in zip(bodies, ends, strict=True)]
    return re.compile("|".join([*words, *theme.patterns]) or r"(?!)")
