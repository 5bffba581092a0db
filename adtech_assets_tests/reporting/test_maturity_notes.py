"""What the report says of figures that still move: the fresh week, and the week before since it was reported."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from report_fixture import WEEK, report_content

from adtech_assets.metrics.succession.maturity import Drift
from adtech_assets.reporting.content import account_of
from adtech_assets.reporting.maturity_notes import fresh_said, since_reported
from adtech_assets.reporting.notes import build_notes


def before(**changed: float) -> dict[str, Any]:
    """The week before as reported: as it is now, but for these differences."""
    now = account_of(report_content().weekly, WEEK - dt.timedelta(days=7))
    return {**now, **{name: now[name] - by for name, by in changed.items()}}


def said(restated: dict[str, float] | None = None, **changed: float) -> str | None:
    return since_reported(
        report_content(as_reported=before(**changed), restated=changed if restated is None else restated)
    )


def test_late_conversions_are_said_with_the_roas_they_moved() -> None:
    text = said(conversions=4.0, revenue=812.5)
    assert text is not None and text.startswith("ROAS of ") and "was " in text and "when reported and is " in text
    assert text.endswith("now: 4 late conversions, revenue +€812.50.")


@pytest.mark.parametrize(
    ("by", "words"),
    [(1.0, "1 late conversion,"), (-1.0, "1 conversion fewer,"), (-2.5, "2.5 conversions fewer,")],
)
def test_one_several_and_taken_back(by: float, words: str) -> None:
    text = said(conversions=by, revenue=200.0 * by)
    assert text is not None and words in text


def test_what_the_files_did_not_hold_then_is_no_late_conversion() -> None:
    text = said({"conversions": 1.0, "revenue": 50.0}, conversions=9.0, revenue=450.0, spend=120.0)
    assert text is not None and "1 late conversion, revenue +€50.00" in text
    assert "figures that the files did not hold then (conversions +8, revenue +€400.00, spend +€120.00)" in text


def test_nothing_is_said_where_nothing_changed_or_nothing_was_reported() -> None:
    assert said() is None and since_reported(report_content()) is None


def test_a_fresh_week_is_provisional_with_the_clients_own_drift_once_it_is_known() -> None:
    assert fresh_said(report_content()) is None
    unknown = fresh_said(report_content(fresh=True))
    assert unknown is not None and "is known once exports of more weeks have been read" in unknown
    drift = {"conversions": Drift(0.04, 0.02, 0.06, 6, 28), "spend": Drift(0.0, 0.0, 0.0, 6, 28)}
    known = fresh_said(report_content(fresh=True, drift=drift))
    assert (
        known is not None and "conversions +4.0% (+2.0% to +6.0%) (median of 6 weeks" in known and "spend" not in known
    )
    still = fresh_said(report_content(fresh=True, drift={"spend": drift["spend"]}))
    assert (
        still is not None
        and "Within 28 days a fresh week of this client has usually not moved (median of 6 weeks)" in still
    )
    assert "Provisional" in [note.title for note in build_notes(report_content(fresh=True))]


def test_a_fresh_week_is_compared_with_the_week_before_as_young_as_it_is() -> None:
    now = account_of(report_content().weekly, WEEK)
    then = now["revenue"] / 1.02
    text = fresh_said(report_content(fresh=True, at_same_age={"revenue": then}))
    assert text is not None and "When it was as young, the week before stood at revenue €" in text
    assert "(this week +2.0%)" in text
    same = now["revenue"] / (1 + now["revenue_change"])
    assert "as young" not in str(fresh_said(report_content(fresh=True, at_same_age={"revenue": same})))
