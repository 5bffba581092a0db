"""Which reports are due follows from fingerprints alone."""

import datetime as dt

from adtech_assets.pipeline.due import Due, plan

FIRST, SECOND, THIRD = (dt.date(2025, 1, 6) + dt.timedelta(weeks=i) for i in range(3))


def test_the_latest_complete_week_is_due_once() -> None:
    current = {FIRST: "a", SECOND: "b", THIRD: "c"}
    assert plan(current, {FIRST, SECOND}, {}) == [Due(SECOND, "b", "new")]
    assert plan(current, {FIRST, SECOND}, {SECOND: "b"}) == []


def test_a_year_dropped_at_once_asks_for_one_report() -> None:
    current = {FIRST + dt.timedelta(weeks=i): str(i) for i in range(52)}
    assert len(plan(current, set(current), {})) == 1


def test_every_reported_week_whose_figures_changed_is_due_again_oldest_first() -> None:
    current = {FIRST: "new", SECOND: "b", THIRD: "c"}
    assert plan(current, {FIRST, SECOND, THIRD}, {SECOND: "b", FIRST: "old"}) == [
        Due(FIRST, "new", "revised"),
        Due(THIRD, "c", "new"),
    ]


def test_a_reported_week_whose_figures_are_gone_asks_for_nothing() -> None:
    assert plan({}, set(), {FIRST: "old"}) == []
