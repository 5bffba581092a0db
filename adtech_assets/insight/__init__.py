"""What the numbers say: baselines, anomalies, drivers, recommendations, and the outside world (holidays, weather).

Belongs here: statistics on cleaned frames, and advice that follows from them. Does not: cleaning (`metrics`), wording
of sentences (`narrative`), charts (`reporting`). Everything is deterministic; nothing here knows Dagster.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adtech_assets.insight.series import SeriesScores, SeriesSettings, score_series

__all__ = ["SeriesScores", "SeriesSettings", "score_series"]


def __getattr__(name: str) -> Any:
    """The public names of `series`, when they are asked for: importing the package imports no numpy."""
    if name in __all__:
        from adtech_assets.insight import series

        return getattr(series, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
