"""Options that several commands share.

Belongs here: their types and help. Does not: options of one command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MappingFile = Annotated[
    Path | None, typer.Option(help="mapping to use; default: mapping.yaml beside the file", dir_okay=False)
]
Batch = Annotated[
    Path | None, typer.Option(help="many at once: one request a line with `id`, `file` and options", exists=True)
]
