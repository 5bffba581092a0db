"""Whether one name is another with a slip of the pen: a letter dropped, replaced, doubled or swapped inside a word, a
separator lost or put in place of a letter. A word that says something else (a number, a country, a month, `men` and
`women`, `test` and `control`) is no slip, nor is a whole word more or less.

Belongs here: two names as text. Does not: what their rows say (`series`), which of many names are compared (`alike`).
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files

import yaml
from rapidfuzz.distance import OSA

from adtech_assets.metrics.naming.places import country_code
from adtech_assets.metrics.naming.spelling import digits, signs

MOST_EDITS = 2
"""More slips than this in one name are not looked for."""
_SHORT_WORD = 3
"""In words up to this length a replaced letter makes another word."""
_LONG_WORD = 8
"""Words from this length on may hold two slips."""
_DAMAGED = 0.5
"""A word of which less than this share of letters is left is another word."""
_FIRST_IDEOGRAPH = "\u2e80"
"""From here on a single character is a word or a syllable, not a letter."""


@cache
def word_classes() -> dict[str, frozenset[str]]:
    """Word -> the classes of `word_classes.yaml` it belongs to."""
    text = files(__package__).joinpath("word_classes.yaml").read_text("utf-8")
    parsed: dict[str, list[object]] = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506 - text only
    found: dict[str, set[str]] = {}
    for name, listed in parsed.items():
        for word in listed:
            found.setdefault(str(word).casefold(), set()).add(name)
    return {word: frozenset(names) for word, names in found.items()}


def similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """0 to 100: the share of the longer name that is not edited. Both as words of their normal forms."""
    a, b = " ".join(one), " ".join(other)
    return 100 * (1 - OSA.distance(a, b) / max(len(a), len(b)))


def coined(known: Sequence[str], rare: Sequence[str]) -> frozenset[str] | None:
    """The words that `rare` has by slips and the name `known` has not; None where no slips make one the other.

    Both as words of their normal forms. A coined word that other names use too is a word, and `rare` then no slip.
    """
    a, b = " ".join(known), " ".join(rare)
    if digits(a) != digits(b) or signs(a) != signs(b):
        return None
    edits, found = 0, set[str]()
    for what, i, j, k, m in SequenceMatcher(None, known, rare, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        if not _block_slips(known[i:j], rare[k:m]):
            return None
        edits += OSA.distance(" ".join(known[i:j]), " ".join(rare[k:m]))
        found |= {b for a, b in zip(known[i:j], rare[k:m], strict=True) if a != b} if j - i == m - k else set()
    return frozenset(found) if 0 < edits <= MOST_EDITS else None


def damaged(known: Sequence[str], rare: Sequence[str]) -> bool:
    """Whether one name may be the other with more damage than `coined` decides on: no word of its own, none more, none
    less. Both as words of their normal forms."""
    ours, theirs = [w for w in known if w not in rare], [w for w in rare if w not in known]
    if not ours or not theirs or any(_says_something_else(a, b) for a in ours for b in theirs):
        return False
    like = [[OSA.normalized_similarity(a, b) >= _DAMAGED for b in theirs] for a in ours]
    return all(map(any, like)) and all(map(any, zip(*like, strict=True)))


def _block_slips(known: Sequence[str], rare: Sequence[str]) -> bool:
    """Whether words that stand in the same place differ by slips only."""
    if not known or not rare:
        return False
    if "".join(known) == "".join(rare):
        return True
    if len(known) == len(rare):
        return all(a == b or _word_slips(a, b) for a, b in zip(known, rare, strict=True))
    # A separator came in or was lost as well: a short word that is damaged beside it could be any other.
    whole, parts = "".join(known), "".join(rare)
    return (
        abs(len(known) - len(rare)) == 1
        and min(map(len, known)) >= _SHORT_WORD
        and not any(map(str.isdigit, whole + parts))
        and _edits_fit(whole, " ".join(rare) if len(known) < len(rare) else parts)
    )


def _word_slips(known: str, rare: str) -> bool:
    """Whether one word is another with a slip, and not a word of its own."""
    if any(map(str.isdigit, known + rare)) or len(known) < _SHORT_WORD or len(rare) < _SHORT_WORD - 1:
        return False
    replaced = len(known) == len(rare) and sorted(known) != sorted(rare)
    if replaced and len(known) <= _SHORT_WORD:
        return False
    return _edits_fit(known, rare) and not _says_something_else(known, rare)


def _edits_fit(known: str, rare: str) -> bool:
    """Few enough edits for the word's length, all of letters, and not two in one prefix or ending (`re-`, `-ed`)."""
    if max(known + rare) >= _FIRST_IDEOGRAPH:
        return False
    edits = OSA.distance(known, rare)
    affix = known.startswith(rare) or known.endswith(rare) or rare.startswith(known) or rare.endswith(known)
    return edits <= (1 if len(known) < _LONG_WORD or affix else MOST_EDITS)


def _says_something_else(known: str, rare: str) -> bool:
    """Two words of one class, two countries, or a word of some length that has a meaning of its own."""
    classes = word_classes()
    ours, theirs = classes.get(known, frozenset()), classes.get(rare, frozenset())
    if ours & theirs or (theirs and len(rare) > _SHORT_WORD):
        return True
    one, other = country_code(known), country_code(rare)
    return other is not None and (one is not None or len(rare) > _SHORT_WORD)
