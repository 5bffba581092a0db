"""The command that writes the JSON Schemas of the files beside a report.

Belongs here: where they go. Does not: the shapes (`reporting.insight_files`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adtech_assets.commands.console import fail, out
from adtech_assets.reporting.insight_files import SCHEMAS, schema_text


def schemas(
    folder: Annotated[Path, typer.Option("--out", help="folder to write to", file_okay=False)] = Path("docs/schemas"),
) -> None:
    """Write the JSON Schemas of insights.json and recommendations.json."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in SCHEMAS:
            (folder / f"{name}.schema.json").write_text(schema_text(name), "utf-8")
    except OSError as error:
        raise fail(f"--out {folder}: {error.strerror}") from None
    out.print(f"wrote {len(SCHEMAS)} schemas to {folder}", markup=False)
