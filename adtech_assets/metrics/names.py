"""Which spellings are one name. Differences of case, white space, '_' and '-' carry no meaning; everything else does.

Belongs here: resolving names inside one client. Does not: renames over time (`restatement.py`).
"""

from __future__ import annotations

import polars as pl

from adtech_assets.exports.vocabulary import vocabularies
from adtech_assets.tables import NAMES

RESOLVED = ("channel", "campaign")
ALL_CAMPAIGNS = "All campaigns"
"""The campaign of rows whose file has no campaign column."""
ALL_CHANNELS = "All channels"
"""The channel of rows of a hand-kept sheet without a channel column."""


def channel_of_platform() -> pl.Expr:
    """The platform's name for people (`Google Ads`), which is the channel where a file names none."""
    titles = {v.platform: v.title if v.signs else ALL_CHANNELS for v in vocabularies()}
    return pl.col("platform").replace(titles)


def normal_form(name: pl.Expr) -> pl.Expr:
    """A name without the differences that carry no meaning."""
    return name.str.to_lowercase().str.replace_all(r"[\s_\-]+", " ").str.strip_chars()


def resolve(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with one spelling a name (the most frequent; the first of the alphabet where equal), and table `names`."""
    tables = []
    pairs = rows.group_by(RESOLVED).len("rows")
    for dimension in RESOLVED:
        counts = pairs.group_by(pl.col(dimension).alias("spelling")).agg(pl.col("rows").sum()).drop_nulls("spelling")
        ordered = counts.sort("rows", "spelling", descending=[True, False])
        named = ordered.with_columns(
            pl.col("spelling").first().over(normal_form(pl.col("spelling"))).alias("name"),
            pl.lit(dimension).alias("dimension"),
        )
        tables.append(NAMES.conform(named.sort("name", "spelling")))
        changed = named.filter(pl.col("spelling") != pl.col("name"))
        if changed.height:
            mapping = dict(changed.select("spelling", "name").iter_rows())
            rows = rows.with_columns(pl.col(dimension).replace(mapping))
    return rows, pl.concat(tables)
