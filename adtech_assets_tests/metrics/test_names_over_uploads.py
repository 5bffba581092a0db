"""Names as files arrive: the name in use stays; and what damaged names and the user's own names do to slips."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from adtech_assets.metrics.naming.aliases import Aliases
from adtech_assets.metrics.naming.names import resolve
from adtech_assets.metrics.provenance import member

SNEAKERS, COATS, BRAND = "Spring Sneaker Drop Women", "Winter Coats Prospecting", "Always On Brand"
LOOKS: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.upper, str.title)


def rows_of(spellings: Iterable[str], sequence: int = 1, start: int = 0, adset: str = "A") -> list[dict[str, Any]]:
    """A row a day; each day's spelling."""
    made = {"platform": "facebook", "account": None, "channel": "Facebook", "adset": adset, "spend": 10.0}
    return [
        made | {"campaign": name, "date": dt.date(2025, 9, 1) + dt.timedelta(days=start + day), "sequence": sequence,
                "upload_id": f"u{sequence}"}
        for day, name in enumerate(spellings)
    ]  # fmt: skip


def frame(*parts: list[dict[str, Any]]) -> pl.DataFrame:
    rows = [row for part in parts for row in part]
    return pl.DataFrame(rows, schema_overrides={"account": pl.String}, infer_schema_length=None)


def with_slips(slips: dict[tuple[str, str, int], str], days: int = 28) -> pl.DataFrame:
    """Three campaigns of two ad sets, some rows misspelt: (campaign, ad set, day) -> spelling."""
    return frame(*(
        rows_of([slips.get((name, adset, day), name) for day in range(days)], adset=adset)
        for name in (SNEAKERS, COATS, BRAND) for adset in "AB"
    ))  # fmt: skip


def told(rows: pl.DataFrame, aliases: Aliases | None = None) -> dict[str, tuple[str, str, str | None]]:
    table = resolve(rows, aliases or Aliases())[1].filter(dimension="campaign")
    return {row["spelling"]: (row["name"], row["how"], row["candidate"]) for row in table.iter_rows(named=True)}


def weeks(looks: Sequence[Callable[[str], str]], name: str = SNEAKERS) -> list[list[dict[str, Any]]]:
    return [rows_of([look(name)] * 7, place + 1, 7 * place) for place, look in enumerate(looks)]


def test_the_name_stays_that_of_the_first_upload_as_files_arrive() -> None:
    files = weeks(LOOKS)
    for count in range(1, len(files) + 1):
        assert resolve(frame(*files[:count]))[0]["campaign"].unique().to_list() == [SNEAKERS.lower()]
    assert resolve(frame(*reversed(files)))[0]["campaign"].unique().to_list() == [SNEAKERS.lower()]


def test_of_one_upload_the_most_frequent_spelling_is_the_name_then_the_first_of_the_alphabet() -> None:
    first = rows_of(["spring_drop", "Spring Drop", "Spring Drop"], 1)
    assert resolve(frame(first, rows_of(["SPRING DROP"] * 9, 2, 3)))[0]["campaign"].unique().to_list() == [
        "Spring Drop"
    ]
    tied = frame(rows_of(["spring_drop", "Spring Drop"], 1), rows_of(["spring_drop"] * 9, 2, 2))
    assert resolve(tied)[0]["campaign"].unique().to_list() == ["Spring Drop"]


def test_without_the_order_of_uploads_all_rows_are_one() -> None:
    rows = frame(*weeks(LOOKS))
    for without in (rows.drop("sequence"), rows.with_columns(pl.lit(None, pl.Int64).alias("sequence"))):
        assert resolve(without)[0]["campaign"].unique().to_list() == [SNEAKERS.upper()]


def test_channels_keep_their_first_spelling_too() -> None:
    rows = frame(rows_of([BRAND] * 2, 1), rows_of([BRAND] * 9, 2, 2)).with_columns(
        pl.when(sequence=1).then(pl.lit("Brand Search")).otherwise(pl.lit("brand_search")).alias("channel")
    )
    assert resolve(rows)[0]["channel"].unique().to_list() == ["Brand Search"]


def test_of_names_that_differ_in_punctuation_the_first_stays_too() -> None:
    plain, marked = "Women Fit and Lift", "Women | Fit & Lift"
    first = rows_of([marked, plain, plain, marked, plain, plain, marked], 1)
    for days in (10, 60):
        later = rows_of([plain if day % 5 == 1 else marked for day in range(days)], 2, 7)
        assert resolve(frame(first, later))[0]["campaign"].unique().to_list() == [plain]


def test_a_slip_that_is_stated_first_still_goes_to_the_common_name() -> None:
    slip, around = rows_of(["Spring Sneaer Drop Women"], 1, 9), rows_of([SNEAKERS] * 9, 2)
    rows = frame(slip, around, rows_of([SNEAKERS] * 9, 3, 10))
    assert resolve(rows)[0]["campaign"].unique().to_list() == [SNEAKERS]


@pytest.mark.parametrize("damaged", ["Spring Sneaer Dp Womn", "sprng sneaer drp women"])
def test_a_name_too_damaged_to_be_read_blocks_no_slip_and_is_suggested(damaged: str) -> None:
    rows = with_slips({(SNEAKERS, "A", 10): "Spring Sneaer Drop Women", (SNEAKERS, "B", 20): damaged})
    found = told(rows)
    assert found["Spring Sneaer Drop Women"] == (SNEAKERS, "similar", None)
    assert found[damaged] == (damaged, "suggested", SNEAKERS)


def test_a_word_of_a_campaign_of_its_own_stays_a_word_however_small_it_is() -> None:
    beside = rows_of(["Spring Sneaer Dp Womn"], start=20)
    rows = pl.concat([with_slips({(SNEAKERS, "A", 10): "Spring Sneaer Drop Women"}), frame(beside)])
    found = told(rows)
    assert found["Spring Sneaer Dp Womn"][1] == "stated"
    assert found["Spring Sneaer Drop Women"] == ("Spring Sneaer Drop Women", "suggested", SNEAKERS)


def test_a_slip_in_a_short_word_is_suggested_but_no_other_word_is() -> None:
    rows = with_slips({
        (BRAND, "A", 9): "Always O Brand", (COATS, "A", 9): "Summer Coats Prospecting", (COATS, "B", 12): "Coats Prospecting",
        (SNEAKERS, "A", 3): "Spring Sneaker Drop Men", (SNEAKERS, "B", 9): "Spring Sneaker Drop Women UK",
    })  # fmt: skip
    assert {name for name, (_, how, _) in told(rows).items() if how == "suggested"} == {"Always O Brand"}


def test_a_list_of_the_users_breaks_no_other_slip() -> None:
    slips = {(SNEAKERS, "A", 10): "Spring Sneaer Drop Women", (COATS, "A", 12): "Wintr Coats Prospecting",
             (BRAND, "B", 14): "Alwas On Brand"}  # fmt: skip
    rows = with_slips(slips)
    assert {how for spelling, (_, how, _) in told(rows).items() if spelling in slips.values()} == {"similar"}
    for first in ("Master", SNEAKERS):
        same = Aliases.model_validate({"campaign": {"same": [list(dict.fromkeys([first, SNEAKERS, COATS]))]}})
        assert set(resolve(rows, same)[0]["campaign"]) == {first, BRAND}
        out, _ = resolve(rows, same)
        assert resolve(out, same)[0].equals(out)


def test_a_name_the_user_has_given_is_no_slip() -> None:
    rows = with_slips({(SNEAKERS, "A", 10): "Spring Sneaer Drop Women"})
    same = Aliases.model_validate({"campaign": {"same": [["Test", "Spring Sneaer Drop Women"]]}})
    assert told(rows, same)["Spring Sneaer Drop Women"] == ("Test", "alias", None)


def test_a_person_may_write_another_spelling_of_an_alias() -> None:
    same = Aliases.model_validate({"campaign": {"same": [["Frühling", "Spring Sneaker Drop"]]}})
    out, names = resolve(frame(rows_of(["Spring_Sneaker_Drop"] * 5)), same)
    assert member("campaign", "spring  sneaker drop", out, names) == "Frühling"
    assert member("campaign", "winter sneaker drop", out, names) is None
    two = pl.concat([names, names.with_columns(pl.lit("SPRING Sneaker Drop").alias("spelling"), name=pl.lit("Other"))])
    cleaned = pl.DataFrame({"campaign": ["Frühling", "Other"]})
    assert member("campaign", "spring  sneaker drop", cleaned, two) is None


SPELLINGS = st.sampled_from([
    SNEAKERS, SNEAKERS.upper(), "spring_sneaker_drop_women", "Spring Sneaer Drop Women", "Spring Sneaer Dp Womn", BRAND,
    "Always | On & Brand", "Alwas On Brand", "Always O Brand", COATS, "Master",
])  # fmt: skip
LISTS = st.lists(st.sampled_from([SNEAKERS, COATS, "Spring Sneaer Dp Womn", "Frühling"]), min_size=2, unique=True)


@hypothesis(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(SPELLINGS, min_size=1, max_size=4), min_size=1, max_size=4),
    st.one_of(st.none(), LISTS),
    st.randoms(use_true_random=False),
)
def test_order_of_rows_changes_nothing_and_what_is_resolved_stays(
    odd: list[list[str]], same: list[str] | None, rng: Any
) -> None:
    whole = [rows_of([name] * 40, adset=adset) for name in (SNEAKERS, BRAND) for adset in "AB"]
    extra = [rows_of(group, place + 1, 5 + 8 * place, adset="AB"[place % 2]) for place, group in enumerate(odd)]
    taken = {(row["date"], row["adset"]) for part in extra for row in part}
    left = [[row for row in part if (row["date"], row["adset"]) not in taken] for part in whole]
    rows = frame(*left, *extra)
    aliases = Aliases.model_validate({"campaign": {"same": [same]}} if same else {})
    out, table = resolve(rows, aliases)
    assert resolve(out, aliases)[0].equals(out)
    order = list(range(rows.height))
    rng.shuffle(order)
    shuffled, other = resolve(rows[order], aliases)
    assert other.equals(table) and shuffled.equals(out[order])
