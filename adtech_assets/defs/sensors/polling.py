"""Waiting inside a sensor tick, so that news is seen in a tenth of a second and not at the next tick.

Belongs here: the wait. Does not: what is waited for. Needs `sensors.use_threads` in dagster.yaml.
"""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
_REST = 9  # times as long as the look took


def watch(
    look: Callable[[], Found | None], window_seconds: float, pause_seconds: float | Callable[[], float]
) -> Found | None:
    """Look until there is something or the window is over; at least once. `pause_seconds` may depend on the last look.

    Where a look takes long (many clients, a slow disk), the pauses grow with it: looking never takes more than a
    tenth of the time.
    """
    deadline = time.monotonic() + window_seconds
    while True:
        started = time.monotonic()
        if (found := look()) is not None:
            return found
        now = time.monotonic()
        wanted = pause_seconds() if callable(pause_seconds) else pause_seconds
        pause = max(wanted, _REST * (now - started))
        if now + pause > deadline:
            return None
        time.sleep(pause)
