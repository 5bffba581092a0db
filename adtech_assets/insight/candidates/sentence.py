"""One plain English sentence for an insight, for tables, JSON and the command line.

Belongs here: the English of it. Does not: the report's text, which is written and checked in `narrative`. The only figures
are the row's own change in percent and the number of days it is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adtech_assets.insight.segment_text import in_words, segment_of

WORDS = {
    "ctr": "click-through rate", "cvr": "conversion rate", "cac": "cost per conversion", "roas": "return on ad spend",
    "cpc": "cost per click", "cpm": "price of a thousand impressions", "aov": "order value",
}  # fmt: skip
_UP_DOWN: Mapping[str, tuple[str, str]] = {
    "delivery": ("more of {who} was delivered", "less of {who} was delivered"),
    "moved": ("traffic moved to {who} from the rest", "traffic moved from {who} to the rest"),
    "cost": ("the same impressions cost more in {who}", "the same impressions cost less in {who}"),
    "bought": ("the same money buys more in {who}", "the same money buys less in {who}"),
    "click": ("the ads of {who} are clicked more often", "the ads of {who} are clicked less often"),
    "conversion": (
        "clicks of {who} turn into conversions more often",
        "clicks of {who} turn into conversions less often",
    ),
    "value": ("orders of {who} are worth more", "orders of {who} are worth less"),
    "outage": ("conversions of {who} came back", "conversions of {who} stopped while clicks went on"),
    "efficiency_drop": ("{who} brings more for the same money", "{who} brings less and less for the same money"),
}
_SAID: Mapping[str, str] = {
    "spend_spike": "{who} spent far more than usual on some days",
    "performance_drop": "{who} brought far less than usual for its traffic",
    "revenue_spike": "{who} shows far more revenue than usual",
    "ctr_decline": "the ads of {who} are clicked less and less",
    "budget_exhaustion": "{who} ran out of money or was stopped",
    "tracking_outage": "{who} counted no conversions while clicks went on",
    "volume_gap": "the export has no rows of {who} for some days",
    "implausible_spend": "{who} shows spend that cannot be true: check the file before anything else",
    "learning_phase": "{who} is new and still learning, so its figures say little yet",
    "creative_fatigue": "the ads of {who} wear out",
    "scale_winner": "{who} returns more for its money than the rest, and kept its return",
    "move_budget": "{who} returns less for its money than the rest",
    "wasted_spend": "{who} spends money and brings next to nothing",
    "country_mismatch": "the same campaigns bring less for their money in {who} than elsewhere",
    "device_mismatch": "the same campaigns bring less for their money on {who} than elsewhere",
    "cannibalised_retargeting": "retargeting ({who}) takes more of the money while the account as a whole returns less",
    "weekday_budget": "{who} returns less for its money on {detail}",
    "message_that_works": "{who} works better than the other messages",
    "budget_runs_out": "the month's budget of {who} runs out before the month ends",
}


def sentence(row: Mapping[str, Any], factor_up: bool) -> str:
    """What happened. factor_up: the faulty link itself went up, whatever that did to the metric."""
    who = in_words(segment_of(row["segment"]))
    patterns = _UP_DOWN.get(row["fault"])
    said = patterns[0 if factor_up else 1] if patterns else _SAID.get(row["fault"], "{who} stands out")
    text = said.replace("{detail}", row["detail"] or "some days").replace("{who}", who)
    return f"{_capital(text)}{_figures(row, who)}."


def _figures(row: Mapping[str, Any], who: str) -> str:
    """The metric's own change, where that is what the insight is about and goes the same way."""
    relative, contribution = row["relative"], row["contribution"]
    if not row["enough"]:
        return "; there is not enough data to be sure"
    if relative is None or not contribution or relative * contribution <= 0 or row["kind"] == "opportunity":
        return ""
    if row["fault"] in ("implausible_spend", "volume_gap"):
        return ""
    metric = WORDS.get(row["metric"], row["metric"])
    way = "up" if relative > 0 else "down"
    verb = "are" if row["metric"] in ("impressions", "clicks", "conversions") else "is"
    return f"; its {metric} {verb} {way} by {abs(relative):,.0%} against the {row['baseline_days']} days before"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
