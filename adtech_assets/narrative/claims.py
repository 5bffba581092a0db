"""A sentence as tokens: names, dates, figures and words with what they may mean.

Belongs here: reading the surface of a sentence, in the formats of its language or of the client's locale. Does not: deciding
whether any of it is true (`guardrail.py`, `support.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from adtech_assets.narrative.dates import read_date
from adtech_assets.narrative.evidence import Evidence, Period
from adtech_assets.narrative.names import Known, known_names, names_of
from adtech_assets.narrative.vocabulary import Vocabulary

TokenKind = Literal["name", "date", "weekday", "figure", "word", "stop", "unknown"]
FigureUnit = Literal["money", "foreign", "percent", "points", "times", "plain", "fraction", "multiple", "degrees", "mm"]
CURRENCY_CODES = (
    "USD", "EUR", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK", "INR", "AUD", "CAD", "NZD", "BRL", "MXN", "TRY", "CNY",
    "HKD", "SGD", "ZAR",
)  # fmt: skip
CURRENCY_SIGNS = "€$£¥₹₩₽₺₫₴₪₱฿₦₿"


@dataclass(frozen=True)
class Figure:
    """A number as written: [low, high] is what it can stand for, given its digits and any word of approximation."""

    unit: FigureUnit
    value: float
    low: float
    high: float
    sign: int = 0  # of an explicit + or -

    def covers(self, value: float) -> bool:
        slack = 1e-9 * max(1.0, abs(value))
        return self.low - slack <= value <= self.high + slack


@dataclass(frozen=True)
class Token:
    """One piece of a sentence. `tags` are the vocabulary's lists the word is in."""

    kind: TokenKind
    text: str
    position: int
    tags: frozenset[str] = frozenset()
    names: frozenset[Known] = frozenset()
    period: Period | None = None
    figure: Figure | None = None
    meaning: tuple[str, ...] = field(default=())

    def has(self, *lists: str) -> bool:
        return any(name in self.tags for name in lists)


def scan(text: str, evidence: Evidence, words: Vocabulary, locale: str) -> list[Token]:
    """The sentence's tokens in order. Names are met first: nothing inside a name is a word, a date or a figure."""
    reader = _Reader(text, evidence, words, locale)
    return reader.tokens()


@cache
def number_symbols(locale: str) -> tuple[str, str]:
    """(decimal mark, characters that may group thousands) of a locale."""
    from babel import Locale, UnknownLocaleError

    try:
        symbols = Locale.parse(locale.replace("-", "_")).number_symbols
    except (UnknownLocaleError, ValueError):
        return ".", ","
    symbols = symbols.get("latn", symbols)
    group = symbols["group"]
    return symbols["decimal"], "\u00a0\u202f " if group.isspace() else {"’": "’'"}.get(group, group)


@cache
def currency_signs(currency: str | None, locale: str) -> frozenset[str]:
    """Every way the client's own currency may be written as a sign or code."""
    if not currency:
        return frozenset()
    from babel.numbers import get_currency_symbol

    forms = {currency}
    for name in (locale.replace("-", "_"), "en", "en_US"):
        try:
            forms.add(get_currency_symbol(currency, name))
        except Exception as error:
            if type(error).__name__ != "UnknownLocaleError":
                raise
    return frozenset(forms | ({"$"} if currency.endswith("D") and any("$" in f for f in forms) else set()))


class _Reader:
    """Walks over a sentence once."""

    def __init__(self, text: str, evidence: Evidence, words: Vocabulary, locale: str) -> None:
        self.text, self.evidence, self.words = text, evidence, words
        self.names = known_names(names_of(evidence))
        self.decimal, self.group = number_symbols(locale)
        self.own_signs = currency_signs(evidence.currency, locale)
        self.patterns = _patterns(words, self.decimal, self.group, self.own_signs)

    def tokens(self) -> list[Token]:
        found: list[Token] = []
        position = 0
        while position < len(self.text):
            if self.text[position].isspace():
                position += 1
                continue
            token, end = self._next(position)
            found.append(token)
            position = max(end, position + 1)
        return self._half_as_many_again(found)

    def _half_as_many_again(self, tokens: list[Token]) -> list[Token]:
        """ "half as many bookings again" is one and a half times, not half: the word that decides comes late."""
        for index, token in enumerate(tokens):
            if token.text in {"half as many", "half as much"}:
                late = next(
                    (i for i in range(index + 1, min(index + 5, len(tokens))) if tokens[i].text == "again"), None
                )
                if late is not None:
                    joined = self._tagged(f"{token.text} again", token.position)
                    return [
                        *tokens[:index],
                        joined,
                        *tokens[index + 1 : late],
                        *self._half_as_many_again(tokens[late + 1 :]),
                    ]
        return tokens

    def _next(self, at: int) -> tuple[Token, int]:
        return self._name(at) or self._date(at) or self._phrase(at) or self._figure(at) or self._word(at)

    def _name(self, at: int) -> tuple[Token, int] | None:
        if at and self.text[at - 1].isalnum():
            return None
        for form, meanings in self.names:
            end = at + len(form)
            if self.text.startswith(form, at) and not (end < len(self.text) and _continues(self.text, end)):
                for possessive in ("'s", "’s", "'", "’"):
                    if self.text.startswith(possessive, end) and form[-1].isalnum():
                        end += len(possessive)
                        break
                return Token("name", form, at, names=meanings), end
        return None

    def _date(self, at: int) -> tuple[Token, int] | None:
        if at and (self.text[at - 1].isalnum() or self.text[at - 1] in "-./"):
            return None
        found = read_date(self.text, at, self.words, self.decimal, self.evidence.today)
        if found:
            period, end = found
            kind: TokenKind = "date" if period else "unknown"
            return Token(kind, self.text[at:end], at, period=period), end
        return None

    def _phrase(self, at: int) -> tuple[Token, int] | None:
        if at and (self.text[at - 1].isalnum() or self.text[at - 1] == "_"):
            return None
        lowered = self.text[at : at + 90].lower().replace("’", "'")
        for phrase in self.words.phrases:
            if lowered.startswith(phrase) and not lowered[len(phrase) : len(phrase) + 1].isalnum():
                return self._tagged(phrase, at), at + len(phrase)
        return None

    def _word(self, at: int) -> tuple[Token, int]:
        match = self.patterns["word"].match(self.text, at)
        if match is not None and match.group().lower() in self.words.weekdays:
            return Token("weekday", match.group(), at), match.end()
        if match is None:
            mark = self.text[at]
            known = mark in ",;:.!?()–—-/…'’\"%"
            return Token("stop" if known else "unknown", mark, at), at + 1
        word = match.group().lower().replace("’", "'")
        end = match.end()
        if word.endswith("'s") and word not in self.words.tags:
            word = word[:-2]
        if word in self.words.tags or word in self.words.number_words:
            return self._tagged(word, at), end
        return Token("unknown", match.group(), at), end

    def _tagged(self, phrase: str, at: int) -> Token:
        """A known word or phrase, as a figure where it stands for a number."""
        words = self.words
        kinds: tuple[Literal["fraction", "multiple"], ...] = ("fraction", "multiple")
        for kind, ranges in zip(kinds, (words.fractions, words.multiples), strict=True):
            if phrase in ranges:
                low, high = ranges[phrase]
                tags = words.tags.get(phrase, frozenset())
                return Token("figure", phrase, at, tags, figure=Figure(kind, (low + high) / 2, low, high))
        if phrase in words.number_words:
            value = words.number_words[phrase]
            return Token("figure", phrase, at, frozenset({"number_words"}), figure=Figure("plain", value, value, value))
        return Token("word", phrase, at, words.tags[phrase], meaning=words.metrics.get(phrase, ()))

    def _figure(self, at: int) -> tuple[Token, int] | None:
        match = self.patterns["figure"].match(self.text, at)
        if match is None or (at and (self.text[at - 1].isalnum() or self.text[at - 1] == "_")):
            return None
        end = match.end()
        if end < len(self.text) and self.text[end].isalnum():
            return Token("unknown", match.group(), at), end
        figure = self._read(match)
        return (
            Token("figure", match.group(), at, figure=figure) if figure else Token("unknown", match.group(), at)
        ), end

    def _read(self, match: re.Match[str]) -> Figure | None:
        """The figure of a match: its value, unit and rounding."""
        digits = match["digits"]
        whole, _, decimals = digits.partition(self.decimal)
        if not _grouped(whole, self.group):
            return None
        plain = re.sub(r"\D", "", whole)
        scale = self.words.scales[match["scale"].lower()] if match["scale"] else 1.0
        value = float(f"{plain}.{decimals or 0}") * scale
        half = _half_unit(plain, decimals, scale, value)
        unit = self._unit(match)
        if unit is None:
            return None
        if unit == "money" and (match["after"] or "").lower() in self.words.cents:
            value, half = value / 100, half / 100
        mark = match["sign"] or match["inner_sign"] or ""
        return Figure(unit, value, value - half, value + half, {"+": 1, "-": -1, "−": -1, "–": -1}.get(mark, 0))

    def _unit(self, match: re.Match[str]) -> FigureUnit | None:
        before, after = (match["before"] or "").strip(), (match["after"] or "").strip()
        if before:
            return "money" if before in self.own_signs and not (after and after not in self.own_signs) else "foreign"
        if not after:
            return "plain"
        lowered = after.lower()
        for unit, group in (("percent", self.words.percent), ("points", self.words.points), ("times", self.words.times),
                            ("degrees", self.words.degrees), ("mm", self.words.millimetres)):  # fmt: skip
            if lowered in group:
                return unit  # type: ignore[return-value]
        own = self.words.currency_words.get(self.evidence.currency or "", ())
        return (
            "money" if after in self.own_signs or lowered in own or (lowered in self.words.cents and own) else "foreign"
        )


def _continues(text: str, end: int) -> bool:
    """Whether a word goes on at `end`, so that what stands before is only its beginning."""
    return (text[end].isalnum() and text[end - 1].isalnum()) or text[end] == "_"


def _grouped(whole: str, group: str) -> bool:
    """Whether the digits before the decimal mark are grouped as thousands are (or lakhs), or not at all."""
    parts = re.split(f"[{re.escape(group)}]", whole)
    return len(parts) == 1 or (
        1 <= len(parts[0]) <= 3 and all(len(p) in (2, 3) for p in parts[1:-1]) and len(parts[-1]) == 3
    )


def _half_unit(whole: str, decimals: str, scale: float, value: float, cap: float = 0.05) -> float:
    """Half a unit of the last digit shown; trailing zeros of a whole number are rounding, up to `cap` of the value."""
    if decimals:
        return 0.5 * scale * 10.0 ** -len(decimals)
    zeros = len(whole) - len(whole.rstrip("0")) if whole.strip("0") else 0
    return max(0.5 * scale if scale > 1 or not zeros else 0.5, min(0.5 * scale * 10.0**zeros, cap * abs(value)))


@cache
def _patterns(words: Vocabulary, decimal: str, group: str, own: frozenset[str]) -> dict[str, re.Pattern[str]]:
    """Compiled patterns of one language and number format."""
    codes = "|".join(sorted((re.escape(s) for s in own), key=len, reverse=True)) or "(?!)"
    currency = rf"(?:{codes}|(?:[A-Z]{{1,2}})?[{CURRENCY_SIGNS}]|(?:{'|'.join(CURRENCY_CODES)})(?![A-Za-z]))"
    after_words = [*words.percent, *words.points, *words.times, *words.cents, *words.degrees, *words.millimetres]
    after_words += [w for group_ in words.currency_words.values() for w in group_]
    after = "|".join(
        (r"(?i:" + re.escape(w) + ")") + (r"(?!\w)" if w[-1].isalnum() else "")
        for w in sorted(after_words, key=len, reverse=True)
    )
    scale = "|".join(sorted(words.scales, key=len, reverse=True))
    digits = rf"\d+(?:[{re.escape(group)}]\d{{2,3}}(?!\d))*(?:{re.escape(decimal)}\d+)?"
    signs = rf"(?P<sign>[-−+])?(?P<before>{currency})?\s?(?P<inner_sign>[-−+])?"
    scaled = rf"(?P<digits>{digits})(?:\s?(?P<scale>(?i:{scale}))(?![A-Za-z]))?"
    return {
        "figure": re.compile(rf"{signs}{scaled}(?:[\s\u00a0\u202f]?(?P<after>{currency}|{after}))?"),
        "word": re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*"),
    }


def approximate(figure: Figure, word: Token, tolerance: float = 0.05) -> Figure:
    """The figure widened or bounded by the word before it ("about", "just under", "more than")."""
    near = tolerance * abs(figure.value)
    if word.has("approximate"):
        return replace(figure, low=min(figure.low, figure.value - near), high=max(figure.high, figure.value + near))
    if word.has("just_below"):
        return replace(figure, low=figure.value - near, high=figure.value)
    if word.has("just_above"):
        return replace(figure, low=figure.value, high=figure.value + near)
    return figure
