"""Evidence as a JSON file, for the command line and for benchmarks.

Belongs here: reading and judging whole files of sentences. Does not: any judgement of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from adtech_assets.narrative.evidence import Evidence
from adtech_assets.narrative.guardrail import check


def read_evidence(text: str) -> Evidence:
    """Evidence from JSON. `of` and `detail` may be objects there; ValueError if it is not evidence."""
    loaded = json.loads(text)
    if not isinstance(loaded, dict):
        raise ValueError("evidence is a JSON object with client, currency, locale, today and items")
    items = [
        {
            k: json.dumps(v) if k in {"of", "detail"} and v is not None and not isinstance(v, str) else v
            for k, v in item.items()
        }
        for item in loaded.get("items", [])
    ]
    return Evidence.model_validate({**loaded, "items": items})


def judge_lines(lines: Iterable[str], evidence: Evidence) -> Iterator[dict[str, Any]]:
    """One verdict {"id", "ok", "reason"} for each JSON line {"id", "text", "lang", "evidence_ids"}."""
    for line in lines:
        if line.strip():
            row = json.loads(line)
            verdict = check(row["text"], evidence, row.get("evidence_ids"), row.get("lang", "en"))
            yield {"id": row["id"], "ok": verdict.ok, "reason": verdict.reason}
