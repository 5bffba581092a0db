"""The project's anomaly detector as the scorer reads it.

Belongs here: findings of one account as rows for `event_scorer`. Does not: counts, other detectors.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from adtech_assets.insight import anomalies
from adtech_assets.settings import Insight


def ours(frame: pl.DataFrame, settings: Insight | None = None) -> list[dict[str, Any]]:
    """Findings of one account: campaign, date, end, metric, kind, score.

    A finding about a channel, a platform or the account is outside of the five labelled kinds: it is called shared_...
    and belongs to no campaign.
    """
    found = anomalies.score(frame.with_columns(platform=pl.lit("demo")), settings or Insight())[1]
    of_campaign = pl.col("scope") == "campaign"
    return found.select(
        "end",
        "metric",
        "score",
        campaign=pl.when(of_campaign).then("campaign").fill_null(""),
        date="start",
        kind=pl.when(of_campaign).then("kind").otherwise(pl.lit("shared_") + pl.col("kind")),
    ).to_dicts()
