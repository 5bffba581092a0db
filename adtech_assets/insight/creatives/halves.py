"""Where a message breaks: its clauses, and its two halves.

Belongs here: cutting texts at their punctuation. Does not: what the parts mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BREAK = re.compile(r"\s+[—–|•·‒-]\s+|\s*[—|•]\s*|(?<!\d)[:;]\s+|(?<=[.!?…])\s+(?=\S)")


@dataclass(frozen=True)
class Halves:
    """A message cut at its first break: opener + joint + closer is the message."""

    opener: str
    joint: str
    closer: str


def halves(text: str) -> Halves | None:
    """The halves of a text; None where it has no break inside."""
    for found in _BREAK.finditer(text):
        opener, closer = text[: found.start()], text[found.end() :]
        if opener.strip() and closer.strip():
            return Halves(opener, found.group(), closer)
    return None


def clauses(text: str) -> list[str]:
    """The parts of a text between all its breaks."""
    return [part for part in _BREAK.split(text) if part.strip()]
