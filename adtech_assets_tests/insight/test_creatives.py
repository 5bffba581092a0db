"""Messages are judged like with like and by what is enough; themes that hold are those that lift."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adtech_assets.insight.creatives.messages import messages_of, plain_text, reads_like_text
from adtech_assets.insight.creatives.performance import RATES, goal_of, message_performance
from adtech_assets.insight.creatives.themes import found_themes, themes_of
from adtech_assets.insight.creatives.vocabulary import LANGUAGES, language_of, selling_points, vocabulary
from adtech_assets.insight.creatives.writer import draft_messages
from adtech_assets.metrics.model import ADDITIVE
from adtech_assets.tables import CLEANED
from adtech_assets_tests.insight.creative_accounts import FURNITURE, SINCE, UNTIL, account, row


@pytest.fixture(scope="module")
def furniture() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Performance and themes of an account with two openings that work."""
    cleaned = account(FURNITURE)
    return message_performance(cleaned, SINCE, UNTIL), themes_of(messages_of(cleaned, SINCE, UNTIL))


# --- messages ------------------------------------------------------------------------------------------------------


def test_every_figure_of_a_row_with_a_message_is_in_one_message() -> None:
    cleaned = account(FURNITURE)
    performance = message_performance(cleaned, SINCE, UNTIL)
    for name in ADDITIVE:
        assert math.isclose(performance[name].sum(), cleaned[name].sum(), rel_tol=1e-9)


def test_an_ads_name_is_its_message_only_where_it_reads_like_a_text() -> None:
    names = {"Sleep well under our wool": 1.0, "Video_v2_FB": 1.0, "Spring Launch Broad DE": 1.0}
    cleaned = account(names).with_columns(ad=pl.col("creative_message"), creative_message=pl.lit(None, pl.String))
    messages = messages_of(cleaned, SINCE, UNTIL)
    assert messages["message"].unique().to_list() == ["Sleep well under our wool"]
    assert messages["source"].unique().to_list() == ["ad"]
    assert not reads_like_text("")


def test_white_space_and_invisible_characters_make_no_other_message() -> None:
    cleaned = account({"Sanded by hand": 1.0, " Sanded\u200b  by\nhand ": 1.0})
    assert messages_of(cleaned, SINCE, UNTIL)["message_id"].n_unique() == 1
    assert plain_text("a\u202eb\x00c") == "abc"


def test_only_rows_that_lie_wholly_within_the_days_count() -> None:
    week = account({"Sanded by hand": 1.0}, days=1, campaigns=(1.0,)).with_columns(
        days=pl.lit(7), last_day=pl.lit(UNTIL)
    )
    assert messages_of(week, SINCE, UNTIL).height == 1
    assert messages_of(week, SINCE, UNTIL - dt.timedelta(1)).is_empty()


# --- performance ---------------------------------------------------------------------------------------------------


def test_the_messages_that_were_made_better_are_found_and_no_others(
    furniture: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    performance, _ = furniture
    good = {text for text, factor in FURNITURE.items() if factor > 1}
    assert set(performance.filter(pl.col("ctr_better") > 0.9)["message"]) == good
    for text in good:
        # 1.9 against the mean of the others.
        assert abs(row(performance, text)["ctr_lift"] - (1.9 / ((7 * 1.9 + 16) / 23) - 1)) < 0.2


def test_one_conversion_of_one_click_is_next_to_nothing() -> None:
    lucky = account({"One lucky click for you": 1.0}, campaigns=(1.0,), days=1).with_columns(
        impressions=pl.lit(50.0), clicks=pl.lit(1.0), conversions=pl.lit(1.0), revenue=pl.lit(40.0), spend=pl.lit(0.5)
    )
    performance = message_performance(pl.concat([account(FURNITURE), lucky]), SINCE, UNTIL)
    found = row(performance, "One lucky click for you")
    assert found["cvr"] == 1.0
    assert found["cvr_shrunk"] < 0.1
    assert found["cvr_better"] is None
    assert "not enough data" in str(found["reason"])


def test_a_message_of_a_rich_campaign_is_not_better_for_it() -> None:
    poor = account(dict.fromkeys(list(FURNITURE)[:8], 1.0), campaigns=(1.0,))
    rich = account(dict.fromkeys(list(FURNITURE)[8:16], 1.0), seed=2, campaigns=(4.0,)).with_columns(
        campaign=pl.lit("rich")
    )
    performance = message_performance(pl.concat([poor, rich]), SINCE, UNTIL)
    assert performance["ctr"].max() > 3 * performance["ctr"].min()
    assert performance["ctr_lift"].abs().max() < 0.1
    assert performance["like_with_like"].to_list() == [1.0] * 16


def test_where_a_message_is_alone_in_its_campaign_its_figure_counts_for_less() -> None:
    together = account(dict.fromkeys(list(FURNITURE)[:6], 1.0), campaigns=(0.4, 1.0, 2.5))
    alone = account({"All alone in here": 3.0}, seed=3, campaigns=(1.0,)).with_columns(campaign=pl.lit("own"))
    found = row(message_performance(pl.concat([together, alone]), SINCE, UNTIL), "All alone in here")
    assert found["like_with_like"] == 0.0
    assert found["ctr_evidence"] < 10
    beside = message_performance(
        account({**dict.fromkeys(list(FURNITURE)[:6], 1.0), "All alone in here": 3.0}), SINCE, UNTIL
    )
    assert row(beside, "All alone in here")["ctr_better"] > found["ctr_better"]


def test_probabilities_hold_what_they_say() -> None:
    said, true = [], []
    for seed in range(8):
        factors = np.exp(np.random.default_rng(seed).normal(0, 0.2, len(FURNITURE)))
        performance = message_performance(account(dict(zip(FURNITURE, factors, strict=True)), seed), SINCE, UNTIL)
        for text, factor in zip(FURNITURE, factors, strict=True):
            said.append(row(performance, text)["cvr_better"])
            true.append(0.5)
            said.append(row(performance, text)["ctr_better"])
            true.append(float(factor > factors.mean()))
    p, t = np.array(said, dtype=float), np.array(true)
    sure = p >= 0.9
    assert sure.sum() > 20
    assert t[sure].mean() > 0.9
    assert t[p <= 0.1].mean() < 0.1


def test_the_goal_is_the_first_that_the_file_knows() -> None:
    cleaned = account(FURNITURE)
    assert goal_of(message_performance(cleaned, SINCE, UNTIL)) == "roas"
    no_money = cleaned.with_columns(pl.lit(None, pl.Float64).alias(name) for name in ("revenue", "spend"))
    assert goal_of(message_performance(no_money, SINCE, UNTIL)) == "cvr"


figure = st.one_of(st.none(), st.just(0.0), st.just(math.nan), st.just(math.inf), st.floats(-10, 1e9))
any_row = st.fixed_dictionaries(
    {
        "date": st.dates(SINCE, UNTIL),
        "platform": st.sampled_from(["meta_ads", None]),
        "campaign": st.sampled_from(["a", "b", None]),
        "creative_message": st.one_of(st.none(), st.sampled_from(list(FURNITURE)[:4]), st.text(max_size=30)),
        "ad": st.one_of(st.none(), st.text(max_size=30)),
        **dict.fromkeys(ADDITIVE, figure),
    }
)


@given(st.lists(any_row, max_size=25))
@settings(max_examples=60, deadline=None)
def test_whatever_the_rows_nothing_crashes_and_every_figure_is_finite(rows: list[dict[str, object]]) -> None:
    schema = {"date": pl.Date, **dict.fromkeys(["platform", "campaign", "creative_message", "ad"], pl.String)}
    cleaned = CLEANED.conform(pl.DataFrame(rows, schema={**schema, **dict.fromkeys(ADDITIVE, pl.Float64)}))
    performance = message_performance(cleaned, SINCE, UNTIL)
    themes = themes_of(messages_of(cleaned, SINCE, UNTIL))
    for frame in (performance, themes):
        for column in frame.select(pl.selectors.float()).iter_columns():
            assert column.drop_nulls().is_finite().all(), column.name
    for rate in RATES:
        assert performance[f"{rate}_better"].drop_nulls().is_between(0, 1).all()
    assert draft_messages(performance, themes).drafts or draft_messages(performance, themes).reason


def test_the_order_of_rows_changes_no_digit() -> None:
    cleaned = account(FURNITURE)
    shuffled = cleaned.sample(fraction=1, shuffle=True, seed=7)
    one, other = (message_performance(frame, SINCE, UNTIL) for frame in (cleaned, shuffled))
    assert one.equals(other)


# --- themes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "points"),
    [
        ("Get 20% off the sofa today", "en", {"discount", "number", "urgency"}),
        ("Wire-free ease for you", "en", set()),
        ("Versandkostenfrei und mit Garantie für dich", "de", {"free_shipping", "guarantee"}),
        (
            "Découvrez la nouvelle collection en coton biologique",
            "fr",
            {"call_to_action", "new", "quality", "sustainability"},
        ),
        ("¿Buscas un regalo para tu madre?", "es", {"question", "gift"}),
        ("Envío gratis en los nuevos modelos", "es", {"free_shipping", "discount", "new"}),
        ("100 % Baumwolle, die mit dir geht", "de", {"quality", "number"}),
    ],
)
def test_languages_and_selling_points_are_read(text: str, language: str, points: set[str]) -> None:
    assert language_of(text) == language
    assert selling_points(text, language_of(text)) == points


def test_every_selling_point_can_be_found() -> None:
    for key, theme in vocabulary().themes.items():
        assert set(theme.templates) in (set(), set(LANGUAGES)), key
        assert not (theme.claim and theme.templates), f"{key}: a template must state nothing"
        for language, phrases in theme.phrases.items():
            for phrase in phrases:
                assert key in selling_points(f"x {phrase.removesuffix('*')} x".replace("-*", "-"), language), phrase


def test_of_themes_of_the_same_messages_one_remains() -> None:
    texts = {f"m{n}": f"Sanded by hand — word{'abcdefgh'[n]}" if n < 4 else f"other{'abcdefgh'[n]}" for n in range(8)}
    assert [theme.key for theme in found_themes(texts)] == ["sanded by hand"]


def test_a_theme_that_lifts_is_found_with_its_size() -> None:
    texts = {}
    for n in range(40):
        letters = "abcdefghij"[n % 10] + "klmnopqrst"[n // 10]
        texts[f"word{letters} for you" + (" — free returns" if n % 2 else " — as ever")] = 1.5 if n % 2 else 1.0
    themes = themes_of(messages_of(account(texts), SINCE, UNTIL))
    found = themes.filter(theme="guarantee", rate="ctr").row(0, named=True)
    assert found["holds"]
    assert abs(found["lift"] - 0.5) < 0.05
    assert (found["messages_with"], found["messages_without"], found["cells"]) == (20, 20, 2)
    assert not themes.filter(pl.col("holds") & (pl.col("rate") == "cvr")).height


def test_where_no_theme_lifts_none_holds() -> None:
    held = 0
    for seed in range(6):
        themes = themes_of(messages_of(account(dict.fromkeys(FURNITURE, 1.0), seed), SINCE, UNTIL))
        assert themes.height > 10
        held += themes["holds"].sum()
    assert held == 0
