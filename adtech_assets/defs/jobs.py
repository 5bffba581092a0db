"""The two jobs: a client's metrics, and a week's report. Both run in one process: a step costs 0.1 s, not an interpreter.

Belongs here: what runs together. Does not: when (`sensors/`).
"""

import dagster as dg

from adtech_assets.defs.assets import CLIENT_ASSETS, WEEK_ASSETS

CLIENT_TAG = "adtech/client"

client_metrics = dg.define_asset_job(
    "client_metrics",
    selection=dg.AssetSelection.assets(*CLIENT_ASSETS),
    executor_def=dg.in_process_executor,
    description="From the files in a client's inbox to cleaned metrics, weekly sums and anomalies.",
)

weekly_report = dg.define_asset_job(
    "weekly_report",
    selection=dg.AssetSelection.assets(*WEEK_ASSETS),
    executor_def=dg.in_process_executor,
    description="From a client's metrics to the report of one week, mailed.",
)
