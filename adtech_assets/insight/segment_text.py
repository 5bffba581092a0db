"""A segment as text, and back: "platform=meta_ads&device=mobile", "" for the whole account.

Belongs here: the two spellings, for machines and for people. Does not: which rows a segment selects.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from adtech_assets.metrics.model import DIMENSIONS, semantic_model

WHOLE = "the whole account"
SHOWN = 80
"""Characters of a name in a sentence."""


def segment_text(segment: Mapping[str, str]) -> str:
    """Attributes in the order of the semantic model. %, & and = within a name are percent-encoded."""
    return "&".join(f"{name}={_escaped(segment[name])}" for name in sorted(segment, key=_place))


def segment_of(text: str) -> dict[str, str]:
    """The segment that `segment_text` wrote."""
    pairs = (part.split("=", 1) for part in text.split("&") if part)
    return {name: unquote(value) for name, value in pairs}


def in_words(segment: Mapping[str, str]) -> str:
    """For sentences: 'campaign "Spring", device "mobile"'."""
    if not segment:
        return WHOLE
    return ", ".join(f"{_label(name)} “{_short(segment[name])}”" for name in sorted(segment, key=_place))


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1].rstrip()}…"


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("&", "%26").replace("=", "%3D")


def _place(name: str) -> tuple[int, str]:
    return (DIMENSIONS.index(name) if name in DIMENSIONS else len(DIMENSIONS)), name


def _label(name: str) -> str:
    known = semantic_model().dimensions.get(name)
    return known.label.lower() if known else name
