"""Spellings of one campaign become one; names that are two stay two, however alike."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from adtech_assets.metrics.naming.aliases import Aliases
from adtech_assets.metrics.naming.names import resolve
from adtech_assets.metrics.naming.spelling import digits, normal
from adtech_assets.settings import Names
from adtech_assets.tables import NAMES

NAME, SLIP = "Women Linen Launch", "Women Linen Lunch"


def series(name: str, days: Iterable[int], **other: Any) -> list[dict[str, Any]]:
    made = {"campaign": name, "channel": "Search", "platform": "google_ads", "account": None, "upload_id": "u1",
            "campaign_id": None, "adset": None, "country": None, "device": None, "spend": 100.0}  # fmt: skip
    return [made | {"date": dt.date(2025, 1, 1) + dt.timedelta(days=day)} | other for day in days]


def frame(*parts: list[dict[str, Any]]) -> pl.DataFrame:
    texts = ("account", "campaign_id", "adset", "country", "device", "campaign")
    rows = [row for part in parts for row in part]
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(texts, pl.String), infer_schema_length=None)


def names_of(rows: pl.DataFrame, aliases: Aliases | None = None, settings: Names | None = None) -> dict[str, str]:
    _, table = resolve(rows, aliases or Aliases(), settings or Names())
    assert table.schema == NAMES.schema
    return dict(table.filter(dimension="campaign").select("spelling", "name").iter_rows())


def told(rows: pl.DataFrame, spelling: str, **also: Any) -> tuple[str, str | None]:
    _, table = resolve(rows, **also)
    return table.filter(dimension="campaign", spelling=spelling).select("how", "candidate").row(0)  # type: ignore[return-value]


def holed(*days: int, total: int = 60) -> list[int]:
    return [day for day in range(total) if day not in days]


def test_a_misspelt_row_that_is_missing_from_the_right_series_comes_home() -> None:
    rows = frame(series(NAME, holed(20, 40)), series(SLIP, [20, 40]))
    assert names_of(rows) == {NAME: NAME, SLIP: NAME}
    assert told(rows, SLIP) == ("similar", None)
    assert resolve(rows)[1].filter(spelling=SLIP)["score"].item() > 90


@pytest.mark.parametrize("why", ["side by side", "after", "before", "run", "often", "bigger", "elsewhere"])
def test_it_stays_apart_where_the_rows_do_not_say_so(why: str) -> None:
    rows = {
        "side by side": [series(NAME, range(60)), series(SLIP, [20])],
        "after": [series(NAME, range(57)), series(SLIP, [58, 59])],
        "before": [series(NAME, range(3, 60)), series(SLIP, [1, 2])],
        "run": [series(NAME, holed(20, 21, 22)), series(SLIP, [20, 21, 22])],
        "often": [series(NAME, holed(*range(1, 60, 4))), series(SLIP, range(1, 60, 4))],
        "bigger": [series(NAME, holed(20)), series(SLIP, [20], spend=5_000.0)],
        "elsewhere": [series(NAME, holed(20), adset="A"), series(SLIP, [20], adset="B")],
    }[why]
    assert names_of(frame(*rows)) == {NAME: NAME, SLIP: SLIP}
    expected = ("stated", None) if why == "side by side" else ("suggested", NAME)
    assert told(frame(*rows), SLIP) == expected


def test_ad_sets_tell_where_a_row_is_missing() -> None:
    parts = [series(NAME, holed(20) if adset == "A" else range(60), adset=adset) for adset in "ABC"]
    assert names_of(frame(*parts, series(SLIP, [20], adset="A")))[SLIP] == NAME
    assert names_of(frame(*parts, series(SLIP, [20], adset="B")))[SLIP] == SLIP
    # On the last day one side is enough, for the campaign's other ad sets run that very day.
    ends = [series(NAME, range(59) if adset == "A" else range(60), adset=adset) for adset in "ABC"]
    assert names_of(frame(*ends, series(SLIP, [59], adset="A")))[SLIP] == NAME


def test_another_file_with_the_right_name_on_that_day_speaks_not_against_it() -> None:
    rows = frame(series(NAME, holed(20)), series(SLIP, [20]), series(NAME, range(15, 25), upload_id="u2"))
    assert names_of(rows)[SLIP] == NAME


def test_a_word_that_other_campaigns_use_is_no_slip() -> None:
    lunch = series("Summer Lunch Deals Berlin", range(60))
    rows = frame(series(NAME, holed(20)), series(SLIP, [20]), lunch)
    assert told(rows, SLIP) == ("suggested", NAME)


def test_where_two_names_fit_neither_is_taken() -> None:
    rows = frame(
        series("Garden Hoses Promo", holed(20)),
        series("Garden Noses Promo", holed(20)),
        series("Garden oses Promo", [20]),
    )
    assert names_of(rows)["Garden oses Promo"] == "Garden oses Promo"


def test_two_slips_that_fill_one_hole_stay_apart() -> None:
    rows = frame(series(NAME, holed(20)), series(SLIP, [20]), series("Women Linen Lanch", [20]))
    assert len(set(names_of(rows).values())) == 3


def test_punctuation_and_connectives_need_one_series_too() -> None:
    one, other = "Women | Fit & Lift", "Women Fit and Lift"
    assert names_of(frame(series(one, holed(*range(1, 59, 3))), series(other, range(1, 59, 3))))[other] == one
    assert names_of(frame(series(one, range(60)), series(other, range(30))))[other] == other


def test_short_names_and_a_switch_turn_it_off() -> None:
    assert names_of(frame(series("Gardens", holed(20)), series("Gardns", [20])))["Gardns"] == "Gardns"
    rows = frame(series(NAME, holed(20)), series(SLIP, [20]))
    assert names_of(rows, settings=Names(fuzzy=False))[SLIP] == SLIP
    assert told(rows, SLIP, settings=Names(fuzzy=False)) == ("stated", None)


def test_the_user_has_the_last_word() -> None:
    brands = series("linen_brand", range(9)), series("Linen Brand", range(9, 60))
    rows = frame(series(NAME, holed(20)), series(SLIP, [20]), *brands)
    apart = Aliases.model_validate({"campaign": {"apart": [[NAME, SLIP], ["linen_brand", "Linen Brand"]]}})
    assert names_of(rows, apart) == {name: name for name in rows["campaign"].unique()}
    same = Aliases.model_validate({"campaign": {"same": [["Linen Brand", NAME]]}})
    assert names_of(rows, same)[NAME] == "Linen Brand" and told(rows, NAME, aliases=same) == ("alias", None)


def test_slips_of_a_name_the_user_has_changed_come_home_too() -> None:
    rows = frame(series(NAME, holed(20)), series(SLIP, [20]))
    same = Aliases.model_validate({"campaign": {"same": [["Linen", NAME]]}})
    assert names_of(rows, same) == {NAME: "Linen", SLIP: "Linen"}
    out, _ = resolve(rows, same)
    assert resolve(out, same)[0].equals(out)


def test_different_ids_are_different_campaigns_even_of_the_same_letters() -> None:
    rows = frame(series("Brand X", range(60), campaign_id="1"), series("brand_x", range(60), campaign_id="2"))
    assert names_of(rows) == {"Brand X": "Brand X", "brand_x": "brand_x"}
    slips = frame(series(NAME, holed(20), campaign_id="1"), series(SLIP, [20], campaign_id="2"))
    assert told(slips, SLIP) == ("stated", None)


def test_one_id_is_one_campaign_under_its_newest_name() -> None:
    rows = frame(series("Old Idea", range(30), campaign_id="17"), series("New Idea", range(30, 60), campaign_id="17"))
    assert names_of(rows) == {"Old Idea": "New Idea", "New Idea": "New Idea"}
    assert told(rows, "Old Idea") == ("same id", None)


@pytest.mark.parametrize("spoilt", ["1.2E+17", "120212000000000000", "1,20E+17"])
def test_ids_a_spreadsheet_has_rounded_prove_nothing(spoilt: str) -> None:
    rows = frame(series("Old Idea", range(60), campaign_id=spoilt), series("New Idea", range(60), campaign_id=spoilt))
    assert len(set(names_of(rows).values())) == 2


def test_countries_devices_and_channels_become_one_word() -> None:
    rows = frame(
        series("A", range(3), country="UK", device="Computers", channel="fb"),
        series("A", range(3), country="United Kingdom", device="desktop", channel="Facebook"),
        series("A", range(3), country="London", device="Fridge", channel="Radio"),
    )
    out, table = resolve(rows)
    assert out.select(pl.col("country", "device", "channel").unique().sort()).rows() == [
        ("GB", "Desktop", "Facebook"), ("London", "Fridge", "Radio")]  # fmt: skip
    assert table.filter(dimension="country", spelling="UK").select("name", "how").row(0) == ("GB", "known word")
    apart = Aliases.model_validate(
        {"country": {"apart": [["UK", "United Kingdom"]]}, "device": {"same": [["PC", "Desktop"]]}}
    )
    out, _ = resolve(rows, apart)
    assert out["country"].n_unique() == 3 and set(out["device"]) == {"PC", "Fridge"}


def test_rows_without_days_campaigns_or_anything_are_left_alone() -> None:
    assert resolve(frame(series(NAME, [1])).clear())[1].is_empty()
    assert resolve(pl.DataFrame({"campaign": ["A", None, "a"]}))[0]["campaign"].to_list() == ["A", None, "A"]
    undated = frame(series(NAME, holed(20)), series(SLIP, [20])).with_columns(pl.lit(None, pl.Date).alias("date"))
    assert names_of(undated)[SLIP] == SLIP


WORDS = st.sampled_from(
    ["Linen", "Lnen", "Launch", "Lunch", "Women", "Wmen", "women", "wo-en", "2", "3", "Q1", "|", "&", "US"]
)
CAMPAIGNS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


@st.composite
def any_rows(draw: st.DrawFn) -> pl.DataFrame:
    made = []
    for name in draw(st.lists(CAMPAIGNS, min_size=2, max_size=7)):
        days = draw(st.one_of(st.lists(st.integers(0, 40), min_size=1, max_size=3), st.just(list(range(41)))))
        adset, identity = draw(st.sampled_from([None, "A", "B"])), draw(st.sampled_from([None, None, "1", "2"]))
        made.append(
            series(name, days, adset=adset, campaign_id=identity, country=draw(st.sampled_from([None, "UK", "gb"])))
        )
    slip = draw(st.integers(1, 39))
    return frame(*made, series("Women Linen Launch", holed(slip, total=41)), series("Women Linen Lunch", [slip]))


@hypothesis(max_examples=60, deadline=None)
@given(any_rows(), st.randoms(use_true_random=False))
def test_whatever_the_rows_resolving_is_stable_and_loses_nothing(rows: pl.DataFrame, rng: Any) -> None:
    out, table = resolve(rows)
    again, unchanged = resolve(out)
    assert again.equals(out)
    assert (unchanged["spelling"] == unchanged["name"]).all()
    order = list(range(rows.height))
    rng.shuffle(order)
    shuffled, other = resolve(rows[order])
    assert other.equals(table) and shuffled.equals(out[order])
    kept = [c for c in rows.columns if c not in ("campaign", "channel", "country", "device")]
    assert out.select(kept).equals(rows.select(kept))


@hypothesis(max_examples=60, deadline=None)
@given(any_rows())
def test_names_whose_digits_differ_never_become_one(rows: pl.DataFrame) -> None:
    found = names_of(rows.with_columns(pl.lit(None, pl.String).alias("campaign_id")))
    assert all(digits(normal(spelling)) == digits(normal(name)) for spelling, name in found.items())
