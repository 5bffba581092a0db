"""Which failures are for good: trying again cannot help, so every retry is told not to.

Belongs here: turning the domain's own errors into Dagster's. Does not: catching anything else.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from adtech_assets.exports.refusal import Refusal
from adtech_assets.pipeline.week_steps import NoData


@contextmanager
def for_good() -> Iterator[None]:
    """A week without data, or a decision of the user that cannot be read, fails the step with its sentence and is not
    tried again."""
    try:
        yield
    except (NoData, Refusal) as error:
        raise dg.Failure(str(error), allow_retries=False) from error
