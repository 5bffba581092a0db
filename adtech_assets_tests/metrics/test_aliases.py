"""The user's own word on names: read, validated, and proposed."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adtech_assets.exports.refusal import Refusal
from adtech_assets.metrics.naming.aliases import NO_ALIASES, Aliases, read_aliases, suggested_yaml
from adtech_assets.tables import NAMES


def written(folder: Path, text: str) -> Aliases:
    (folder / "aliases.yaml").write_text(text, "utf-8")
    return read_aliases(folder)


def test_no_file_and_an_empty_one_say_nothing(tmp_path: Path) -> None:
    assert (
        read_aliases(tmp_path)
        == NO_ALIASES
        == written(tmp_path, "# later\n")
        == written(tmp_path, "campaign:\n  same:\n")
    )
    assert NO_ALIASES.name_for("campaign", "A") is None and not NO_ALIASES.apart("campaign", "A", "B")


def test_the_first_of_a_list_is_the_name_of_all_its_spellings(tmp_path: Path) -> None:
    found = written(
        tmp_path, "campaign:\n  same:\n    - [Men Launch, Men Lunch]\n  apart:\n    - [Brand, Brand 2, x_y, X y]\n"
    )
    assert found.name_for("campaign", "MEN_LUNCH") == "Men Launch" and found.name_for("channel", "Men Lunch") is None
    assert found.apart("campaign", "brand-2", "BRAND") and not found.apart("campaign", "Brand", "Brand 3")
    assert found.apart("campaign", "x_y", "X y") and not found.apart("campaign", "x_y", "x-y")
    assert found.digest != NO_ALIASES.digest


def test_text_stays_text(tmp_path: Path) -> None:
    found = written(tmp_path, "country:\n  same:\n    - [NO, Norway, 2025, yes, 1_0]\n")
    assert found.country.same == (("NO", "Norway", "2025", "yes", "1_0"),)


@pytest.mark.parametrize(("text", "said"), [
    ("campaign: {same: [A, B]}", "campaign.same.0"), ("campaigns: {}", "campaigns"), ("- a", "the top"),
    ("a: [", "cannot be read"),
    ("campaign: {same: [[A, B], [b, C]]}", "two lists"), ("campaign: {same: [[A, B]], apart: [[A, B]]}", "one of `apart`"),
    ("campaign: {}\ncampaign: {}", "twice"), ("campaign: {same: [[A]]}", "campaign.same.0"), ("[" * 3000, "cannot be read"),
    ("campaign: {same: [[A, '']]}", "campaign.same.0.1"), ("&a [*a]", "recursive"),
])  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Refusal) as error:
        written(tmp_path, text)
    assert said in str(error.value) and "aliases.yaml" in str(error.value) and "What to do" in str(error.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "aliases.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(Refusal, match="cannot be read"):
        read_aliases(tmp_path)


def table(*found: tuple[str, str, str, str | None]) -> pl.DataFrame:
    keys = ("spelling", "name", "how", "candidate")
    rows = [dict(zip(keys, row, strict=True)) | {"dimension": "campaign", "rows": 1} for row in found]
    return NAMES.conform(pl.DataFrame(rows, schema_overrides={"candidate": pl.String}))


def test_the_proposal_lists_what_was_resolved_and_keeps_suggestions_as_comments(tmp_path: Path) -> None:
    text = suggested_yaml(table(("Men Lunch", "Men Launch", "similar", None), ("Sales", "Sales", "suggested", "Sale")))
    assert '# - ["Sale", "Sales"]' in text
    assert written(tmp_path, text).campaign.same == (("Men Launch", "Men Lunch"),)
    assert written(tmp_path, text.replace("# - [", "- [")).name_for("campaign", "Sales") == "Sale"
    assert written(tmp_path, suggested_yaml(NAMES.empty())) == NO_ALIASES


@given(spelling=st.text(min_size=1), other=st.text(min_size=1))
def test_no_name_breaks_the_proposal(tmp_path_factory: pytest.TempPathFactory, spelling: str, other: str) -> None:
    folder = tmp_path_factory.mktemp("aliases")
    if spelling == other:
        return
    text = suggested_yaml(table((spelling, other, "similar", None), (other, other, "suggested", spelling)))
    assert set(written(folder, text).campaign.same[0]) == {spelling, other}
