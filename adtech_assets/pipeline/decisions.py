"""What a person decided about a client's data, in files beside its exports: `aliases.yaml` (which names are one) and
`confirmed.yaml` (uploads of which what they miss is meant).

Belongs here: reading and writing these decisions. Does not: what follows from them (`metrics`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import yaml
from pydantic import RootModel

from adtech_assets.exports.refusal import not_valid
from adtech_assets.lake import write_atomic
from adtech_assets.metrics.cleaning import Decisions
from adtech_assets.metrics.naming.aliases import read_aliases
from adtech_assets.pipeline.workspace import Workspace

CONFIRMED_FILE = "confirmed.yaml"
_HEAD = "# Uploads of which what they no longer name is meant: paused, deleted, filtered on purpose.\n"


class Confirmed(RootModel[dict[str, str]]):
    """Upload id -> the file's name, for the reader of the file."""


def decisions_of(workspace: Workspace, client: str) -> Decisions:
    """The client's decisions. Refusal where a file of them is not valid: decisions are never silently left out."""
    folder = workspace.inbox / client
    return Decisions(
        aliases=read_aliases(folder),
        confirmed=frozenset(_confirmed(folder)),
        names=workspace.settings.names,
        restatement=workspace.settings.restatement,
        recovery=workspace.settings.recovery,
    )


def confirm(workspace: Workspace, history: Workspace, client: str, upload: str) -> str:
    """Note beside the client's exports that what an upload misses is meant; `upload` is an id or a file name. Returns
    the file's name. history: where the client's uploads are known.

    LookupError where there is no such upload; of several versions of a file the newest is meant.
    """
    known = history.uploads(client).filter((pl.col("upload_id") == upload) | (pl.col("file") == upload))
    if known.is_empty():
        raise LookupError(f"{client} has no upload {upload!r}")
    newest = known.sort("sequence").row(-1, named=True)
    folder = workspace.inbox / client
    noted = _confirmed(folder) | {newest["upload_id"]: newest["file"]}
    text = _HEAD + yaml.safe_dump(noted, allow_unicode=True, sort_keys=True)
    write_atomic(folder / CONFIRMED_FILE, text.encode())
    return str(newest["file"])


def _confirmed(folder: Path) -> dict[str, str]:
    path = folder / CONFIRMED_FILE
    if path.is_symlink() or not path.is_file():
        return {}
    try:
        return Confirmed.model_validate(yaml.safe_load(path.read_text("utf-8")) or {}).root
    except (yaml.YAMLError, ValueError, OSError, RecursionError) as error:
        raise not_valid(path, error) from None
