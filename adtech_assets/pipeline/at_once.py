"""A client's history for a question asked before anything of it was stored: read from the inbox there and then, in a
folder that goes away.

Belongs here: that. Does not: the steps (`client_steps`), or the questions (`proof`, `restatements`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adtech_assets import inbox
from adtech_assets.lake import Part
from adtech_assets.pipeline import client_steps
from adtech_assets.pipeline.workspace import Workspace
from adtech_assets.settings import CLIENT_SLUG
from adtech_assets.tables import UPLOADS


@contextmanager
def history_of(workspace: Workspace, client: str) -> Iterator[tuple[Workspace, bool]]:
    """The workspace that holds the client's history, and whether that is the stored one.

    Where nothing of the client is stored, the files of its inbox are read in the order of their times; nothing beside
    them is written. Where there are no files either, the workspace is given back as it is.
    """
    files = _unread_files(workspace, client)
    if not files:
        yield workspace, True
        return
    with tempfile.TemporaryDirectory(prefix="adtech-") as name:
        scratch = _beside(workspace, Path(name))
        folder = scratch.inbox / client
        folder.mkdir(parents=True)
        decisions = (path for path in (files[0].parent / d for d in inbox.DECISIONS) if path.is_file())
        for path in (*files, *decisions):
            shutil.copy2(path, folder / path.name)
        client_steps.ingest(scratch, client)
        client_steps.clean(scratch, client)
        yield scratch, False


def _unread_files(workspace: Workspace, client: str) -> list[Path]:
    """The files of a client of whom nothing is stored."""
    if not CLIENT_SLUG.fullmatch(client) or workspace.lake.exists(UPLOADS, Part(client)):
        return []
    return inbox.exports_of(workspace.inbox, client, workspace.settings.inbox)


def _beside(workspace: Workspace, folder: Path) -> Workspace:
    places = workspace.settings.paths.model_copy(update={"inbox": folder / "inbox", "lake": folder / "lake"})
    return Workspace.open(workspace.settings.model_copy(update={"paths": places}))
