"""The built-in writer's words: how metrics are named and the sentence patterns, several of each.

Belongs here: English wording as data. Does not: choosing figures or patterns (`writer.py`). Every pattern is one that the
guardrail can read; {name}, {now}, ... are filled in by the writer.
"""

from __future__ import annotations

PLURAL = frozenset({"impressions", "clicks", "conversions"})
METRIC_WORDS = {
    "revenue": "revenue",
    "spend": "spend",
    "conversions": "conversions",
    "clicks": "clicks",
    "impressions": "impressions",
    "roas": "ROAS",
    "cac": "cost per conversion",
    "ctr": "the click-through rate",
    "cpc": "cost per click",
    "cpm": "CPM",
    "cvr": "the conversion rate",
    "aov": "the average order value",
}
RANK_WORDS = {
    "spend": "spend",
    "conversions": "conversions",
    "revenue": "revenue",
    "roas": "ROAS",
    "cac": "cost per conversion",
}

ROSE = ("rose", "climbed", "grew", "increased")
FELL = ("fell", "dropped", "declined", "slipped")
NOUN_UP, NOUN_DOWN = ("increase", "rise"), ("decline", "drop")

HEADLINE = {
    "moved": (
        "{Metric} {moved} {pct} to {now} in the week of {monday}",
        "{Metric} came to {now} in the week of {monday}, {updown} {pct} on the week before",
        "In the week of {monday}, {metric} {moved} by {pct} to {now}",
    ),
    "steady": (
        "{Metric} {was} steady at {now} in the week of {monday}",
        "In the week of {monday}, {metric} {was} almost unchanged at {now}",
    ),
    "leap": ("{Metric} came to {now} in the week of {monday}, against {before} in the week before",),
    "value": ("{Metric} came to {now} in the week of {monday}", "In the week of {monday}, {metric} came to {now}"),
}
HEADLINE_SPEND = (", on {pct} {moreless} spend", "; spend {moved} by {pct}", ", while spend {moved} {pct}")
NO_FIGURES = "Here is the week at a glance."

SUMMARY_PAIR = (
    "{Metric} {moved} {pct} to {now}, and {metric2} {moved2} {pct2} to {now2}.",
    "{Metric} {moved} from {before} to {now}, while {metric2} {moved2} from {before2} to {now2}.",
)
SUMMARY_MOVED = (
    "{Metric} {moved} from {before} to {now}.",
    "{Metric} {moved} by {pct} and now {stands} at {now}.",
    "At {now}, {metric} {was} {pct} {highlow} than in the week before.",
)
SUMMARY_STEADY = (
    "{Metric} held steady at {now}.",
    "{Metric} {was} almost unchanged at {now}, against {before} in the week before.",
)
SUMMARY_VALUE = ("{Metric} came to {now}.", "{Metric} stood at {now}.")
SHARE = (
    "{name} took {share} of spend.",
    "{share} of spend went to {name}.",
    "{name} accounted for {share} of spend.",
)
BEST = (
    "{name} had the highest {metric} of all {level}s at {now}.",
    "Of all {level}s, {name} had the highest {metric} at {now}.",
)
CHEAPEST = ("{name} had the lowest cost per conversion of all {level}s at {now}.",)
MOVER_UP = (
    "{Metric} of {name} {moved} by {delta} to {now}.",
    "{name} gained {delta} of {metric} and reached {now}.",
)
MOVER_DOWN = (
    "{Metric} of {name} {moved} by {delta} to {now}.",
    "{name} lost {delta} of {metric} and came to {now}.",
)
MOVER_COUNT_UP = (
    "{Metric} of {name} {moved} by {delta} to {now}.",
    "{name} gained {delta} {metric} and reached {now}.",
)
MOVER_COUNT_DOWN = (
    "{Metric} of {name} {moved} by {delta} to {now}.",
    "{name} lost {delta} {metric} and came to {now}.",
)

ACCOUNT = "the account"
ANOMALY_UP = (
    "{Metric} of {name} jumped to {observed} {when} against an expected {expected}",
    "{When}, {metric} of {name} rose to {observed} where {expected} {was} expected",
    "{Metric} of {name} spiked {when}: {observed}, where {expected} {was} expected",
)
ANOMALY_DOWN = (
    "{Metric} of {name} dropped to {observed} {when} against an expected {expected}",
    "{When}, {metric} of {name} fell to {observed} where {expected} {was} expected",
    "{Metric} of {name} sank to {observed} {when} against an expected {expected}",
)
ANOMALY_GRADUAL = (
    "{Metric} of {name} slid gradually to {observed} {when} against an expected {expected}",
    "{When}, {metric} of {name} declined gradually to {observed} where {expected} {was} expected",
)
ANOMALY_ZERO = (
    "{When}, {metric} of {name} stood at {observed} where {expected} {was} expected",
    "{Metric} of {name} went to {observed} {when} against an expected {expected}",
)
ANOMALY_ACCOUNT = (
    "{When}, {metric} came to {observed} where {expected} {was} expected",
    "{Metric} came to {observed} {when} against an expected {expected}",
)
ANOMALY_VALUE = ("{Metric} of {name} came to {observed} {when}",)
STAKE = ("; about {stake} is at stake", ", with about {stake} at stake")

DRIVER = (
    "{name} explains {part} of the {noun} in {metric}{base}.",
    "{name} contributed {part} to the {noun} in {metric}{base}.",
)
DRIVER_SHARE = ("{name} explains {share} of the {noun} in {metric}{base}.",)
DRIVER_COUNT_UP = ("{name} gained {part} {metric}{base}.",)
DRIVER_COUNT_DOWN = ("{name} lost {part} {metric}{base}.",)
DRIVER_AGAINST_UP = ("{name} gained {part} of {metric}{base}.",)
DRIVER_AGAINST_DOWN = ("{name} lost {part} of {metric}{base}.",)
CONTEXT = {
    "weather": (
        "The {simulated}weather shows {name} {where}{when}; we cannot say whether the two are linked.",
        "The {simulated}weather data have {name} {where}{when}; this is a coincidence in time, not a cause.",
    ),
    "other": (
        "{Name} {where}fell on {days}; this is a coincidence in time, not a cause.",
        "{Name} {where}fell on {days}; we cannot say whether the two are linked.",
    ),
}
CONTEXT_WITH = {
    "weather": (
        "The {simulated}weather shows {name} {where}{when}, which overlaps with the unusual days of {segment}; "
        "we cannot say whether the two are linked.",
    ),
    "other": (
        "{Name} {where}fell on {days} and overlapped with the unusual days of {segment}; "
        "we cannot say whether the two are linked.",
    ),
}

ACTIONS = {
    "spend_spike": (
        "Check the bids and the daily budget of {name}, and set a cap where there is none",
        "Review the change log of {name} for raised bids or budgets, and set a daily cap",
    ),
    "performance_drop": (
        "Check the landing page and the conversion tracking of {name} with a test order, "
        "and hold its budget until they work",
        "Test the landing page of {name} and check that its conversion tag fires before raising its budget",
    ),
    "revenue_spike": (
        "Compare the revenue of {name} with the orders of the shop, and look for duplicate or very large orders",
        "Check the shop for duplicate orders or one very large order in the revenue of {name}",
    ),
    "tracking_outage": (
        "Check the conversion tracking of {name} with a test order, and hold its budget until it works",
        "Test the conversion tracking of {name}, and check that its conversion tag fires",
    ),
    "budget_exhaustion": (
        "Check the budget, the billing and the schedule of {name}, and raise the daily budget if it runs dry",
        "Review the budget and pacing of {name}, and check whether its ads are paused",
    ),
    "move_budget": (
        "Move part of the budget of {name} to the more efficient campaigns in small steps, and watch the results",
        "Shift part of the money of {name} to the more efficient campaigns, step by step",
    ),
    "efficiency_drop": (
        "Compare the audiences and placements of {name} with the weeks before, and pause those that spend without results",
        "Review where {name} spends without results, and pause those parts first",
    ),
    "landing_page_or_offer": (
        "Check the landing page of {name} with a test order, and hold its budget until it works",
        "Test the landing page of {name}, and compare it with the weeks before",
    ),
    "order_value_drop": (
        "Compare the orders of {name} in the shop with the weeks before",
        "Check the orders of {name} in the shop",
    ),
    "creative_fatigue": (
        "Test a new creative beside the one {name} runs now, and set a frequency cap",
        "Refresh the creatives of {name} and compare old and new side-by-side",
    ),
    "audience_saturation": (
        "Review the audiences of {name}, and set a frequency cap",
        "Test other audiences for {name}, and set a frequency cap",
    ),
    "cpm_inflation": (
        "Check the bids and placements of {name}, and compare them with the weeks before",
        "Compare the bids and placements of {name} with the weeks before",
    ),
    "delivery_drop": (
        "Check the budget, the bids and the billing of {name}, and check whether its ads are paused",
        "Check whether the ads of {name} are paused, and review its budget and bids",
    ),
    "mix_shift": (
        "Review the budget of {name}, and compare its results with the other campaigns",
        "Check whether the budget of {name} is well spent before raising it",
    ),
    "check_data": (
        "Check the figures of {name} in the platform first",
        "Compare the figures of {name} with the platform first",
    ),
    "learning_phase": (
        "Keep the settings of {name} as they are and watch the results",
        "Hold the settings of {name} as they are and look again next week",
    ),
    "wasted_spend": (
        "Pause {name}, or shift its budget in small steps, and watch the results",
        "Shift the budget of {name} step by step, and watch the results",
    ),
    "country_mismatch": (
        "Check the landing page for {name}, and shift part of its budget in small steps",
        "Test the landing page for {name}, and review its budget",
    ),
    "device_mismatch": (
        "Check the landing page for {name} with a test order, and review its bids",
        "Test the landing page for {name}, and review its bids",
    ),
    "cannibalised_retargeting": (
        "Shift part of the budget of {name} to other audiences in small steps, and watch the results",
        "Move part of the budget of {name} to other audiences, step by step",
    ),
    "weekday_budget": (
        "Review the schedule of {name}, and move part of its budget in small steps",
        "Check the schedule and the daily budget of {name}",
    ),
    "message_that_works": (
        "Test a new creative beside the one {name} runs now",
        "Test new creatives for {name}, and compare old and new side-by-side",
    ),
    "scale_winner": (
        "Raise the budget of {name} in small steps for as long as its return holds",
        "Consider more budget for {name}, in small steps, while its return holds",
    ),
}
WHOLE_ACCOUNT = "the account"
ACTION_OTHER = ("Review {name} first",)
ACTION_STAKE = "; about {stake} a week is at stake"
ACTION_STAKES = {
    "move_budget": "; about {stake} a week is worth moving",
    "scale_winner": "; about {stake} a week is worth a test",
    "message_that_works": "; about {stake} a week is worth a test",
    "weekday_budget": "; about {stake} a week is worth moving",
}
ACTION_NONE = (
    "Keep the budgets as they are and watch the next week.",
    "Hold the settings as they are and look again next week.",
)
