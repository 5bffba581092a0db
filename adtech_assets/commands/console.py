"""Where commands print: results on stdout, everything else on stderr.

Belongs here: the two consoles, and how a command ends that cannot go on. Does not: commands.
"""

from __future__ import annotations

import typer
from rich.console import Console

out, err = Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)


def fail(message: str) -> typer.Exit:
    """Say what is wrong on stderr; the caller raises the result."""
    err.print(message, style="red", markup=False)
    return typer.Exit(1)
