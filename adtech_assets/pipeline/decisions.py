"""What a person decided about a client's data, in files beside its exports: `aliases.yaml` (which names are one),
`confirmed.yaml` (uploads of which what they miss is meant) and `feedback.yaml` (findings that were real, or noise).

Belongs here: reading and writing these decisions. Does not: what follows from them (`metrics`).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, RootModel

from adtech_assets.exports.refusal import not_valid
from adtech_assets.insight.detection.calibration import REAL, Verdict, Word
from adtech_assets.lake import write_atomic
from adtech_assets.metrics.cleaning import Decisions
from adtech_assets.metrics.naming.aliases import read_aliases
from adtech_assets.pipeline.workspace import Workspace

CONFIRMED_FILE = "confirmed.yaml"
_HEAD = "# Uploads of which what they no longer name is meant: paused, deleted, filtered on purpose.\n"


FEEDBACK_FILE = "feedback.yaml"
_FEEDBACK_HEAD = (
    "# Findings that were real, or noise. They move this client's thresholds; noise is no longer reported.\n"
)


class Said(BaseModel):
    """What a person said of one finding, and which one it was."""

    model_config = ConfigDict(extra="forbid")
    verdict: Word
    kind: str
    campaign: str | None = None
    start: dt.date
    end: dt.date


class Feedback(RootModel[dict[str, Said]]):
    """Finding id -> what was said of it."""


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


def verdicts_of(folder: Path) -> tuple[Verdict, ...]:
    """What was said of a client's findings. Refusal where the file is not valid."""
    return tuple(
        Verdict(key, said.kind, said.campaign, said.start, said.end, said.verdict == REAL)
        for key, said in sorted(_feedback(folder).items())
    )


def note_verdict(folder: Path, finding: dict[str, Any], verdict: Word) -> None:
    """Note beside a client's exports what was said of a finding (a row of FINDINGS); the last word counts."""
    said = Said(verdict=verdict, **{name: finding[name] for name in ("kind", "campaign", "start", "end")})
    noted = {key: one.model_dump(mode="json") for key, one in _feedback(folder).items()}
    noted[finding["finding_id"]] = said.model_dump(mode="json")
    text = _FEEDBACK_HEAD + yaml.safe_dump(noted, allow_unicode=True, sort_keys=True)
    write_atomic(folder / FEEDBACK_FILE, text.encode())


def _feedback(folder: Path) -> dict[str, Said]:
    path = folder / FEEDBACK_FILE
    if path.is_symlink() or not path.is_file():
        return {}
    try:
        return Feedback.model_validate(yaml.safe_load(path.read_text("utf-8")) or {}).root
    except (yaml.YAMLError, ValueError, OSError, RecursionError) as error:
        raise not_valid(path, error) from None
