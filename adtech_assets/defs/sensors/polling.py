"""Waiting inside a sensor tick, so that news is seen in a tenth of a second and not at the next tick.

Belongs here: the wait. Does not: what is waited for. Needs `sensors.use_threads` in dagster.yaml.
"""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def watch(look: Callable[[], Found | None], window_seconds: float, pause_seconds: float) -> Found | None:
    """Look until there is something or the window is over; at least once."""
    deadline = time.monotonic() + window_seconds
    while (found := look()) is None:
        if time.monotonic() + pause_seconds > deadline:
            return None
        time.sleep(pause_seconds)
    return found
