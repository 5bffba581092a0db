"""What a reader must know about the data: revised, refused, set aside, of a period, restated, recovered, simulated.

Belongs here: sentences about the data's state, each only where it holds. Does not: anything about performance.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from adtech_assets.exports.vocabulary import vocabularies
from adtech_assets.metrics.model import semantic_model
from adtech_assets.reporting.content import ReportContent
from adtech_assets.reporting.file_remarks import concerned, differences, differing
from adtech_assets.reporting.maturity_notes import UNSEEN_AMOUNT, fresh_said, since_reported


@dataclass(frozen=True)
class DataNote:
    """One note: a short title and a sentence or two. `strong`: the reader should act on it or beware."""

    title: str
    text: str
    strong: bool = False


def build_notes(content: ReportContent, examples: int = 3) -> tuple[DataNote, ...]:
    """All notes that hold for this report; of long lists only `examples` are named."""
    notes = (
        _revised(content), _short(content), _provisional(content), _since_reported(content),
        _refused(content, examples),
        _totals(content, examples), _periods(content, examples), _weeks(content), _quarantined(content),
        _duplicates(content), _restated(content, examples), _renamed(content, examples), _vanished(content, examples),
        _recovered(content), _simulated(content),
    )  # fmt: skip
    return tuple(note for note in notes if note is not None)


def _revised(content: ReportContent) -> DataNote | None:
    if not content.revised:
        return None
    text = content.revision_note or "This report replaces an earlier one: figures of the week have changed since."
    return DataNote(f"Revised, version {content.version}", text, strong=True)


def _provisional(content: ReportContent) -> DataNote | None:
    now, said = content.account_row, fresh_said(content)
    if now.get("complete") is False:
        short = f"The files do not reach Sunday yet: figures cover {now['days']} days of the week."
        return DataNote(content.wording.provisional, " ".join(filter(None, [short, said])), strong=True)
    return DataNote(content.wording.provisional, said) if said else None


def _short(content: ReportContent) -> DataNote | None:
    """Platforms that had figures on every day of the week before and have none on the last days of this one."""
    words, parts = content.wording, []
    for platform, last in content.short_platforms:
        title = next((v.title for v in vocabularies() if v.platform == platform), platform)
        day = content.figures.short_days(last, last) if last else ""
        parts.append((words.short_part if last else words.short_none).format(platform=title, day=day))
    return DataNote(words.short_note, words.short_said.format(parts=", ".join(parts)), strong=True) if parts else None


def _since_reported(content: ReportContent) -> DataNote | None:
    said = since_reported(content)
    return DataNote(content.wording.reported_note, said, strong=True) if said else None


def _renamed(content: ReportContent, examples: int) -> DataNote | None:
    renamed = content.renames
    if renamed.is_empty():
        return None
    words = content.wording
    named = [words.renamed_part.format(old=row["old"], new=row["new"]) for row in renamed.tail(examples).to_dicts()]
    listed = "; ".join([*named, *_rest(renamed.height - examples)])
    return DataNote(words.renamed_note, words.renamed_said.format(names=listed))


def _refused(content: ReportContent, examples: int) -> DataNote | None:
    refused = content.uploads.filter(pl.col("status") == "refused").sort("sequence", descending=True)
    if refused.is_empty():
        return None
    named = [f"{row['file']}: {row['reason'] or 'no reason was recorded'}" for row in refused.head(examples).to_dicts()]
    title = "One file was refused" if refused.height == 1 else f"{refused.height} files were refused"
    return DataNote(title, " ".join([*named, *_rest(refused.height - examples)]), strong=True)


def _totals(content: ReportContent, examples: int) -> DataNote | None:
    """Files of the compared weeks whose rows are not their total row."""
    wrong = differing(content.checksums)
    files = concerned(content).filter(pl.col("upload_id").is_in(wrong["upload_id"].to_list()))
    if files.is_empty():
        return None
    named = [
        f"{row['file']}: {differences(content, row, wrong.filter(upload_id=row['upload_id']))}."
        for row in files.head(examples).to_dicts()
    ]
    words = content.wording
    return DataNote(
        words.totals_note, " ".join([words.totals_said, *named, *_rest(files.height - examples)]), strong=True
    )


def _periods(content: ReportContent, examples: int) -> DataNote | None:
    """Files of the compared weeks that state a period, and how much of it is therefore missing."""
    periods = content.conservation.filter(pl.col("rows_period") > 0).select("upload_id", "spend_period")
    files = concerned(content).join(periods, on="upload_id", maintain_order="left")
    if files.is_empty():
        return None
    words, figures = content.wording, content.figures
    named = []
    for row in files.head(examples).to_dicts():
        dated = row["period_start"] is not None and row["period_end"] is not None
        parts = [figures.days(row["period_start"], row["period_end"]) if dated else words.no_time]
        if row["spend_period"]:
            parts.append(words.of_spend.format(amount=figures.money(row["spend_period"], exact=True)))
        named.append(f"{row['file']}: {', '.join(parts)}.")
    return DataNote(
        words.periods_note, " ".join([words.periods_said, *named, *_rest(files.height - examples)]), strong=True
    )


def _weeks(content: ReportContent) -> DataNote | None:
    """What of the week is stated as a whole beside days; without any days the page says so where it tells of them."""
    words, days = content.wording, content.days_of_week
    known = [metric for metric in semantic_model().additive if content.account_row.get(metric) is not None]
    if not known or days.is_empty():
        return None
    metric = known[0]
    rest = float(content.account_row[metric]) - _sum(days, metric)
    if rest < UNSEEN_AMOUNT:
        return None
    label, amount = semantic_model().metric(metric).label, content.figures.of(metric, rest, exact=True)
    return DataNote(words.weeks_note, words.some_days.format(metric=label, amount=amount))


def _quarantined(content: ReportContent) -> DataNote | None:
    if content.quarantine.is_empty():
        return None
    spend = _sum(content.quarantine, "spend")
    rows = content.figures.count(content.quarantine.height)
    about = (
        f" They state {content.figures.money(spend, exact=True)} of spend, which this report does not count."
        if spend
        else ""
    )
    one = content.quarantine.height == 1
    said = "1 row could not be used and was set aside with its reason." if one else (
        f"{rows} rows could not be used and were set aside, each with its reason.")  # fmt: skip
    return DataNote("Rows set aside", said + about)


def _duplicates(content: ReportContent) -> DataNote | None:
    rows = _sum(content.conservation, "rows_duplicate")
    if not rows:
        return None
    said = (
        "1 row is an exact copy of another and was"
        if rows == 1
        else f"{content.figures.count(rows)} rows are exact copies of others and were"
    )
    return DataNote("Duplicates", f"{said} counted once.")


def _restated(content: ReportContent, examples: int) -> DataNote | None:
    changed = content.restatements
    if changed.is_empty():
        return None
    sums = changed.group_by("metric").agg(pl.len().alias("n"), (pl.col("new") - pl.col("old")).sum().alias("by"))
    parts = [
        f"{semantic_model().metric(row['metric']).label} {content.figures.signed(row['metric'], row['by'])}"
        for row in sums.sort("n", "metric", descending=[True, False]).head(examples).to_dicts()
        if row["metric"] in semantic_model().additive
    ]
    count = content.figures.count(changed.height)
    said = "1 figure of this week was" if changed.height == 1 else f"{count} figures of this week were"
    moved = f" In sum: {', '.join(parts)}." if parts else ""
    return DataNote("Restated by the platform", f"{said} changed by a newer file; the newest value counts.{moved}")


def _vanished(content: ReportContent, examples: int) -> DataNote | None:
    """Campaigns a newer file no longer names: their days of this week are kept; those that ran until the week before
    may be missing in this week."""
    in_week = content.vanished.filter(pl.col("date") >= content.week)
    ended = content.vanished.join(in_week, on=["platform", "campaign"], how="anti")
    running = content.weekly.filter(week=content.week, level="campaign").get_column("member")
    ended = ended.filter(~pl.col("campaign").is_in(running.implode()))
    words, said = content.wording, []
    for rows, template in ((in_week, words.vanished_kept), (ended, words.vanished_before)):
        if rows.height:
            spend = content.figures.money(float(rows["spend"].sum()), exact=True)
            said.append(template.format(spend=spend, names=_largest(rows, examples)))
    return DataNote(words.vanished_note, " ".join(said), strong=True) if said else None


def _largest(rows: pl.DataFrame, examples: int) -> str:
    """The campaigns with the most spend."""
    by_spend = rows.group_by("campaign").agg(pl.col("spend").sum()).sort("spend", "campaign", descending=[True, False])
    named = ", ".join(name or "(no name)" for name in by_spend.get_column("campaign").head(examples))
    more = by_spend.height - examples
    return f"{named} and {more} more" if more > 0 else named


def _recovered(content: ReportContent) -> DataNote | None:
    spend = _sum(content.conservation, "spend_recovered")
    if not spend:
        return None
    money, within = content.figures.money, _sum(content.conservation, "spend_recovered_error")
    bound = f", to within {money(within, exact=True)}" if within >= UNSEEN_AMOUNT else ""
    text = f"{money(spend, exact=True)} of spend was missing in the files and recovered from the same row's own ratios{bound}."
    return DataNote("Recovered values", text)


def _simulated(content: ReportContent) -> DataNote | None:
    if not content.simulated:
        return None
    return DataNote(
        "Simulated weather",
        "Weather beside the figures is simulated, not measured: take no decision on it.",
        strong=True,
    )


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].fill_null(0).sum())


def _rest(count: int) -> list[str]:
    return [f"And {count} more."] if count > 0 else []
