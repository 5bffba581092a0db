"""The folder that files are dropped into: what lies there, whether it is complete, and what to tell its owner.

Belongs here: looking at `inbox/<client>/` and the `.rejected.txt` beside a refused file. Does not: reading exports.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from adtech_assets.lake import write_atomic
from adtech_assets.settings import CLIENT_SLUG, Inbox

REJECTED = ".rejected.txt"
DECISIONS = ("mapping.yaml", "aliases.yaml", "confirmed.yaml", "feedback.yaml")
"""Files in which a person decides about the exports beside them: a change of one is news, too."""

FileState = tuple[int, int]
"""mtime in nanoseconds and size in bytes."""

ClientState = dict[str, FileState]
"""File name -> state, of exports and decisions."""


def is_export(path: Path, settings: Inbox) -> bool:
    """Whether a path is a dropped export: not hidden, not half-downloaded, not a link that may lead elsewhere."""
    name = path.name.lower()
    return (
        not name.startswith((".", "~$"))
        and not name.endswith((*settings.partial_suffixes, REJECTED))
        and path.suffix.lower() in settings.suffixes
        and not path.is_symlink()
        and path.is_file()
    )


def exports_of(inbox: Path, client: str, settings: Inbox) -> list[Path]:
    """A client's exports, in the order in which they arrived (time of last change, then name)."""
    folder = inbox / client
    if folder.is_symlink() or not folder.is_dir():
        return []
    states = {name: state for name, state in _states(folder, settings).items() if name not in DECISIONS}
    return [folder / name for name in sorted(states, key=lambda name: (states[name][0], name))]


def _states(folder: Path, settings: Inbox) -> ClientState:
    """The exports and decisions of one folder. A file that is taken away while we look is not there."""
    found: ClientState = {}
    for path in folder.iterdir():
        try:
            if is_export(path, settings) or (path.name in DECISIONS and not path.is_symlink()):
                stat = path.stat()
                found[path.name] = (stat.st_mtime_ns, stat.st_size)
        except FileNotFoundError:
            continue
    return found


def look(inbox: Path, settings: Inbox) -> dict[str, ClientState]:
    """The state of every client's folder. Folders whose name is no client key are left out (see `misnamed`)."""
    if not inbox.is_dir():
        return {}
    found: dict[str, ClientState] = {}
    for folder in sorted(inbox.iterdir()):
        if CLIENT_SLUG.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink():
            states = _states(folder, settings)
            # A note left behind by a file that was taken away is news, too: it has to go.
            if states or any(folder.glob(f"*{REJECTED}")):
                found[folder.name] = states
    return found


def misnamed(inbox: Path) -> list[str]:
    """Folders and files of the inbox that belong to no client."""
    if not inbox.is_dir():
        return []
    return sorted(
        p.name
        for p in inbox.iterdir()
        if not p.name.startswith(".") and not (p.is_dir() and CLIENT_SLUG.fullmatch(p.name))
    )


def settled(inbox: Path, before: Mapping[str, ClientState], settings: Inbox) -> dict[str, ClientState]:
    """The clients whose folder looks the same as `before` after `settle_seconds`: their files are complete."""
    time.sleep(settings.settle_seconds)
    now = look(inbox, settings)
    return {client: state for client, state in now.items() if before.get(client) == state}


def reject(path: Path, reason: str) -> None:
    """Write beside a refused file why it is not used."""
    note = path.with_name(path.name + REJECTED)
    text = (
        f"{path.name} was not used.\n\n{reason}\n\n"
        "Nothing was changed by it; the other files of this folder are used. "
        "Put a corrected file in its place and this note goes away.\n"
    )
    if not note.is_file() or note.read_text("utf-8") != text:
        write_atomic(note, text.encode())


def clear_rejections(folder: Path, refused: set[str]) -> None:
    """Remove notes of files that are no longer refused or no longer there."""
    for note in folder.glob(f"*{REJECTED}"):
        if note.name.removesuffix(REJECTED) not in refused:
            note.unlink(missing_ok=True)
