"""Starts each run in a process forked from one that has everything imported already.

A run's work takes two seconds, its imports six: Dagster's own launcher spawns a fresh interpreter for every run. Here
the daemon keeps a fork server (Python's own) that has imported `warm` and done nothing else, so that a run begins in
a tenth of a second with Great Expectations, scikit-learn and WeasyPrint at hand. Where forking is not safe (macOS,
Windows) a run starts as a fresh process. Set in dagster.yaml; without that block Dagster's own launcher is used.

Belongs here: starting, ending and watching run processes on this machine. Does not: what a run does. See
docs/decisions/0003-warm-runs.md for the measurement, and for the parts of Dagster it leans on.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, QueuedRunCoordinator
from dagster._config.config_schema import UserConfigSchema
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass
from dagster._serdes.config_class import ConfigurableClassData

PID_TAG = "adtech/pid"
_WARM = "adtech_assets.warm"
_ASK_AGAIN_SECONDS, _ASK_TIMES = 0.5, 20
_FORKS = sys.platform == "linux"


def execute(arguments: list[str]) -> None:
    """Run in the new process: what `dagster api execute_run` does, without a shell between."""
    from dagster._cli import cli

    cli(arguments, standalone_mode=False)


class WarmRunLauncher(RunLauncher, ConfigurableClass):
    """One process a run, on the machine of the daemon."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        self._processes: dict[str, BaseProcess] = {}
        self._context: Any = multiprocessing.get_context("forkserver" if _FORKS else "spawn")
        super().__init__()  # type: ignore[no-untyped-call]
        if _FORKS and _is_daemon():
            # Only the daemon launches; it warms up while the user is still looking for the file to drop.
            forkserver.set_forkserver_preload([_WARM])
            forkserver.ensure_running()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> "WarmRunLauncher":
        return cls(inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the run's process and remember its number with the run, so that any process may end it."""
        run, origin = context.dagster_run, context.job_code_origin
        if origin is None:
            raise ValueError(f"run {run.run_id} does not say which code it runs: reload the code location")
        arguments = ExecuteRunArgs(
            job_origin=origin, run_id=run.run_id, instance_ref=self._instance.get_ref()
        ).get_command_args()
        process = self._context.Process(target=execute, args=(arguments[1:],), name=f"run {run.run_id}", daemon=False)
        process.start()
        self._processes[run.run_id] = process
        self._instance.add_run_tags(run.run_id, {PID_TAG: str(process.pid)})
        threading.Thread(target=self._watch, args=(run.run_id, process), daemon=True).start()

    def _watch(self, run_id: str, process: BaseProcess) -> None:
        """A process that ends before its run does has died: say so at once, for the run to be tried again."""
        process.join()
        self._processes.pop(run_id, None)
        run = self._instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            self._instance.report_run_failed(
                run, f"the run's process ended unexpectedly (exit code {process.exitcode})"
            )

    def terminate(self, run_id: str) -> bool:
        """Interrupt the run's process as Ctrl-C would; False if there is none any more."""
        run = self._instance.get_run_by_id(run_id)
        pid = _pid(run) if run is not None and not run.is_finished else None
        if run is None or pid is None or not _alive(pid):
            return False
        self._instance.report_run_canceling(run)
        os.kill(pid, signal.SIGTERM)
        threading.Thread(target=_insist, args=(pid,), daemon=True).start()
        return True

    def join(self, timeout: int = 30) -> None:
        for process in list(self._processes.values()):
            process.join(timeout)

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """For runs whose watcher died with an earlier daemon."""
        pid = _pid(run)
        if pid is None:
            return CheckRunHealthResult(WorkerStatus.UNKNOWN, "the run has no process yet")
        if _alive(pid):
            return CheckRunHealthResult(WorkerStatus.RUNNING, run_worker_id=str(pid))
        done = run.status in (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
        status = WorkerStatus.SUCCESS if done else WorkerStatus.FAILED
        return CheckRunHealthResult(status, f"process {pid} is gone", run_worker_id=str(pid))


class WarmingRunCoordinator(QueuedRunCoordinator):
    """Dagster's queue, which the daemon opens as it starts: it opens the launcher too, and that begins to warm up.

    Left to itself Dagster loads a launcher with the first run, and the first drop would wait for the imports.
    """

    def register_instance(self, instance: DagsterInstance) -> None:
        super().register_instance(instance)
        if _is_daemon():
            threading.Thread(target=lambda: instance.run_launcher, daemon=True).start()


def _is_daemon() -> bool:
    """Whether this process is Dagster's daemon, started alone or by `dg dev`."""
    return "daemon" in Path(sys.argv[0]).as_posix()


def _insist(pid: int) -> None:
    """Ask again until the process ends: a library may swallow one interrupt that reaches it at a bad moment."""
    for _ in range(_ASK_TIMES):
        time.sleep(_ASK_AGAIN_SECONDS)
        if not _alive(pid):
            return
        os.kill(pid, signal.SIGTERM)


def _pid(run: DagsterRun) -> int | None:
    number = run.tags.get(PID_TAG)
    return int(number) if number else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
