"""Where alerts and known problems lie: small JSON files below `outbox/alerts/`, one writer at a time.

    pending/      told, and not yet taken by every channel
    sent/         taken by all, kept for a while to be looked up
    undelivered/  given up after `alerts.keep_trying_hours`
    problems/     what fails at present, one file a problem

A message and the problems it changes are put in force together: first the message with its changes in one file
(`.new`), then the changes, then the message gets its name. Whoever dies in between is finished by the next one.
Belongs here: files. Does not: what is news (`ledger.py`) or sending (`delivery.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from adtech_assets.alerting.ledger import Key, Problem
from adtech_assets.lake import write_atomic

FOLDER, LOG = "alerts", "alerts.log"
PENDING, SENT, UNDELIVERED, PROBLEMS = "pending", "sent", "undelivered", "problems"
_NEW, _DONE = ".new", ".json"
_UNSAFE = re.compile(r"[^a-z0-9_-]+")
_NAME_CHARACTERS, _DIGITS = 80, 12
_WAIT_SECONDS = 20
_LINE_BYTES = 20_000  # more than any line has


@dataclass
class Try:
    """How one channel stands to one message."""

    label: str
    taken: dt.datetime | None = None
    attempts: int = 0
    next: dt.datetime | None = None
    said: str = ""


@dataclass
class Message:
    """An alert as it is sent: its words are fixed when it is told. `severity` says who is told, `tone` (success or info)
    how it is marked, where not by its severity: the end of an error goes to those who heard of it, as good news."""

    id: str
    at: dt.datetime
    title: str
    text: str
    severity: str
    client: str = ""
    run_id: str = ""
    channels: dict[str, Try] = field(default_factory=dict)
    given_up: dt.datetime | None = None
    tone: str = ""


class Store:
    """The folder `alerts` of an outbox."""

    def __init__(self, outbox: Path) -> None:
        self.outbox = outbox
        self.root = outbox / FOLDER

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Alone in the ledger; finishes what a process that died here had begun. Timeout if another hangs in it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / ".ledger.lock", timeout=_WAIT_SECONDS):
            for path in sorted((self.root / PENDING).glob(f"*{_NEW}")):
                self._finish(path)
            yield

    @contextmanager
    def sending(self) -> Iterator[bool]:
        """Alone in sending; False at once if another process sends."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / ".sending.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def is_told(self, identity: str) -> bool:
        """Whether a message of this id was ever made (and is still kept)."""
        return any((self.root / folder / _file(identity)).is_file() for folder in (PENDING, SENT, UNDELIVERED))

    def commit(self, message: Message | None, changes: Mapping[Key, Problem | None]) -> None:
        """Put a message and what it changes in force, both or neither. Call it within `writing()`."""
        if message is None:
            self._apply([_change(key, problem) for key, problem in changes.items()])
            return
        path = self.root / PENDING / (_stem(message.id) + _NEW)
        content = {"message": _plain(message), "changes": [_change(*item) for item in changes.items()]}
        write_atomic(path, _bytes(content))
        self._finish(path)

    def _finish(self, path: Path) -> None:
        content = _read(path)
        if content is None:
            path.replace(self._place(UNDELIVERED, path.name + ".unreadable"))
            return
        self._apply(content["changes"])
        message = _message(content["message"])
        write_atomic(self.root / PENDING / _file(message.id), _bytes(content["message"]))
        self._log(message)
        path.unlink(missing_ok=True)

    def _apply(self, changes: list[dict[str, Any]]) -> None:
        for change in changes:
            path = self._problem_file(Key(**change["key"]))
            if change["problem"] is None:
                path.unlink(missing_ok=True)
            else:
                write_atomic(path, _bytes(change["problem"]))

    def _log(self, message: Message) -> None:
        """One line an alert, for people and log shippers; each line is written in one go."""
        line = {
            "at": message.at.isoformat(timespec="seconds"),
            "severity": message.severity,
            "title": message.title,
            "client": message.client,
            "run": message.run_id,
            "text": message.text,
        }
        handle = os.open(self.outbox / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "replace"))
        finally:
            os.close(handle)

    def log_lines(self, count: int) -> list[dict[str, str]]:
        """The last lines of the log that can be read, newest first."""
        path = self.outbox / LOG
        if not path.is_file() or not count:
            return []
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - count * _LINE_BYTES))
            lines = file.read().splitlines()
        found = [line for line in map(_line, reversed(lines)) if line is not None]
        return found[:count]

    def messages(self, folder: str) -> list[Message]:
        """The messages of one folder, oldest first. One that cannot be read is put aside, not stumbled over."""
        found = []
        for path in sorted((self.root / folder).glob(f"*{_DONE}")):
            try:
                content = _read(path)
                if content is not None:
                    found.append(_message(content))
                    continue
            except FileNotFoundError:
                continue  # another process has just moved it on
            except (KeyError, TypeError, ValueError, AttributeError):
                pass
            path.replace(self._place(UNDELIVERED, path.name + ".unreadable"))
        return sorted(found, key=lambda message: (message.at, message.id))

    def unreadable(self) -> list[str]:
        """Names of files that are no messages any more."""
        return sorted(path.name for path in (self.root / UNDELIVERED).glob("*.unreadable"))

    def save(self, message: Message) -> None:
        """Record how a pending message stands."""
        write_atomic(self.root / PENDING / _file(message.id), _bytes(_plain(message)))

    def move(self, message: Message, source: str, target: str) -> None:
        """Put a message into another folder; it is never in none."""
        write_atomic(self._place(target, _file(message.id)), _bytes(_plain(message)))
        (self.root / source / _file(message.id)).unlink(missing_ok=True)

    def forget_sent(self, before: dt.datetime) -> None:
        """Remove sent messages whose file is older."""
        for path in (self.root / SENT).glob(f"*{_DONE}"):
            try:
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
            except FileNotFoundError:
                continue

    def problems(self) -> dict[Key, Problem]:
        """All known problems. One that cannot be read is forgotten: it is then told again."""
        found = {}
        for path in sorted((self.root / PROBLEMS).glob(f"*{_DONE}")):
            try:
                problem = _problem(_read(path) or {})
            except FileNotFoundError:
                continue
            except (KeyError, TypeError, ValueError, AttributeError):
                path.unlink(missing_ok=True)
                continue
            found[problem.key] = problem
        return found

    def _problem_file(self, key: Key) -> Path:
        words = (key.client, key.part, key.asset, key.check)
        return self.root / PROBLEMS / _file("~".join(words), ".".join(word for word in words if word))

    def _place(self, folder: str, name: str) -> Path:
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        return self.root / folder / name


def _stem(identity: str, readable: str | None = None) -> str:
    """A file's name from an id: what a person can read of it, and a digest that keeps two apart."""
    name = _UNSAFE.sub("-", (readable or identity).lower())[:_NAME_CHARACTERS].strip("-")
    return f"{name}.{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()[:_DIGITS]}"


def _file(identity: str, readable: str | None = None) -> str:
    return _stem(identity, readable) + _DONE


def _bytes(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _line(data: bytes) -> dict[str, str] | None:
    """A line of the log, of any version; None where it is cut off."""
    try:
        content = json.loads(data)
        return {"severity": "", **content, "at": dt.datetime.fromisoformat(content["at"]).isoformat()}
    except (ValueError, TypeError, KeyError):
        return None


def _time(value: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(value) if value else None


def _plain(message: Message) -> dict[str, Any]:
    channels = {
        key: {**vars(one), "taken": _text(one.taken), "next": _text(one.next)} for key, one in message.channels.items()
    }
    return {**vars(message), "at": _text(message.at), "given_up": _text(message.given_up), "channels": channels}


def _text(when: dt.datetime | None) -> str | None:
    return when.isoformat() if when else None


def _message(content: dict[str, Any]) -> Message:
    channels = {
        key: Try(**{**one, "taken": _time(one["taken"]), "next": _time(one["next"])})
        for key, one in content["channels"].items()
    }
    times = {"at": dt.datetime.fromisoformat(content["at"]), "given_up": _time(content["given_up"])}
    return Message(**{**content, **times, "channels": channels})


def _change(key: Key, problem: Problem | None) -> dict[str, Any]:
    state = problem and {
        "key": vars(key),
        "severity": problem.severity,
        "description": problem.description,
        "since": _text(problem.since),
        "seen": _text(problem.seen),
        "told": {mark: _text(when) for mark, when in problem.told.items()},
    }
    return {"key": vars(key), "problem": state}


def _problem(content: dict[str, Any]) -> Problem:
    return Problem(
        key=Key(**content["key"]),
        severity=content["severity"],
        description=content["description"],
        since=dt.datetime.fromisoformat(content["since"]),
        seen=dt.datetime.fromisoformat(content["seen"]),
        told={mark: dt.datetime.fromisoformat(when) for mark, when in content["told"].items()},
    )
