"""Watches the inbox: a client whose folder changed gets a run of `client_metrics`.

The cursor is the state of every client's folder (name, time, size of each file) for which a run was requested, and how
many were: "3:<fingerprint>". It is written only when the tick ends well, and the run key holds both, so that a change is
neither lost nor run twice, and one that leads back to an earlier state (a decision taken back) is a change as any other.
"""

import hashlib
import json

import dagster as dg

from adtech_assets import inbox as folders
from adtech_assets.defs.jobs import CLIENT_TAG, client_metrics
from adtech_assets.defs.partitions import clients
from adtech_assets.defs.resources import WorkspaceResource
from adtech_assets.defs.sensors.polling import watch
from adtech_assets.inbox import ClientState


def fingerprint(state: ClientState) -> str:
    """A client's folder in 16 characters."""
    return hashlib.sha256(json.dumps(sorted(state.items())).encode()).hexdigest()[:16]


def changed(now: dict[str, ClientState], requested: dict[str, str]) -> dict[str, str]:
    """Client -> "number:fingerprint" of its next run, of the clients whose folder is not the one a run was requested for.

    `requested` is the cursor; one of an earlier version has fingerprints without a number.
    """
    due = {}
    for client, state in now.items():
        number, _, before = requested.get(client, "").rpartition(":")
        if (found := fingerprint(state)) != before:
            due[client] = f"{int(number or 0) + 1}:{found}"
    return due


@dg.sensor(job=client_metrics, minimum_interval_seconds=1, default_status=dg.DefaultSensorStatus.RUNNING)
def inbox(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SensorResult | dg.SkipReason:
    """A file dropped into data/inbox/<client>/ starts that client's run as soon as it is complete."""
    opened = workspace.open()
    settings = opened.settings.inbox
    requested: dict[str, str] = json.loads(context.cursor) if context.cursor else {}

    def look() -> dict[str, str] | None:
        now = folders.look(opened.inbox, settings)
        if not changed(now, requested):
            return None
        return changed(folders.settled(opened.inbox, now, settings), requested) or None

    due = watch(look, settings.poll_window_seconds, settings.poll_seconds)
    if due is None:
        odd = folders.misnamed(opened.inbox)
        named = (
            f"; not used, because not in a client's folder of lower-case letters, digits, - and _: {', '.join(odd[:5])}"
        )
        return dg.SkipReason("nothing new in the inbox" + (named if odd else ""))
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=f"{client}:{state}", partition_key=client, tags={CLIENT_TAG: client})
            for client, state in due.items()
        ],
        dynamic_partitions_requests=[clients.build_add_request(sorted(due))],
        cursor=json.dumps({**requested, **due}, sort_keys=True),
    )
