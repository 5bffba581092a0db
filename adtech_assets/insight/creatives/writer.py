"""The built-in writer: new messages from the halves of an account's best ones.

Belongs here: which halves fit together, templates of themes that work, choosing among candidates. Does not: what a text
may say (`claims`), statistics. Nothing here is random, and nothing is said that no source says.

Half of one message beside half of another says something new unless both are about the same thing. So the halves that
are exchanged must name the same subjects, where a subject is a word that stands beside many different other halves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import polars as pl

from adtech_assets.insight.creatives.claims import refusal, same_words
from adtech_assets.insight.creatives.drafts import Drafts, draft, held_themes, nothing_better, sureness, themes_in
from adtech_assets.insight.creatives.halves import Halves, halves
from adtech_assets.insight.creatives.performance import best_of, goal_of
from adtech_assets.insight.creatives.rules import RULES, CreativeRules
from adtech_assets.insight.creatives.vocabulary import (
    Language,
    content_words,
    language_of,
    main_language,
    tokens,
    vocabulary,
)

Row = dict[str, Any]


@dataclass(frozen=True)
class _Candidate:
    text: str
    sources: tuple[Row, ...]
    how: str
    parts: tuple[str, ...]
    """What it uses, so that two drafts do not say the same."""


def draft_messages(
    performance: pl.DataFrame, themes: pl.DataFrame, limit: int = 3, rules: CreativeRules = RULES
) -> Drafts:
    """Up to `limit` new messages from those of `performance_of` that are better than the rest, best first.

    Each joins the opening of one with the close of another, or puts a part of one into the template of a theme that works
    and states nothing. No draft has a theme that is proven to do harm. Without a message to draw on, or halves that fit:
    none, and the reason.
    """
    goal, best = goal_of(performance), best_of(performance, rules)
    if goal is None or best.is_empty():
        return Drafts((), nothing_better(performance, goal, rules))
    held = held_themes(themes, goal)
    existing = performance["message"].to_list()
    language = main_language(existing)
    rows = best.head(rules.request_messages).to_dicts()
    candidates = [*_recombined(rows, performance, rules), *_templates(rows, held, language)]
    scored = sorted(
        ((_score(c, held, goal), c) for c in candidates), key=lambda pair: (-pair[0][1], pair[1].text, pair[1].how)
    )
    fit = [candidate for (harms, _), candidate in scored if not harms and not _refused(candidate, existing, rules)]
    chosen = _chosen(fit, limit)
    if chosen:
        return Drafts(tuple(draft(c.text, c.sources, c.how, goal, held, rules) for c in chosen))
    number = "one message is" if best.height == 1 else f"{best.height} messages are"
    surest = f"{rows[0]['message_id']}, {sureness(rows[0][f'{goal}_better'])} sure"
    why = f"{number} better than the rest (surest: {surest}), but no parts of the best make a new message"
    return Drafts((), f"{why} about the same thing")


def _refused(candidate: _Candidate, existing: list[str], rules: CreativeRules) -> bool:
    texts = [row["message"] for row in candidate.sources]
    return refusal(candidate.text, texts, existing, rules) is not None


def _chosen(fit: list[_Candidate], limit: int) -> list[_Candidate]:
    """The first ones that share no part; if these are too few, also ones that differ in their last part."""
    chosen: list[_Candidate] = []
    used: set[str] = set()
    for strict in (True, False):
        for candidate in fit:
            parts = candidate.parts if strict else candidate.parts[-1:]
            if len(chosen) < limit and not used.intersection(parts):
                used.update(candidate.parts)
                chosen.append(candidate)
    return chosen


def _score(candidate: _Candidate, held: pl.DataFrame, goal: str) -> tuple[bool, float]:
    """Whether a theme that does harm is in it, and the mean lift of its sources with that of its themes."""
    lifts = dict(held.select("theme", "lift").iter_rows())
    found = [lifts[key] for key in themes_in(candidate.text, held)]
    own = sum(row[f"{goal}_lift"] for row in candidate.sources) / len(candidate.sources)
    return any(lift < 0 for lift in found), round(own + sum(found), 9)


def _recombined(rows: list[Row], performance: pl.DataFrame, rules: CreativeRules) -> Iterator[_Candidate]:
    contexts = _contexts(performance["message"].to_list())
    cut = [(row, halves(row["message"])) for row in rows]
    for (a, opening), (b, close) in permutations([(row, parts) for row, parts in cut if parts], 2):
        if opening is None or close is None or _differ(a["message"], b["message"]):
            continue
        if _same_subject(opening, close, contexts, rules) and not _echoes(opening.opener, close.closer):
            text = f"{opening.opener}{close.joint}{close.closer}"
            how = "Joins the opening of the first with the close of the second"
            yield _Candidate(text, (a, b), how, (same_words(opening.opener), same_words(close.closer)))


def _differ(a: str, b: str) -> bool:
    """Whether two texts show themselves to be in different languages."""
    languages = {language_of(a), language_of(b)} - {None}
    return len(languages) > 1


def _same_subject(a: Halves, b: Halves, contexts: Mapping[str, int], rules: CreativeRules) -> bool:
    """Whether a's and b's closer, or their opener, name the same subjects, so that either may replace the other."""
    for mine, other in ((a.closer, b.closer), (a.opener, b.opener)):
        words, others = content_words(mine), content_words(other)
        subjects, theirs = (
            {w for w in each if contexts.get(w, 0) >= rules.subject_contexts} for each in (words, others)
        )
        if words and subjects == theirs and (words == others or len(words & others) >= rules.shared_words):
            return True
    return False


def _echoes(opener: str, closer: str) -> bool:
    """Whether the second half says a word of the first again, joined or apart ("every day", "everyday")."""
    first, second = ("".join(tokens(text)).replace("-", "") for text in (opener, closer))
    words = [(w.replace("-", ""), second) for w in content_words(opener)] + [
        (w.replace("-", ""), first) for w in content_words(closer)
    ]
    return any(len(word) >= _ECHO and word in other for word, other in words)


_ECHO = 4  # letters of a word that is heard again


def _contexts(texts: list[str]) -> dict[str, int]:
    """Of each word: beside how many different other halves it stands in the account's messages."""
    beside: dict[str, set[str]] = {}
    for parts in map(halves, texts):
        if parts:
            for own, other in ((parts.opener, parts.closer), (parts.closer, parts.opener)):
                for word in content_words(own):
                    beside.setdefault(word, set()).add(same_words(other))
    return {word: len(others) for word, others in beside.items()}


def _templates(rows: list[Row], held: pl.DataFrame, main: Language | None) -> Iterator[_Candidate]:
    """Parts of the best messages in the templates of themes that work, in the message's own language."""
    works = [key for key in held.filter(pl.col("lift") > 0)["theme"].to_list() if key in vocabulary().themes]
    for key in works:
        theme = vocabulary().themes[key]
        for row in rows:
            language = language_of(row["message"]) or main
            if language is None or language not in theme.templates or themes_in(row["message"], held.filter(theme=key)):
                continue
            parts = halves(row["message"])
            phrase = (parts.opener if parts else row["message"]).rstrip(" .,;:!?…")
            text = theme.templates[language].format(phrase=phrase)
            how = f"Puts a part of a good message into the form “{theme.label.lower()}”"
            yield _Candidate(text, (row,), how, (same_words(phrase), key))
