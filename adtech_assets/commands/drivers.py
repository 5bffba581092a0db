"""`adtech drivers`: why a metric changed in a file.

Belongs here: options and printing. Does not: the answer (`pipeline/file_drivers.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from adtech_assets.batch import write_lines
from adtech_assets.commands.console import fail, out
from adtech_assets.commands.options import Batch, MappingFile
from adtech_assets.settings import load_settings


def drivers(
    file: Annotated[Path | None, typer.Argument(help="an export as the platform gave it")] = None,
    metric: Annotated[str | None, typer.Option(help="what changed: revenue, conversions, cvr, roas, ...")] = None,
    baseline: Annotated[str | None, typer.Option(help="period before, as 2026-03-02..2026-03-15")] = None,
    current: Annotated[str | None, typer.Option(help="period after, as 2026-03-16..2026-03-22")] = None,
    by: Annotated[
        str | None, typer.Option(help="up to three dimensions to split by together, as country,device")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
    mapping: MappingFile = None,
    batch: Batch = None,
    results: Annotated[Path | None, typer.Option("--out", help="of --batch: one result a line")] = None,
) -> None:
    """Why a metric changed between two periods: the segments to blame, and parts that add up."""
    from adtech_assets.pipeline import file_drivers

    settings = load_settings()
    if batch is not None:
        if results is None or file is not None:
            raise fail("--batch needs --out, and no FILE")
        write_lines(results, file_drivers.answer_lines(batch.read_text("utf-8").splitlines(), settings))
        return
    if file is None or metric is None or baseline is None or current is None:
        raise fail("name a FILE, --metric, --baseline and --current; or --batch and --out")
    if not file.is_file():
        raise fail(f"{file}: there is no such file")
    try:
        asked = file_drivers.checked_metric(metric)
        windows = file_drivers.window_of(baseline), file_drivers.window_of(current)
        answer = file_drivers.explain_file(file, asked, *windows, settings, mapping, by)
    except (file_drivers.Unexplainable, ValueError) as error:
        raise fail(str(error)) from None
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _show(answer)


def _show(answer: Mapping[str, Any]) -> None:
    before, now = answer["baseline_value"], answer["current_value"]
    if before is not None and now is not None:
        out.print(f"{answer['metric']}: {before:,.4g} -> {now:,.4g} ({now - before:+,.4g})", markup=False)
    out.print(answer["sentence"], markup=False, soft_wrap=True)
    for title, causes in (("", answer["causes"]), ("against it: ", answer["offsets"])):
        for cause in causes:
            where = cause["segment"]
            named = "the whole account" if where == "ALL" else ", ".join(f"{k} {v}" for k, v in where.items())
            out.print(
                f"  {title}{named}: {cause['contribution']:+,.4g} ({cause['effect']}, {cause['fault']}, "
                f"confidence {cause['confidence']:.2f})", markup=False, soft_wrap=True,
            )  # fmt: skip
    for part in (answer["decomposition"] or {}).get("chain", []):
        out.print(f"    {part['factor']:<6} {part['contribution']:+,.4g}", markup=False)
