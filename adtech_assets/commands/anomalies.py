"""`adtech anomalies` and `adtech feedback`: what is abnormal in a file, and what a person says of a finding.

Belongs here: options and printing. Does not: the answers (`pipeline/file_anomalies.py`, `pipeline/decisions.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from adtech_assets.batch import write_lines
from adtech_assets.commands.console import err, fail, out
from adtech_assets.commands.options import Batch, MappingFile
from adtech_assets.insight.detection.calibration import Word
from adtech_assets.settings import load_settings


def anomalies(
    file: Annotated[Path | None, typer.Argument(help="an export as the platform gave it")] = None,
    table: Annotated[Path | None, typer.Option("--out", help="CSV to write; of --batch: one result a line")] = None,
    client: Annotated[str | None, typer.Option(help="whose settings count: budget of false alarms, country")] = None,
    weeks: Annotated[
        float | None, typer.Option(min=5, help="campaign-weeks in which one false alarm is accepted; default 150")
    ] = None,
    mapping: MappingFile = None,
    batch: Batch = None,
) -> None:
    """What is abnormal in a file: every finding with its kind, days, figures and severity."""
    from adtech_assets.pipeline import file_anomalies

    settings = load_settings()
    if batch is not None:
        if table is None or file is not None:
            raise fail("--batch needs --out, and no FILE")
        answers = file_anomalies.answer_lines(batch.read_text("utf-8").splitlines(), settings)
        write_lines(table, answers)
        return
    if file is None:
        raise fail("name a FILE, or --batch and --out")
    if not file.is_file():
        raise fail(f"{file}: there is no such file")
    try:
        found = file_anomalies.findings_of(file, settings, client, weeks, mapping)
    except file_anomalies.Unscorable as error:
        raise fail(str(error)) from None
    if table is None:
        _show(found)
    else:
        table.write_bytes(file_anomalies.as_rows(found).write_csv(float_precision=4).encode())
        err.print(f"{found.height} findings in {table}", markup=False)


def _show(found: pl.DataFrame) -> None:
    if found.is_empty():
        out.print("nothing abnormal")
        return
    for row in found.to_dicts():
        out.print(f"{row['severity']:<8} {row['kind']:<18} {row['sentence']}", markup=False, soft_wrap=True)


def feedback(
    finding: Annotated[str, typer.Argument(help="the finding's id, or its first characters")],
    verdict: Annotated[Word, typer.Argument(help="real, or noise")],
    client: Annotated[
        str | None, typer.Option(help="the client's key; default: the one who has such a finding")
    ] = None,
) -> None:
    """Say whether a finding was real: it moves the client's thresholds, and noise is no longer reported."""
    from adtech_assets.exports.refusal import Refusal
    from adtech_assets.pipeline.decisions import note_verdict
    from adtech_assets.pipeline.findings import find_one
    from adtech_assets.pipeline.workspace import Workspace

    workspace = Workspace.open()
    try:
        owner, row = find_one(workspace, finding, client)
        note_verdict(workspace.inbox / owner, row, verdict)
    except (LookupError, Refusal) as error:
        raise fail(str(error.args[0] if isinstance(error, LookupError) else error)) from None
    out.print(f"noted for {owner}: {row['sentence']} -> {verdict}; the client's next run knows it", markup=False)
