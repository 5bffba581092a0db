"""The vocabularies contradict neither themselves nor each other, and a user's own words join them."""

from itertools import permutations
from pathlib import Path

import pytest

from adtech_assets.exports.header import fold, split_currency
from adtech_assets.exports.reader import read_export
from adtech_assets.exports.refusal import Refusal
from adtech_assets.exports.vocabulary import Vocabulary, total_words, vocabularies
from adtech_assets.settings import Reader

ALL = vocabularies()


@pytest.mark.parametrize("vocabulary", ALL, ids=lambda v: v.platform)
def test_no_header_plays_two_roles_or_is_both_read_and_ignored(vocabulary: Vocabulary) -> None:
    places: dict[str, set[str]] = {}
    for role, tiers in vocabulary.columns.items():
        for tier in tiers:
            for header in tier:
                places.setdefault(fold(header), set()).add(role)
    for header in vocabulary.ignored:
        places.setdefault(fold(header), set()).add("ignored")
    assert {header: roles for header, roles in places.items() if len(roles) > 1} == {}


@pytest.mark.parametrize("vocabulary", ALL, ids=lambda v: v.platform)
def test_every_sign_is_made_of_headers_the_platform_knows(vocabulary: Vocabulary) -> None:
    assert {header for sign in vocabulary.folded_signs for header in sign} <= vocabulary.known


def test_no_sign_of_one_platform_holds_a_sign_of_another() -> None:
    clashes = [
        (one.platform, other.platform, sorted(sign))
        for one, other in permutations(ALL, 2)
        for sign in one.folded_signs
        if any(theirs <= sign for theirs in other.folded_signs)
    ]
    assert clashes == []


@pytest.mark.parametrize("vocabulary", ALL, ids=lambda v: v.platform)
def test_no_ratio_is_read_as_money_or_a_count(vocabulary: Vocabulary) -> None:
    ratios = {
        fold(h)
        for h in (
            "Cost / conv.",
            "Kosten pro Klick",
            "CPC",
            "CTR",
            "Avg. CPC",
            "Cost per result",
            "ROAS",
            "Cost per purchase",
        )
    }
    read = {
        h
        for h, (role, _) in vocabulary.roles.items()
        if role in {"spend", "impressions", "clicks", "conversions", "revenue"}
    }
    assert not ratios & read


def test_a_name_that_only_begins_like_a_total_is_none() -> None:
    folded = {word.casefold() for word in total_words().words}
    assert not folded & {"total rewards brand", "gesamtpaket brand", "summer"}


@pytest.mark.parametrize(
    ("header", "core", "code"),
    [
        ("Amount spent (GBP)", "Amount spent", "GBP"), ("14 Day Total Sales (₹)", "14 Day Total Sales", "INR"),
        ("Spend [EUR]", "Spend", "EUR"), ("Spend EUR", "Spend", "EUR"), ("Clicks (all)", "Clicks (all)", None),
        ("CPM (cost per 1,000 impressions) (USD)", "CPM (cost per 1,000 impressions)", "USD"),
        ("Impressions", "Impressions", None), ("Product variant SKU", "Product variant SKU", None),
    ],
)  # fmt: skip
def test_a_header_gives_up_its_currency(header: str, core: str, code: str | None) -> None:
    assert split_currency(header) == (core, code)


def test_headers_are_equal_but_for_what_carries_no_meaning() -> None:
    assert fold("CampaignId") == fold("campaign_id ") == fold("Campaign ID") == fold("campaign.id")
    assert fold("クリック（誘導先）") == fold("クリック(誘導先)") and fold("Coût") == fold("cout")
    assert fold("ハ") != fold("バ")  # a mark that makes another letter is no accent


def test_a_user_s_words_join_those_shipped(tmp_path: Path) -> None:
    text = b"Dagen,Kampanje,Annonsekroner,Impressions\n2026-01-06,Vinter,12.50,300\n"
    (tmp_path / "generic_ads.yaml").write_text(
        "platform: generic_ads\ncolumns:\n  date: [[Dagen]]\n  campaign: [[Kampanje]]\n  spend: [[Annonsekroner]]\n"
    )
    assert read_export(text).totals["spend"] is None
    assert read_export(text, Reader(vocabulary=tmp_path)).totals["spend"] == 12.5


def test_a_user_s_platform_is_recognised_by_its_sign(tmp_path: Path) -> None:
    (tmp_path / "acme_ads.yaml").write_text(
        "platform: acme_ads\ntitle: Acme Ads\nkind: ads\nsigns: [[Acme coins]]\n"
        "columns:\n  date: [[Sol]]\n  spend: [[Acme coins]]\n"
    )
    export = read_export(b"Sol,Acme coins\n2026-01-06,3.50\n", Reader(vocabulary=tmp_path))
    assert export.facts["platform"] == "acme_ads" and export.totals["spend"] == 3.5


@pytest.mark.parametrize(
    "text", ["title: X\n", "platform: acme_ads\ntitle: A\nkind: ads\ncolumns: {money: [[A]]}\n", "a: [\n"]
)
def test_a_user_s_vocabulary_that_is_not_valid_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(Refusal, match=str(tmp_path)):
        vocabularies(tmp_path)
