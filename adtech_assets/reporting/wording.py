"""The fixed words of page and mail, one set a language.

Belongs here: headings, column titles and short notes. Does not: sentences about figures (`narrative/`).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wording:
    """English, and the shape of every other language to come."""

    language: str = "en"
    report: str = "Weekly performance report"
    week: str = "Week"
    revised: str = "Revised, version"
    provisional: str = "Provisional"
    fresh_said: str = "The week is young: platforms go on adding late conversions and corrections for some weeks."
    drift_said: str = (
        "Within {days} days a fresh week of this client has usually moved: {parts} (median of {weeks} weeks, the middle half "
        "in brackets)."
    )
    drift_part: str = "{metric} {median} ({low} to {high})"
    drift_none: str = "Within {days} days a fresh week of this client has usually not moved (median of {weeks} weeks)."
    drift_unknown: str = (
        "How much this client's figures usually move is known once exports of more weeks have been read."
    )
    same_age_said: str = "When it was as young, the week before stood at {parts}."
    same_age_part: str = "{metric} {value} (this week {change})"
    reported_note: str = "The week before, since it was reported"
    reported_said: str = "{metric} of {week} was {old} when reported and is {new} now: {parts}."
    late_conversions: str = "{count} late conversions"
    late_conversion: str = "1 late conversion"
    fewer_conversions: str = "{count} conversions fewer"
    fewer_conversion: str = "1 conversion fewer"
    moved_part: str = "{metric} {change}"
    missing_then: str = "figures that the files did not hold then ({parts})"
    renamed_note: str = "Renamed campaigns"
    renamed_said: str = "Recognised by their equal history and counted once: {names}."
    renamed_part: str = "{old} is now {new}"
    vs_previous: str = "vs previous week"
    no_change: str = "no change"
    summary: str = "In short"
    trend: str = "Spend and results, day by day"
    trend_alt: str = "Daily figures, {start} to {end}; the report week is shaded."
    this_week: str = "This week"
    previous_week: str = "Previous week"
    past_anomaly: str = "abnormal day in an earlier week"
    this_anomaly: str = "abnormal this week: the number is the row of “What is abnormal”"
    anomalies: str = "What is abnormal"
    no_anomalies: str = "Nothing abnormal was found in this week."
    causes: str = "Why it changed"
    actions: str = "What to do"
    ahead: str = "Outlook"
    next_days: str = "Next {days} days"
    expected_total: str = "Expected"
    ahead_said: str = (
        "From this client's own weekday pattern and level; in four of five cases the total lies in the range below it."
    )
    pacing: str = "Spend of {month}"
    spent_so_far: str = "Spent so far"
    month_end: str = "At month's end"
    budget: str = "Budget"
    used_up: str = "used up on {day}"
    spend_a_day: str = "{amount} a day would meet it"
    channels: str = "Channels"
    campaigns: str = "Campaigns"
    best: str = "Best"
    worst: str = "Worst"
    all_campaigns: str = "All campaigns, best first"
    ranked_by: str = "ranked by {metric}"
    more_campaigns: str = "and {count} more campaigns between them"
    more_rows: str = "and {count} more"
    notes: str = "About the data"
    appendix: str = "Where the numbers come from"
    evidence: str = "Evidence"
    evidence_lead: str = "Each small number in the text points to its line here, and from here to the files below."
    uploads: str = "Files"
    uploads_lead: str = (
        "Every row of a file is kept, set aside with a reason, dropped as an exact duplicate, used as a checksum, or of a "
        "period that is neither a day nor a week."
    )
    total_row_equal: str = "total row equal to the rows"
    total_row_differs: str = "total row differs: {parts}"
    total_row_part: str = "{metric} {difference} (rows {rows}, total row {total})"
    total_row_apart: str = "total row covers other rows"
    total_row_missing: str = "no total row"
    period_row: str = "1 row of a period, in no weekly figure"
    period_rows: str = "{rows} rows of a period, in no weekly figure"
    totals_note: str = "Total rows that differ"
    totals_said: str = "Rows do not add up to their file's own total row; the rows are what this report counts."
    periods_note: str = "Figures of a period"
    periods_said: str = (
        "Figures that cover neither days nor a week from Monday to Sunday are not in this report. "
        "Export them again with a breakdown by day."
    )
    no_time: str = "no dates"
    of_spend: str = "{amount} of spend"
    weeks_note: str = "Weekly figures"
    no_days: str = "The files state this week as a whole and not its days, so single days could not be examined."
    some_days: str = (
        "{metric} of {amount} is stated for the week as a whole: it is in no daily chart, and its days could not be "
        "examined."
    )
    short_note: str = "Not all figures of this week are here"
    short_part: str = "{platform} has figures until {day} only"
    short_none: str = "{platform} has no figures in this week"
    short_said: str = (
        "{parts}; in the week before it had all. Totals and changes of this week are too low by what is missing."
    )
    vanished_note: str = "Missing in the newest file"
    vanished_kept: str = (
        "A newer file covers these days but no longer names these campaigns; {spend} of spend of this week was kept: "
        "{names}."
    )
    vanished_before: str = (
        "Spent {spend} in the week before and named by no newer file: if they still run, their figures of this week are "
        "missing: {names}."
    )
    number: str = "No."
    figure: str = "Figure"
    value: str = "Value"
    source: str = "Source"
    files: str = "Files"
    file: str = "File"
    status: str = "Status"
    rows_read: str = "Rows read"
    rows_kept: str = "Kept"
    rows_quarantined: str = "Set aside"
    rows_duplicate: str = "Duplicates"
    rows_total: str = "Totals"
    spend_read: str = "Spend in file"
    spend_current: str = "Spend in use"
    what: str = "What"
    when: str = "When"
    observed: str = "Observed"
    expected: str = "Expected"
    stake: str = "Money at stake"
    change: str = "Change"
    channel: str = "Channel"
    campaign: str = "Campaign"
    not_stated: str = "(not stated)"
    insight: str = "Worth knowing"
    money_a_week: str = "Money a week"
    sure: str = "Sure"
    nobody: str = (
        "No single part of the account is to blame: every campaign, channel and device moved as far as such parts do "
        "anyway."
    )
    whole_account: str = "The whole account"
    all_of: str = "All campaigns of {name}"
    others: str = "All others"
    total_change: str = "Total change"
    between: str = "{low} to {high}"
    attached: str = "The full report, with every figure's source, is attached: {name}"
    kinds: dict[str, str] = field(
        default_factory=lambda: {
            "spend_spike": "Spend far above normal",
            "performance_drop": "Results far below normal",
            "revenue_spike": "Revenue far above normal",
            "ctr_decline": "Click-through rate sliding",
            "budget_exhaustion": "Spend stopped",
            "tracking_outage": "No conversions counted",
            "volume_gap": "Days missing from the export",
        }
    )
    pace_sides: dict[str, str] = field(
        default_factory=lambda: {"on": "on course", "under": "will be underspent", "over": "will be overspent"}
    )
    phases: dict[str, str] = field(
        default_factory=lambda: {
            "fatigue": "{name} is wearing out: {metric} down {change} since {since} at unchanged spend.",
            "decline": "{name} is being wound down: {metric} down {change} since {since}.",
        }
    )
    severities: dict[str, str] = field(
        default_factory=lambda: {"critical": "critical", "warning": "warning", "info": "note"}
    )
    not_ads: dict[str, str] = field(
        default_factory=lambda: {
            "shop": "shop data, in no advertising figure",
            "web": "web analytics, in no advertising figure",
        }
    )
    statuses: dict[str, str] = field(default_factory=lambda: {"ok": "read", "empty": "empty", "refused": "refused"})


ENGLISH = Wording()
LANGUAGES: dict[str, Wording] = {ENGLISH.language: ENGLISH}


def wording_for(locale: str) -> Wording:
    """The words of a locale's language; English where it is not translated yet."""
    return LANGUAGES.get(locale.replace("-", "_").split("_")[0].lower(), ENGLISH)
