"""What carries no meaning in a name, and what does."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adtech_assets.metrics.naming.places import country_code, known_name
from adtech_assets.metrics.naming.slips import coined
from adtech_assets.metrics.naming.spelling import digits, normal, normal_form, words

ONE = ["Tea KettleMax Launch", "Tea  KettleMax  Launch", "tea_kettlemax_launch", "TEA–KETTLEMAX—LAUNCH",
       "\ufeffTea\u00a0Kettle\u200bMax Launch ", "Ｔｅａ KettleMax Launch", "Tea Kettle\u00adMax-Launch"]  # fmt: skip


def test_case_space_dashes_width_and_invisible_characters_carry_no_meaning() -> None:
    assert len(set(map(normal, ONE))) == 1
    assert normal("Straße") == normal("STRASSE") and normal("“Sale”") == normal('"Sale"')


@pytest.mark.parametrize("other", ["Brand 2", "Brand+", "Brand II", "Brand²", "Bránd", "Brand | US", ""])
def test_everything_else_does(other: str) -> None:
    assert normal("Brand") != normal(other)


def test_flags_that_differ_in_invisible_tags_stay_two() -> None:
    england, scotland = (
        "🏴" + "".join(chr(0xE0000 + ord(c)) for c in code) + "\U000e007f" for code in ("gbeng", "gbsct")
    )
    assert normal(england) != normal(scotland)


def test_names_of_nothing_but_separators_are_left_alone() -> None:
    assert [normal(name) for name in ("-", "_", "--", " ")] == ["-", "_", "--", " "]


@given(st.text(max_size=30))
def test_a_normal_form_is_its_own_and_the_column_form_agrees(name: str) -> None:
    assert normal(normal(name)) == normal(name)
    assert pl.DataFrame({"n": [name, None]}).select(normal_form(pl.col("n")))["n"].to_list() == [normal(name), None]


@given(st.text(max_size=30))
def test_a_name_always_has_words(name: str) -> None:
    assert words(normal(name))


def test_punctuation_and_connectives_are_no_words() -> None:
    assert words(normal("Women | Fit & Lift")) == words(normal("Women Fit and Lift")) == ("women", "fit", "lift")
    assert words("&") == ("&",) and words("brand +") == ("brand", "+") and words("lal 1%") == ("lal", "1%")


@pytest.mark.parametrize("rare", [
    "Women Ft & Lift", "Wom-n Fit & Lift", "Women it & Lift", "womenfit & lift", "Women Fiit & Lift", "Wmoen Fit & Lift",
    "Women Fit & Loft", "W men Fit & Lift", "omen Fit & Lift",
])  # fmt: skip
def test_a_slip_inside_a_word_is_one(rare: str) -> None:
    assert coined(words(normal("Women Fit & Lift")), words(normal(rare))) is not None


@pytest.mark.parametrize(("one", "other"), [
    ("US_Search_Brand_Exact", "UK_Search_Brand_Exact"), ("Prospecting LAL 1%", "Prospecting LAL 2%"),
    ("Spring Sale 2025", "Spring Sale 2026"), ("Men Boots Winter", "Women Boots Winter"), ("Brand Campaign", "Brand Campaign 2"),
    ("Always On Q1", "Always On Q2"), ("Launch Phase II", "Launch Phase III"), ("Newsletter June", "Newsletter July"),
    ("Store Visits East", "Store Visits West"), ("Austria Tyres", "Australia Tyres"), ("Niger Lamps", "Nigeria Lamps"),
    ("Newsletter Promo A", "Newsletter Promo B"), ("Paid Social Launch", "Unpaid Social Launch"),
    ("夏セール 東京", "冬セール 東京"),
    ("Subscribed Users", "Unsubscribed Users"), ("Video TOF Awareness", "Video BOF Awareness"), ("Flight 1-2", "Flight 12"),
    ("Dresses Size XL", "Dresses Size XXL"), ("Price <50 Shoppers", "Price >50 Shoppers"), ("Generic Search", "Generic Search x"),
    ("LAL1 Purchasers", "LAM1 Purchasers"), ("Retarget Buyers", "Target Buyers"), ("DE - Generic", "DE - Generics"),
])  # fmt: skip
def test_words_that_say_something_else_are_no_slips(one: str, other: str) -> None:
    a, b = words(normal(one)), words(normal(other))
    assert coined(a, b) is None and coined(b, a) is None


@given(st.text("ab1 2-_", max_size=12), st.text("ab1 2-_", max_size=12))
def test_no_slip_touches_a_digit(one: str, other: str) -> None:
    a, b = normal(one), normal(other)
    assert digits(a) == digits(b) or coined(words(a), words(b)) is None


@pytest.mark.parametrize(("spelling", "code"), [
    ("US", "US"), ("usa", "US"), ("U.S.", "US"), ("United_States", "US"), ("UK", "GB"), ("GBR", "GB"), ("Großbritannien", "GB"),
    ("Deutschland", "DE"), ("日本", "JP"), ("Cote d'Ivoire", "CI"), ("CÔTE D’IVOIRE", "CI"), ("The Netherlands", "NL"),
    ("São Tomé and Príncipe", None), ("London", None), ("EMEA", None), ("EU", None), ("n/a", None), ("NA", None), ("", None),
    ("840", None), ("Georgia", "GE"), ("Irland", "IE"), ("Россия", "RU"), ("XX", None), ("Unknown", None),
])  # fmt: skip
def test_a_country_is_its_code_and_what_is_none_stays(spelling: str, code: str | None) -> None:
    assert country_code(spelling) in ({code} if code or "Tom" not in spelling else {None, "ST"})


@pytest.mark.parametrize(("spelling", "device"), [
    ("Computers", "Desktop"), ("Ordinateurs", "Desktop"), ("Mobile devices with full browsers", "Mobile"), ("iphone", "Mobile"),
    ("android_smartphone", "Mobile"), ("TV screens", "Connected TV"), ("CONNECTED_TV", "Connected TV"), ("iPad", "Tablet"),
    ("Sonstige", "Other"), ("iOS", None), ("Fridge", None),
])  # fmt: skip
def test_a_device_is_one_word_in_any_language(spelling: str, device: str | None) -> None:
    assert known_name("device", spelling) == device


def test_channels_have_their_usual_other_names() -> None:
    assert [known_name("channel", c) for c in ("fb", "IG", "AdWords", "Brand Search")] == [
        "Facebook",
        "Instagram",
        "Google Ads",
        None,
    ]
