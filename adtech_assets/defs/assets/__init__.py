"""One file an asset: take the partition, call one step, say what came out."""

from adtech_assets.defs.assets.anomaly_scores import anomaly_scores
from adtech_assets.defs.assets.cleaned_metrics import cleaned_metrics
from adtech_assets.defs.assets.diagnoses import diagnoses
from adtech_assets.defs.assets.narratives import narratives
from adtech_assets.defs.assets.outlook import outlook
from adtech_assets.defs.assets.raw_uploads import raw_uploads
from adtech_assets.defs.assets.report_deliveries import report_deliveries
from adtech_assets.defs.assets.weekly_aggregates import weekly_aggregates
from adtech_assets.defs.assets.weekly_reports import weekly_reports

CLIENT_ASSETS = [raw_uploads, cleaned_metrics, weekly_aggregates, anomaly_scores, outlook]
WEEK_ASSETS = [diagnoses, narratives, weekly_reports, report_deliveries]

__all__ = ["CLIENT_ASSETS", "WEEK_ASSETS"]
