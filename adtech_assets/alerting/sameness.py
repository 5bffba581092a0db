"""What makes two failures the same problem: what fails, without the parts that differ from run to run.

Belongs here: the fingerprint. Does not: what is done with it (`ledger.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from adtech_assets.alerting.message import Failure

_DIGITS = 16
_PARTS = re.compile(r"[^a-z0-9]+")
# Columns that move with the clock or with the run, and say nothing about what fails.
_MOVING = {"now", "today", "ago", "checked", "run", "age", "late", "overdue", "elapsed", "seconds", "minutes", "hours"}
_MOVING_TEXT = (
    re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I),  # run ids
    re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?"),  # moments; days stay
    re.compile(r"\d+([.,]\d+)?\s*(ms|s|seconds?|minutes?|min|hours?|h|days?)\b", re.I),
    re.compile(r"0x[0-9a-f]+", re.I),
    re.compile(r"\b(pid|process|port|attempt|line)\s*[:#=]?\s*\d+", re.I),
    re.compile(r"/tmp/[\w./-]+"),  # noqa: S108 - recognised, not used
)


def fingerprint(failure: Failure) -> str:
    """16 hex digits: of `about` where it is given, else of severity and failing rows, else severity and description."""
    content: list[str]
    if failure.about is not None:
        content = [still(failure.about)]
    elif failure.rows:
        content = [
            failure.severity,
            *sorted(json.dumps(_still(row), sort_keys=True, default=str) for row in failure.rows),
        ]
    else:
        content = [failure.severity, still(failure.description)]
    return hashlib.sha256(json.dumps(content).encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def still(text: str) -> str:
    """A text without moments, durations, ids and other numbers of one run."""
    for pattern in _MOVING_TEXT:
        text = pattern.sub("#", text)
    return text


def _still(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: still(value) if isinstance(value, str) else value
        for key, value in row.items()
        if not _MOVING & set(_PARTS.split(key.lower()))
    }
