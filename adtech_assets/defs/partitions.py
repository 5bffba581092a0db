"""The two ways assets are cut: by client, and by client and week.

Belongs here: partition definitions and the mapping between them. See the concept page "Partitioning assets".
"""

import datetime as dt

import dagster as dg

from adtech_assets.settings import check_slug, load_settings

CLIENT, WEEK = "client", "week"

clients = dg.DynamicPartitionsDefinition(name="clients")

# end_offset=1 makes the running week a valid partition; day_offset=1 lets weeks begin on Monday.
weeks = dg.WeeklyPartitionsDefinition(
    start_date=load_settings().calendar.first_week.isoformat(), day_offset=1, end_offset=1
)

client_weeks = dg.MultiPartitionsDefinition({CLIENT: clients, WEEK: weeks})

SAME_CLIENT = dg.MultiToSingleDimensionPartitionMapping(partition_dimension_name=CLIENT)


def client_week_key(client: str, week: dt.date) -> dg.MultiPartitionKey:
    """The partition key of a client's week."""
    return dg.MultiPartitionKey({CLIENT: client, WEEK: week.isoformat()})


def client_of(partition_key: str) -> str:
    """The client that a run's partition key names; ValueError if it can be no folder name."""
    return check_slug(partition_key)


def client_and_week_of(partition_key: str) -> tuple[str, dt.date]:
    """The client and the Monday that a run's partition key names."""
    assert isinstance(partition_key, dg.MultiPartitionKey)  # noqa: S101 - by definition of the assets' partitions
    keys = partition_key.keys_by_dimension
    return check_slug(keys[CLIENT]), dt.date.fromisoformat(keys[WEEK])
