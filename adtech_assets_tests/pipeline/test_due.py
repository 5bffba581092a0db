"""Which reports are due follows from fingerprints alone."""

import datetime as dt

from adtech_assets.pipeline.due import Due, plan

FIRST, SECOND, THIRD = (dt.date(2025, 1, 6) + dt.timedelta(weeks=i) for i in range(3))


def test_the_latest_complete_week_is_due_once() -> None:
    current = {FIRST: "a", SECOND: "b", THIRD: "c"}
    assert plan(current, {FIRST, SECOND}, {}, set()) == [Due(SECOND, "b", "new")]
    assert plan(current, {FIRST, SECOND}, {SECOND: "b"}, set()) == []


def test_a_year_dropped_at_once_asks_for_one_report() -> None:
    current = {FIRST + dt.timedelta(weeks=i): str(i) for i in range(52)}
    assert len(plan(current, set(current), {}, set())) == 1


def test_every_reported_week_whose_figures_changed_is_due_again_oldest_first() -> None:
    current = {FIRST: "new", SECOND: "b", THIRD: "c"}
    assert plan(current, {FIRST, SECOND, THIRD}, {SECOND: "b", FIRST: "old"}, set()) == [
        Due(FIRST, "new", "revised"),
        Due(THIRD, "c", "new"),
    ]


def test_a_reported_week_whose_figures_are_gone_asks_for_nothing() -> None:
    assert plan({}, set(), {FIRST: "old"}, set()) == []


def test_a_report_that_could_not_be_mailed_is_due_until_it_is_but_old_backfills_are_not() -> None:
    current = {FIRST: "a", SECOND: "b"}
    assert plan(current, {FIRST, SECOND}, current, {FIRST, SECOND}) == [Due(SECOND, "b", "undelivered")]
    assert plan(current, {FIRST, SECOND}, current, {FIRST}) == []
