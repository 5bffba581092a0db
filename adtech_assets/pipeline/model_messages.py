"""Asking the model for new creative messages, once for the same question.

Belongs here: the key, the call and the cache. Does not: the question and what of the answer is believed
(`insight.creatives.model_request`), transport (`gemini.py`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from adtech_assets import gemini
from adtech_assets.insight.creatives.model_request import Ask, ModelDrafts
from adtech_assets.lake import write_atomic
from adtech_assets.settings import Settings


def asking(settings: Settings, cache: Path) -> Ask | None:
    """What asks the model; None without a key. Answers are kept in `cache` by model and question, so that a rerun costs
    nothing; failures are not."""
    key = settings.gemini_api_key.get_secret_value() if settings.gemini_api_key else ""
    if not key:
        return None

    def ask(request: str, system: str, form: type[ModelDrafts]) -> ModelDrafts:
        asked = "\x1f".join((settings.gemini.model, system, request))
        kept = cache / f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}.json"
        try:
            return form.model_validate_json(kept.read_bytes())
        except (OSError, ValidationError):
            answer = gemini.generate(request, system, form, settings.gemini, key).parsed
        write_atomic(kept, answer.model_dump_json(indent=1).encode())
        return answer

    return ask
