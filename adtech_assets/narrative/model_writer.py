"""The report's text by the model where a key is set, every sentence checked; the built-in text wherever that fails.

Belongs here: asking, checking, one rewrite, replacing, caching. Does not: what is true (`guardrail.py`), the prompt
(`prompt.py`), transport (`gemini.py`). A report never fails because of a model.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from adtech_assets import gemini
from adtech_assets.lake import write_atomic
from adtech_assets.narrative import prompt
from adtech_assets.narrative.evidence import SECTIONS, Evidence, Narrative, Section, Sentence
from adtech_assets.narrative.formats import Formats
from adtech_assets.narrative.guardrail import check
from adtech_assets.narrative.prompt import ModelNarrative, ModelSentence
from adtech_assets.narrative.writer import write
from adtech_assets.settings import Gemini, Settings

MOST_SENTENCES = 60  # of an answer; what comes after is not read


def narrate(evidence: Evidence, week: dt.date, settings: Settings, cache_dir: Path | None = None) -> Narrative:
    """The text of one week's report.

    Without a key the built-in writer's. With one the model's, each sentence checked; a refused one is rewritten once, then
    replaced by a built-in sentence of its section, which carries the reason as `refusal`. If the model cannot be used at all:
    the built-in text, with `fallback`. `cache_dir`: answers are kept there by evidence, model and prompt; failures are not.
    """
    if settings.gemini_api_key is None or not settings.gemini_api_key.get_secret_value():
        return write(evidence, week)
    asked = prompt.task(evidence, week, _sample(evidence))
    cached = cache_dir / f"{_digest(evidence, settings.gemini, asked)}.json" if cache_dir else None
    if cached is not None and (kept := _read(cached)) is not None and _still_true(kept, evidence):
        return kept
    builtin = write(evidence, week)
    try:
        narrative = _by_model(evidence, asked, builtin, settings.gemini, settings.gemini_api_key.get_secret_value())
    except gemini.GeminiError as failure:
        return builtin.model_copy(update={"fallback": str(failure)})
    if cached is not None:
        write_atomic(cached, narrative.model_dump_json(indent=1).encode())
    return narrative


def _by_model(evidence: Evidence, asked: str, builtin: Narrative, settings: Gemini, key: str) -> Narrative:
    """Ask, check, have the refused rewritten once, and fill what is left with built-in sentences."""
    answer = gemini.generate(asked, prompt.SYSTEM, ModelNarrative, settings, key)
    drafts = answer.parsed.sentences[:MOST_SENTENCES]
    reasons = [_reason(s, evidence) for s in drafts]
    refused = [(s, r) for s, r in zip(drafts, reasons, strict=True) if r is not None]
    tokens_in, tokens_out = answer.input_tokens, answer.output_tokens
    if refused:
        try:
            second = gemini.generate(prompt.rewrite(refused, asked), prompt.SYSTEM, ModelNarrative, settings, key)
        except gemini.GeminiError:
            second = None
        if second is not None:
            tokens_in, tokens_out = tokens_in + second.input_tokens, tokens_out + second.output_tokens
            drafts, reasons = _with_rewrites(drafts, reasons, second.parsed.sentences, evidence)
    sentences = _assemble(drafts, reasons, builtin)
    if not any(s.writer == "gemini" for s in sentences):
        raise gemini.BadAnswer(f"No sentence of {answer.model} passed the fact check.")
    return Narrative(sentences=tuple(sentences), model=answer.model, input_tokens=tokens_in, output_tokens=tokens_out)


def _reason(sentence: ModelSentence, evidence: Evidence) -> str | None:
    """Why a sentence must not be printed, or None. A sentence with a claim must name its evidence."""
    known = {item.id for item in evidence.items}
    if any(i not in known for i in sentence.evidence_ids):
        return "it names evidence that does not exist"
    verdict = check(sentence.text, evidence, sentence.evidence_ids, numbers=evidence.locale)
    return None if verdict.ok else verdict.reason


def _still_true(kept: Narrative, evidence: Evidence) -> bool:
    """A kept answer is judged again: the guardrail may have become stricter since."""
    return all(check(s.text, evidence, s.evidence_ids, numbers=evidence.locale).ok for s in kept.sentences)


def _with_rewrites(
    drafts: Sequence[ModelSentence],
    reasons: Sequence[str | None],
    rewrites: Sequence[ModelSentence],
    evidence: Evidence,
) -> tuple[list[ModelSentence], list[str | None]]:
    """The drafts with their rewrites where these pass. A rewrite of another section answers nothing."""
    queue = list(rewrites)
    new_drafts, new_reasons = list(drafts), list(reasons)
    for index, reason in enumerate(reasons):
        if reason is None or not queue:
            continue
        candidate = queue.pop(0)
        if candidate.section == drafts[index].section and _reason(candidate, evidence) is None:
            new_drafts[index], new_reasons[index] = candidate, None
    return new_drafts, new_reasons


def _assemble(drafts: Sequence[ModelSentence], reasons: Sequence[str | None], builtin: Narrative) -> list[Sentence]:
    """The sentences section by section; a refused one gives way to the next built-in one that is not yet printed."""
    printed: list[Sentence] = []
    for section in SECTIONS:
        own = [(d, r) for d, r in zip(drafts, reasons, strict=True) if d.section == section]
        if section == "headline":
            own = own[:1]
        printed += _section(section, own, builtin.of(section))
    return printed


def _section(
    section: Section, own: Sequence[tuple[ModelSentence, str | None]], builtin: Sequence[Sentence]
) -> list[Sentence]:
    if not own:
        return list(builtin)
    said = {d.text.strip() for d, r in own if r is None}
    covered = {frozenset(d.evidence_ids) for d, r in own if r is None}
    spare = [b for b in builtin if b.text not in said and frozenset(b.evidence_ids) not in covered]
    printed = []
    for draft, reason in own:
        if reason is None:
            printed.append(
                Sentence(
                    section=section,
                    text=draft.text.strip(),
                    evidence_ids=tuple(dict.fromkeys(draft.evidence_ids)),
                    writer="gemini",
                )
            )
        elif spare:
            same = next((b for b in spare if set(b.evidence_ids) & set(draft.evidence_ids)), spare[0])
            spare.remove(same)
            printed.append(same.model_copy(update={"refusal": _without_quote(reason)}))
    return printed


def _without_quote(reason: str) -> str:
    """The reason without the words it quotes: a refused text is kept nowhere."""
    parts = reason.split("'")
    return reason if len(parts) < 3 else f"{parts[0]}…{parts[-1]}".strip()


def _sample(evidence: Evidence) -> str:
    """Examples of the client's formats for the model to follow."""
    formats = Formats(evidence.locale, evidence.currency)
    return f"{formats.money(1234.5)}, {formats.money(12.5)}, {formats.percent(0.061)}, {formats.count(4321)}"


def _digest(evidence: Evidence, settings: Gemini, asked: str) -> str:
    """Names one request: same evidence, model, settings and prompt, same answer file."""
    parts = (
        evidence.model_dump_json(),
        settings.model,
        str(settings.temperature),
        prompt.SYSTEM,
        prompt.REWRITE,
        asked,
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _read(path: Path) -> Narrative | None:
    """A kept answer; None if there is none or it cannot be read (it is then asked for again)."""
    try:
        return Narrative.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
