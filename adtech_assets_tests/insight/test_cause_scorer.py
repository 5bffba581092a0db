"""The scorer of root causes against figures worked out by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from bench.cause_scorer import EVERY_CASE, HARD, Leaves, Tally, reliability, score, text_of

#: Campaign c1 lives on one platform, in one country.
LEAVES = Leaves(
    pl.DataFrame({
        "platform": ["p", "p", "q", "q"], "campaign": ["c1", "c2", "c3", "c3"], "country": ["AT", "BE", "AT", "BE"],
        "clicks": [1, 2, 3, 4],
    })
)  # fmt: skip
TWO = {
    "causes": ["campaign=c1", "platform=q&country=BE"],
    "effects": ["volume", "rate"],
    "kind": "double",
    "null": False,
}
NONE = {"causes": [], "effects": [], "kind": "null", "null": True, "tier": "hard"}


def scored(label: dict[str, Any], *causes: object) -> Tally:
    return score({"x": label}, {"x": LEAVES}, {"x": {"causes": list(causes)}})[EVERY_CASE]


def test_the_truth_scores_one_and_silence_nothing() -> None:
    right = scored(TWO, *TWO["causes"])
    assert (right.f1, right.exactly, right.top1) == (1, 1, 1)
    silent = scored(TWO)
    assert (silent.f1, silent.exactly, silent.top1, silent.precision) == (0, 0, 0, None)


def test_segments_that_select_the_same_rows_are_the_same_and_count_once() -> None:
    again = scored(TWO, "country=AT&platform=p", "campaign=c1")
    assert (again.hits, again.invented, again.missed) == (1, 0, 1)


def test_a_wrong_segment_and_an_unknown_dimension_are_invented() -> None:
    wrong = scored(TWO, "platform=q", "campaign=c1", "colour=red")
    assert (wrong.hits, wrong.invented, wrong.missed, wrong.first_right) == (1, 2, 1, 0)
    assert wrong.precision == pytest.approx(1 / 3)
    assert scored(TWO, "ALL").invented == 1


def test_where_nothing_is_to_blame_a_segment_is_a_false_alarm_and_the_whole_account_none() -> None:
    assert (scored(NONE).exactly, scored(NONE).false_alarms) == (1, 0)
    assert scored(NONE, "ALL").exactly == 1
    assert (scored(NONE, "country=BE").false_alarms, scored(NONE, "country=BE").exactly) == (1, 0)


def test_effects_count_where_the_segment_is_right() -> None:
    told = scored(
        TWO,
        {"segment": {"campaign": "c1"}, "effect": "volume"},
        {"segment": {"country": "BE", "platform": "q"}, "effect": "mix"},
        {"segment": "platform=q", "effect": "rate"},
    )
    assert told.effect_right == 0.5


def test_confidence_is_judged_on_first_answers() -> None:
    sure = {"causes": [{"segment": "campaign=c1", "confidence": 0.9}, {"segment": "platform=q", "confidence": 0.2}]}
    wrong = {"causes": [{"segment": "campaign=c2", "confidence": 0.6}]}
    tally = score({"a": TWO, "b": TWO}, {"a": LEAVES, "b": LEAVES}, {"a": sure, "b": wrong})[EVERY_CASE]
    assert tally.brier == pytest.approx((0.1**2 + 0.6**2) / 2)
    assert tally.auc == 1
    assert reliability(tally.every) == [
        (0.0, 0.5, 1, 0.2, 0.0), (0.6, 0.7, 1, 0.6, 0.0), (0.9, 0.95, 1, 0.9, 1.0),
    ]  # fmt: skip


def test_cases_count_in_their_kind_their_tier_and_everywhere_and_missing_answers_are_empty() -> None:
    tallies = score({"a": TWO, "b": NONE}, {"a": LEAVES, "b": LEAVES}, {})
    assert {name: tally.cases for name, tally in tallies.items()} == {"double": 1, "null": 1, HARD: 1, EVERY_CASE: 2}


def test_a_segment_has_one_spelling() -> None:
    assert text_of("b=2 & a=1") == text_of({"b": "2", "a": "1"}) == "a=1&b=2"
    assert text_of("") == text_of({}) == text_of("ALL") == "ALL"
