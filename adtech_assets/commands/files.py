"""Commands about single files: write the demo's, report on one, say how one is read, check sentences.

Belongs here: what needs no store. Does not: what a client's stored history answers (`proof`).
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from adtech_assets.batch import write_lines
from adtech_assets.commands.console import err, fail, out
from adtech_assets.commands.options import Batch, MappingFile
from adtech_assets.demo import DEFAULT_SEED
from adtech_assets.settings import Paths, Settings, check_slug, load_settings


def demo_data(
    file: Annotated[Path, typer.Option("--out", help="CSV file to write")],
    seed: Annotated[int, typer.Option(help="the same seed writes the same file")] = DEFAULT_SEED,
) -> None:
    """Write the demo client's export: 90 days, eight campaigns, five planted anomalies."""
    from adtech_assets.demo import write_demo

    write_demo(file, seed)
    out.print(f"wrote {file}", markup=False)


def report(
    file: Annotated[Path, typer.Argument(help="an export as the platform gave it", exists=True, dir_okay=False)],
    client: Annotated[str, typer.Option(help="the client's key (settings are used if there are some) or name")],
    folder: Annotated[Path, typer.Option("--out", help="where to put the report")],
    week: Annotated[
        str | None, typer.Option(help="a day of the week, YYYY-MM-DD; default: the latest complete week")
    ] = None,
    checks: Annotated[bool, typer.Option(help="run the rulebook as well")] = True,
) -> None:
    """One file -> one report, in this process, beside the store: a quick look."""
    from adtech_assets.pipeline.quick_look import NotReported, quick_look

    settings = load_settings()
    key = client if client in settings.clients else _slug(client)
    try:
        day = dt.date.fromisoformat(week) if week else None
    except ValueError:
        raise fail(f"--week {week!r} is no date: write it as 2025-03-24") from None
    with tempfile.TemporaryDirectory(prefix="adtech-") as scratch:
        places = Paths(
            inbox=Path(scratch, "inbox"), lake=Path(scratch, "lake"), outbox=Path(scratch, "outbox"),
            reports=folder.resolve(), templates=settings.place(settings.paths.templates),
        )  # fmt: skip
        own = _named(settings, key, client).model_copy(update={"paths": places})
        try:
            made = quick_look(own, file, key, day, with_checks=checks)
        except NotReported as error:
            raise fail(str(error)) from None
    for line in made.failed_checks:
        err.print(line, style="yellow", markup=False)
    out.print(made.pdf, markup=False)


def _slug(name: str) -> str:
    """A client key from a name: "Acme Shop" -> acme-shop."""
    slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in name.lower()).split())
    try:
        return check_slug(slug)
    except ValueError:
        raise fail(f"--client {name!r}: give it a name with letters or digits") from None


def _named(settings: Settings, key: str, name: str) -> Settings:
    if key in settings.clients or key == name:
        return settings
    client = settings.client_defaults.model_copy(update={"name": name})
    return settings.model_copy(update={"clients": {**settings.clients, key: client}})


def guard(
    evidence: Annotated[
        Path, typer.Option(help="evidence as JSON: client, currency, locale, today, items", exists=True)
    ],
    batch: Annotated[Path, typer.Option(help="one sentence a line: id, text, lang, evidence_ids", exists=True)],
    verdicts: Annotated[Path, typer.Option("--out", help="one verdict a line: id, ok, reason")],
) -> None:
    """Check sentences against evidence, as every sentence of a report is checked before it is printed."""
    from adtech_assets.narrative.evidence_file import judge_lines, read_evidence

    try:
        facts = read_evidence(evidence.read_text("utf-8"))
    except ValueError as error:
        raise fail(f"{evidence}: this is no evidence file: {error}") from None
    judged = judge_lines(batch.read_text("utf-8").splitlines(), facts)
    write_lines(verdicts, judged)


def inspect(
    file: Annotated[Path | None, typer.Argument(help="an export as the platform gave it")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
    suggest: Annotated[
        bool, typer.Option(help="propose a mapping for headers nobody knows, beside the file, for you to confirm")
    ] = False,
    mapping: MappingFile = None,
    batch: Batch = None,
    results: Annotated[Path | None, typer.Option("--out", help="where the results of --batch go, one a line")] = None,
) -> None:
    """Say how a file is read: platform, level, currency, period, rows, totals. Exit 0 if it is, 2 if it is refused."""
    from adtech_assets.exports import inspection

    settings = load_settings()
    if batch is not None:
        if results is None or file is not None:
            raise fail("--batch needs --out, and no FILE")
        answers = inspection.answer_lines(batch.read_text("utf-8").splitlines(), settings)
        write_lines(results, answers)
        return
    if file is None:
        raise fail("name a FILE, or --batch and --out")
    export = inspection.inspect_file(file, settings.reader, settings.inbox.max_file_bytes, mapping)
    if as_json:
        print(json.dumps(inspection.as_json(export, settings.reader), ensure_ascii=False))  # noqa: T201
    else:
        (err if export.refused else out).print(inspection.sentence(export, settings.reader), markup=False)
        for note in inspection.notes(export):
            out.print(f"  note: {note}", markup=False)
    if suggest:
        from adtech_assets.exports.suggestion import suggest_mapping

        err.print(suggest_mapping(file, settings), markup=False)
    if export.refused:
        if as_json:
            err.print(str(export.facts["reason"]), markup=False)
        raise typer.Exit(2)
