"""What this code location offers. Lists only: no logic, no I/O, no heavy imports (a test loads it in a fresh process)."""

import warnings

import dagster as dg

# Partitioned asset checks and the client mapping are previews of Dagster 1.13; their use is meant.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
warnings.filterwarnings("ignore", category=dg.BetaWarning)

from adtech_assets.defs.assets import CLIENT_ASSETS, WEEK_ASSETS  # noqa: E402
from adtech_assets.defs.checks import build_checks  # noqa: E402
from adtech_assets.defs.jobs import client_metrics, weekly_report  # noqa: E402
from adtech_assets.defs.resources import default_resources  # noqa: E402
from adtech_assets.defs.sensors.alerts import alert_delivery, run_alerts  # noqa: E402
from adtech_assets.defs.sensors.inbox import inbox  # noqa: E402
from adtech_assets.defs.sensors.late import late_clients  # noqa: E402
from adtech_assets.defs.sensors.reports import reports  # noqa: E402
from adtech_assets.defs.sensors.watchdog import watchdog  # noqa: E402


def build_defs(resource_overrides: dict[str, object] | None = None) -> dg.Definitions:
    """All assets, checks, jobs, sensors and resources; a test may put other resources in their place."""
    *made, sent = WEEK_ASSETS
    return dg.Definitions(
        assets=[*CLIENT_ASSETS, *WEEK_ASSETS],
        asset_checks=[*(build_checks(asset) for asset in CLIENT_ASSETS), build_checks(*made), build_checks(sent)],
        jobs=[client_metrics, weekly_report],
        sensors=[inbox, reports, run_alerts, alert_delivery, late_clients, watchdog],
        resources={**default_resources(), **(resource_overrides or {})},
        executor=dg.in_process_executor,
    )


defs = build_defs()
