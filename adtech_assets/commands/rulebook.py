"""The command that shows the rulebook as a page or as data.

Belongs here: where it goes. Does not: its words (`quality.rendering`) or rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adtech_assets.commands.console import fail, out
from adtech_assets.quality.rendering import as_json, as_markdown
from adtech_assets.quality.rulebook import rulebook as read_rulebook


def rulebook(
    file: Annotated[Path | None, typer.Option("--out", help="file to write, else the terminal", dir_okay=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="as JSON, not as Markdown")] = False,
) -> None:
    """Every rule of data quality: what must hold, how grave it is, what to do."""
    book = read_rulebook()
    text = as_json(book) if json else as_markdown(book)
    if file is None:
        typer.echo(text, nl=json)
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    except OSError as error:
        raise fail(f"--out {file}: {error.strerror}") from None
    out.print(f"wrote {file}: {len(book.rules)} rules", markup=False)
