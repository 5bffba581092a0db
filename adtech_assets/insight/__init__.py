"""What the numbers say: baselines, anomalies, drivers, recommendations, and the outside world (holidays, weather).

`anomalies` is the entry to `detection`; `single_series` scores one series by itself; `outlook` looks ahead; `drivers`
splits a week's changes (`decomposition`), `causes` finds who is to blame, `insights` gathers what is worth saying with its
evidence (`change_evidence`, `significance`), `recommendations` says what to do, `creatives` what to write.

Belongs here: statistics on cleaned frames, and advice that follows from them. Does not: cleaning (`metrics`), wording
of sentences (`narrative`), charts (`reporting`). Everything is deterministic; nothing here knows Dagster.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adtech_assets.insight.single_series.scoring import SeriesScores, SeriesSettings, score_series

__all__ = ["SeriesScores", "SeriesSettings", "score_series"]


def __getattr__(name: str) -> Any:
    """The public names of `single_series`, when they are asked for: importing the package imports no numpy."""
    if name in __all__:
        from adtech_assets.insight.single_series import scoring

        return getattr(scoring, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
