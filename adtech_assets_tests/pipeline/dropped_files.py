"""A file dropped into the inbox of the client `acme`, and the four steps over its history."""

import datetime as dt
from pathlib import Path

from adtech_assets.pipeline import client_steps
from adtech_assets.pipeline.workspace import Workspace


def drop(workspace: Workspace, name: str, data: bytes) -> Path:
    path = workspace.inbox / "acme" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def run_metrics(workspace: Workspace, now: dt.datetime) -> None:
    client_steps.ingest(workspace, "acme", now)
    client_steps.clean(workspace, "acme")
    client_steps.aggregate(workspace, "acme")
    client_steps.score(workspace, "acme")
