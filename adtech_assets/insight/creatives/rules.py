"""Thresholds of everything said about messages.

Belongs here: numbers a user may want to change, each with its meaning. Does not: logic.
"""

from __future__ import annotations

from pydantic import Field

from adtech_assets.settings import Group


class CreativeRules(Group):
    """From how much data on a message or theme is judged, and what drafts may look like."""

    cells: tuple[str, ...] = Field(
        ("platform", "channel", "campaign"), description="dimensions within which messages are compared"
    )
    min_events: float = Field(
        10, gt=0, description="clicks (of a CTR) or conversions the other messages' rates lead to expect, to judge one"
    )
    min_days: int = Field(3, ge=1, description="days with figures a message needs to be judged")
    assumed_spread: float = Field(
        1.0, gt=0, description="day-to-day spread, as a share, where no message ran twice in a cell"
    )
    least_spread: float = Field(
        1e-3, gt=0, lt=1, description="spread between messages below which they count as equal, as a share"
    )
    interval: float = Field(0.9, gt=0.5, lt=1, description="level of the intervals of rates and lifts")
    best_from: float = Field(
        0.8, gt=0.5, lt=1, description="probability of being better than the rest from which a message is drafted from"
    )
    theme_messages: int = Field(3, ge=2, description="messages with and without a theme that a test needs")
    longest_phrase: int = Field(3, ge=1, le=5, description="words of the longest recurring phrase looked for")
    most_phrases: int = Field(150, ge=0, description="recurring phrases that are tested, those of most messages first")
    theme_q: float = Field(0.1, gt=0, lt=1, description="false-discovery rate up to which a theme counts")
    least_lift: float = Field(0.05, ge=0, description="lift, as a share, below which a theme is not worth saying")
    headline: int = Field(40, ge=10, description="characters of a headline")
    primary_text: int = Field(125, ge=20, description="characters of an ad's text; a longer draft is dropped")
    shared_words: int = Field(
        2, ge=1, description="words two messages must share in the half that is exchanged, to speak of the same thing"
    )
    subject_contexts: int = Field(
        3, ge=2, description="different other halves beside which a word stands for a subject, not for a wording"
    )
    request_messages: int = Field(15, ge=2, description="best messages shown to a model")
    request_themes: int = Field(8, ge=0, description="themes shown to a model")
    longest_text: int = Field(1000, ge=100, description="characters of a text that are read")
    name_words: int = Field(4, ge=2, description="words from which an ad's name may be its text")


RULES = CreativeRules()
