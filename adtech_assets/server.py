"""Dagster as a process on this machine: its home, its port, starting and stopping it.

Belongs here: the process. Does not: anything Dagster runs. This module knows Dagster as a command only.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOME, LOG = ".dagster", "dev.log"
CONFIG, WORKSPACE = "dagster.yaml", "workspace.yaml"
_STOP_SECONDS = 5
_BUSY = "{runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED]}, limit: 1) {... on Runs {results {runId}}}}"
_READY_PAUSE = 0.2


class ServerFailed(Exception):
    """Dagster did not start, or stopped by itself."""


@dataclass(frozen=True)
class Server:
    """A running `dg dev`: webserver, daemon and code server."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None


def free_port(wanted: int) -> int:
    """The wanted port if nobody has it, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerFailed("no port is free on this machine")


@contextmanager
def running(home: Path, port: int, environment: dict[str, str] | None = None) -> Iterator[Server]:
    """Dagster with its state in `home/.dagster`, stopped with all its children at the end."""
    state = home / HOME
    state.mkdir(exist_ok=True)
    shutil.copyfile(home / CONFIG, state / CONFIG)
    log = state / LOG
    environment = {**os.environ, **(environment or {}), "DAGSTER_HOME": str(state), "ADTECH_HOME": str(home)}
    # Without compiled bytecode every run imports for five seconds longer.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    binaries = Path(sys.executable).parent
    # The first process to open a new home makes its tables; two at once would trip over each other.
    subprocess.run(  # noqa: S603
        [binaries / "dagster", "instance", "info"], env=environment, check=True, capture_output=True
    )
    command = [str(binaries / "dg"), "dev", "-w", str(home / WORKSPACE), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=out, stderr=out, start_new_session=True)  # noqa: S603
    try:
        yield Server(process, f"http://127.0.0.1:{port}", log)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a process and everything it started: politely, then not."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(_STOP_SECONDS)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
        else:
            break
    _end_group(process.pid)


def _end_group(group: int) -> None:
    """Children that outlived the parent end too."""
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(_READY_PAUSE)
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_until_up(server: Server, seconds: float) -> None:
    """Return when the webserver answers; ServerFailed with the log's place otherwise."""
    import httpx

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not server.alive:
            raise ServerFailed(f"Dagster stopped while starting; its log: {server.log}")
        try:
            if httpx.get(f"{server.url}/server_info", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(_READY_PAUSE)
    raise ServerFailed(f"Dagster did not answer within {seconds:.0f} s; its log: {server.log}")


def wait_until_idle(server: Server, seconds: float) -> None:
    """Return when no run is waiting or running, or after some seconds: what is under way may finish its checks."""
    import httpx

    deadline = time.monotonic() + seconds
    while server.alive and time.monotonic() < deadline:
        try:
            answer = httpx.post(f"{server.url}/graphql", json={"query": _BUSY}, timeout=5).json()
            if not answer["data"]["runsOrError"]["results"]:
                return
        except (httpx.HTTPError, KeyError, ValueError):
            pass
        time.sleep(_READY_PAUSE)
