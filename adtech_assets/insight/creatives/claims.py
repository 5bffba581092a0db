"""What a new message may say: only what the messages it rests on say.

Belongs here: refusing a text with figures, claims or words of no source, or with a form no ad may have. Does not:
writing texts (`writer`, `model_request`). When in doubt it refuses: an unknown word is doubt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import pairwise

from adtech_assets.insight.creatives.messages import plain_text
from adtech_assets.insight.creatives.rules import RULES, CreativeRules
from adtech_assets.insight.creatives.vocabulary import (
    claims,
    folded,
    selling_points,
    stop_words,
    template_words,
    tokens,
    vocabulary,
)

_FORBIDDEN = (
    "<",
    ">",
    "](",
    "```",
    "{",
    "}",
    "://",
    "http:",
    "https:",
    "javascript:",
    "data:",
    "www.",
    "\\",
    "**",
    "__",
)
_FORMULA = ("=", "+", "-", "−", "@", "'", "\t")
_FIGURE = re.compile(r"[€$£¥]?\s?\d+(?:[.,:/]\d+)*(?:\s?[%‰€$£¥°]|[\s-]?[^\W\d_]+)?")
_LINK = re.compile(r"\w\.\w|@\w|#\w")
_PUNCTUATION = frozenset(" .,;:!?…—–-‐‑’'\"“”„«»()&/|·•¡¿+\u00a0\u202f")
_ENDINGS = ("s", "es", "e", "n", "en")
_LEAST_STEM = 4
_REMEMBERED = 20_000


def refusal(
    text: str, sources: Sequence[str], existing: Collection[str] = (), rules: CreativeRules = RULES
) -> str | None:
    """Why a text must not be offered as a new message that rests on `sources`; None if it may.

    existing: all messages of the account; none is repeated, whatever its punctuation. Figures (with their unit), negated
    words and claims must each stand in one source; every other word in some source, unless it states nothing.
    """
    if not sources:
        return "it names no message it rests on"
    return _form(text, rules) or _repeats(text, existing) or _unsupported(text, sources)


@lru_cache(maxsize=_REMEMBERED)
def same_words(text: str) -> str:
    """What two texts share if they differ in punctuation and letter case only."""
    return " ".join(re.findall(r"\w+", folded(text)))


def _form(text: str, rules: CreativeRules) -> str | None:
    if not text.strip() or not tokens(text):
        return "it has no words"
    if text != plain_text(text, len(text)):
        return "it holds invisible characters, line breaks or needless spaces"
    if len(text) > rules.primary_text:
        return f"it has {len(text)} characters, {rules.primary_text} are allowed"
    if text.startswith(_FORMULA):
        return "it begins like a formula"
    flat = folded(text)
    if any(mark in flat for mark in _FORBIDDEN) or _LINK.search(flat):
        return "it looks like markup, a link or an address"
    return None


def _repeats(text: str, existing: Collection[str]) -> str | None:
    return "it repeats an existing message" if same_words(text) in {same_words(old) for old in existing} else None


def _unsupported(text: str, sources: Sequence[str]) -> str | None:
    known = [folded(source) for source in sources]
    if strange := [
        c for c in folded(text) if not (c.isalnum() or c in _PUNCTUATION) and not any(c in k for k in known)
    ]:
        return f"no source has the sign {strange[0]!r}"
    if figures := _figures(text) - frozenset().union(*map(_figures, sources)):
        return f"no source states {min(figures)!r}"
    if negated := _negated(text) - frozenset().union(*map(_negated, sources)):
        return f"no source says {min(negated)!r}"
    made = selling_points(text) & claims()
    if unfounded := made - frozenset().union(*map(selling_points, sources)):
        return f"no source makes the claim {vocabulary().themes[min(unfounded)].label!r}"
    said = {word for source in sources for word in tokens(source)}
    unknown = [word for word in tokens(text) if not _known(word, said)]
    return f"no source has the word {unknown[0]!r}" if unknown else None


def _known(word: str, said: Collection[str]) -> bool:
    """In a source, but for an ending; a stop word; or a word that states nothing."""
    if word in said or word in stop_words() or word in vocabulary().plain or word in template_words():
        return True
    stems = {word.removesuffix(ending) for ending in _ENDINGS} | {word + ending for ending in _ENDINGS}
    return any(stem in said for stem in stems if len(stem) >= _LEAST_STEM)


def _figures(text: str) -> frozenset[str]:
    """Figures with what they count: 20%, 3pack, €49.90; and signs that are numbers."""
    flat = folded(text)
    found = {re.sub(r"[\s-]", "", figure) for figure in _FIGURE.findall(flat)}
    return frozenset(found | {c for c in text if unicodedata.category(c) in ("No", "Nl")})


def _negated(text: str) -> frozenset[str]:
    """A negation with the first word after it that is no stop word."""
    words = [word for word in tokens(text) if word in vocabulary().negations or word not in stop_words()]
    pairs = pairwise(words)
    return frozenset(f"{first} {second}" for first, second in pairs if first in vocabulary().negations)
