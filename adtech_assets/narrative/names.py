"""The names evidence speaks of: how they are written in a sentence, and how they are found in one.

Belongs here: display forms, quoting, and unambiguous short forms. Does not: what is said about a name.
A name is data. One that reads like ordinary words or figures ("Spend", "50% off") is only a name inside “ ”.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from adtech_assets.narrative.evidence import Evidence
from adtech_assets.narrative.vocabulary import vocabulary

PLATFORM_LABELS = {
    "google_ads": "Google Ads", "meta_ads": "Meta", "tiktok_ads": "TikTok", "linkedin_ads": "LinkedIn",
    "microsoft_ads": "Microsoft Ads", "amazon_ads": "Amazon Ads", "pinterest_ads": "Pinterest", "snapchat_ads": "Snapchat",
    "x_ads": "X Ads", "reddit_ads": "Reddit", "google_analytics": "Google Analytics",
}  # fmt: skip
OPEN, CLOSE = "“", "”"
SHORTEST_PLAIN = 3
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

Role = Literal["segment", "context", "place", "client"]


@dataclass(frozen=True)
class Known:
    """A name of the evidence: what it names. `dimension` is None unless it names a segment."""

    role: Role
    dimension: str | None
    value: str


def clean_name(text: str) -> str:
    """A name fit for a sentence: white space collapsed, invisible and control characters gone."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def needs_quotes(name: str) -> bool:
    """Whether a name could be mistaken for words or figures of the sentence around it."""
    words = _WORD.findall(name)
    known = vocabulary("en")
    ordinary = known is not None and all(w.lower() in known.tags or w.lower() in ORDINARY for w in words)
    odd = any(c in name for c in '<>{}[]`"“”\n;:,.!?|') or name != name.strip()
    return len(name) < SHORTEST_PLAIN or not words or ordinary or odd or not name[0].isalnum() or not name[-1].isalnum()


ORDINARY = frozenset({"e", "i", "s", "t", "usd", "eur", "gbp"})


def written(name: str) -> str:
    """A name as it stands in a sentence of ours."""
    label = PLATFORM_LABELS.get(name, name)
    return f"{OPEN}{label}{CLOSE}" if needs_quotes(label) else label


@lru_cache(maxsize=64)
def known_names(evidence_names: tuple[tuple[str, Known], ...]) -> tuple[tuple[str, frozenset[Known]], ...]:
    """Every written form and what it may mean, longest first."""
    forms: dict[str, set[Known]] = {}
    for text, meaning in evidence_names:
        for form in _forms(text, meaning):
            forms.setdefault(form, set()).add(meaning)
    full = {text for text, _ in evidence_names}
    short: dict[str, set[Known]] = {}
    for text, meaning in evidence_names:
        for form in _short_forms(text):
            short.setdefault(form, set()).add(meaning)
    for form, meanings in short.items():
        if len(meanings) == 1 and form not in forms and form not in full:
            forms[form] = meanings
    ordered = sorted(forms.items(), key=lambda pair: (-len(pair[0]), pair[0]))
    return tuple((form, frozenset(meanings)) for form, meanings in ordered)


def names_of(evidence: Evidence) -> tuple[tuple[str, Known], ...]:
    """All names that occur in the evidence, in order of appearance."""
    return tuple(dict.fromkeys(_all_names(evidence)))


def _all_names(evidence: Evidence) -> Iterable[tuple[str, Known]]:
    if evidence.client:
        yield evidence.client, Known("client", None, evidence.client)
    for item in evidence.items:
        for dimension, value in item.segment.items():
            yield value, Known("segment", dimension, value)
        if item.ranking and item.dimension:
            for value, _ in item.ranking:
                yield value, Known("segment", item.dimension, value)
        if item.kind == "context":
            if item.name:
                yield item.name, Known("context", None, item.name)
            if item.place:
                yield item.place, Known("place", None, item.place)


def _forms(text: str, meaning: Known) -> Iterable[str]:
    label = PLATFORM_LABELS.get(text, text)
    for form in {text, label}:
        yield f"{OPEN}{form}{CLOSE}"
        if not any(sign.isalpha() for sign in form):
            # A client called "24" must not hide a figure.
            continue
        if meaning.role == "context" and form[:1].islower():
            yield form[0].upper() + form[1:]
        if meaning.role in {"context", "place", "client"} or not needs_quotes(form) or _is_proper(form):
            yield form
            if "_" in form and form.replace("_", " ").strip() and not needs_quotes(form.replace("_", " ").strip()):
                yield form.replace("_", " ").strip()


def _is_proper(name: str) -> bool:
    """Several words, each with a capital: safe enough to be met without quotes, in exactly this spelling."""
    words = name.split()
    return len(words) > 1 and all(w[0].isupper() for w in words) and name.replace(" ", "").replace("&", "").isalnum()


def _short_forms(text: str) -> Iterable[str]:
    """Leading words of a name of several words, where they cannot be mistaken for ordinary ones."""
    words = text.replace("_", " ").split()
    for length in range(len(words) - 1, 0, -1):
        form = " ".join(words[:length])
        if form[0].isupper() and not needs_quotes(form):
            yield form
