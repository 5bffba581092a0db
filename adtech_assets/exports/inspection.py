"""What `adtech inspect` says of a file: one line for people, one JSON object for programs.

Belongs here: telling how a file was read. Does not: reading it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from adtech_assets import batch
from adtech_assets.exports.mapping import read_mapping, read_mapping_file
from adtech_assets.exports.reader import Export, read_export, refuse_larger
from adtech_assets.exports.recognition import ADS_METRICS
from adtech_assets.exports.refusal import Refusal
from adtech_assets.exports.suggestion import suggest_mapping
from adtech_assets.exports.vocabulary import vocabularies
from adtech_assets.settings import Reader, Settings


class _Request(batch.Request):
    json_: bool = Field(True, alias="json")
    suggest: bool = False


_NO_REASON = "the file was not read"


def inspect_file(
    path: Path, settings: Reader, max_bytes: int, mapping_file: Path | None = None, home_currency: str | None = None
) -> Export:
    """Read one file as the inbox would: with the client's mapping beside it, or the one named."""
    try:
        own = read_mapping_file(mapping_file) if mapping_file else read_mapping(path.parent)
        refuse_larger(path.stat().st_size, max_bytes)
        data = path.read_bytes()
    except Refusal as refusal:
        return Export({"status": "refused", "reason": str(refusal)})
    except OSError as error:
        return Export({"status": "refused", "reason": f"{path.name} cannot be opened: {error.strerror}"})
    return read_export(data, settings, own.of(path.name), home_currency)


def as_json(export: Export, settings: Reader) -> dict[str, Any]:
    """The object that `adtech inspect --json` prints."""
    facts = export.facts
    refused = export.refused
    dimensions = facts.get("dimensions")
    return {
        "platform": facts.get("platform") or "unknown",
        "title": _title(facts, settings),
        "kind": facts.get("kind"),
        "status": facts["status"],
        "reason": facts.get("reason"),
        "encoding": facts.get("encoding"),
        "delimiter": facts.get("delimiter"),
        "header_row": facts.get("header_row"),
        "currency": facts.get("currency"),
        "period": None if refused else _period(facts),
        "date_grain": facts.get("grain") or "none",
        "level": facts.get("level"),
        "dimensions": dimensions.split(",") if dimensions else [],
        "rows": _rows(facts),
        "problem_rows": facts.get("rows_problem") or 0,
        "total_rows": facts.get("rows_total") or 0,
        "totals": {metric: _plain(export.totals.get(metric)) for metric in ADS_METRICS},
        "checksum": {
            row["metric"]: {"rows": _plain(row["rows_sum"]), "file_total": _plain(row["file_total"]), "ok": row["ok"]}
            for row in export.checksums.to_dicts()
        },
        "as_of": facts["as_of"].isoformat() if facts.get("as_of") else None,
        "notes": notes(export),
    }


def notes(export: Export) -> list[str]:
    """What a person should know about the reading."""
    text = export.facts.get("notes")
    return text.split("\n") if text else []


def answer_lines(lines: Sequence[str], settings: Settings) -> list[dict[str, Any]]:
    """One answer a request line: the inspection with the request's `id`, or `error` where it cannot be answered."""

    def answer(asked: _Request) -> dict[str, Any]:
        export = inspect_file(asked.file, settings.reader, settings.inbox.max_file_bytes, asked.mapping)
        said = as_json(export, settings.reader)
        return {**said, "suggestion": suggest_mapping(asked.file, settings)} if asked.suggest else said

    return batch.answer_lines(lines, _Request, answer)


def _rows(facts: Mapping[str, Any]) -> int:
    return int((facts.get("rows_read") or 0) - (facts.get("rows_total") or 0))


def _title(facts: Mapping[str, Any], settings: Reader) -> str | None:
    named = facts.get("platform")
    if named is None:
        return None
    return next((v.title for v in vocabularies(settings.vocabulary) if v.platform == named), None)


def _plain(value: float | None) -> float | int | None:
    """A whole number without its `.0`."""
    return int(value) if value is not None and float(value).is_integer() else value


def _period(facts: Mapping[str, Any]) -> dict[str, str] | None:
    first, last = facts.get("period_start"), facts.get("period_end")
    return {"start": first.isoformat(), "end": last.isoformat()} if first and last else None


def sentence(export: Export, settings: Reader) -> str:
    """One line: platform, level, currency, period, rows, and what became of the total row."""
    facts = export.facts
    if export.refused:
        return f"refused: {facts.get('reason') or _NO_REASON}"
    parts = [_title(facts, settings) or "unknown platform", f"{facts['level']} level"]
    parts += [facts["currency"]] if facts.get("currency") else ["currency not stated"]
    parts.append(_span(facts))
    rows = _rows(facts)
    parts.append("no rows" if facts["status"] == "empty" else f"{rows:,} row{'s' if rows != 1 else ''}")
    if facts.get("rows_problem"):
        parts.append(f"{facts['rows_problem']:,} of them with a cell that cannot be read")
    if facts.get("rows_total"):
        parts.append(_about_totals(export))
    return ", ".join(parts)


def _span(facts: Mapping[str, Any]) -> str:
    first, last = facts.get("period_start"), facts.get("period_end")
    if not first or not last:
        return "no dates"
    grain = {"day": "daily", "week": "weekly", "month": "monthly"}.get(facts.get("grain") or "")
    return _days(first, last) + (f" ({grain})" if grain else "")


def _days(first: dt.date, last: dt.date) -> str:
    if first == last:
        return f"{first:%-d %b %Y}"
    return f"{first:%-d %b %Y} - {last:%-d %b %Y}" if first.year != last.year else f"{first:%-d %b} - {last:%-d %b %Y}"


def _about_totals(export: Export) -> str:
    count = export.facts["rows_total"]
    begin = "total row ignored" if count == 1 else f"{count} total rows ignored"
    if export.checksums.is_empty():
        return begin
    wrong = export.checksums.filter(~export.checksums["ok"]).to_dicts()
    if not wrong:
        return f"{begin} and equal to the sum"

    def said(value: float) -> str:
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.2f}"

    differences = ", ".join(
        f"{r['metric']} {said(r['rows_sum'])} in the rows, {said(r['file_total'])} in the total" for r in wrong
    )
    return f"{begin}, but they differ: {differences}"
