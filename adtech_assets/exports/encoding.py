"""A file's bytes as UTF-8: which encoding they are in, told by byte-order marks, by validity, and by which reading
makes the header understood.

Belongs here: bytes to text. Does not: cutting text into cells.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

from adtech_assets.exports.refusal import Refusal

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The encodings that programs still write where they do not write Unicode, most common first.
_LEGACY = ("cp1252", "cp932", "cp1250", "cp1251", "cp1254", "gb18030", "cp949", "cp1253", "cp1255", "cp1256")
_NAMES = {"utf-16-le": "utf-16", "utf-16-be": "utf-16", "utf-32-le": "utf-32"}
_SAMPLE = 200_000
_CHUNK, _LAST_ASCII = 1 << 22, 0x7F
# How much text that was read with the wrong encoding and saved again looks like: UTF-8 bytes shown one by one.
_MOJIBAKE = ("Ã", "Â", "â€", "Ð", "ã‚", "ãƒ", "å", "Å")
_LEAST_VALID = 4
# What other alphabets look like when they are read as Western European: signs inside words, words of accents only.
_NOT_WESTERN = re.compile(r"[^\W\d_][\u0080-\u00a0¡-©«-¹»-¿×÷‚„†‡‰‹›]+[^\W\d_]|[þðýÞÐÝ]|[À-ÿ]{4}")

Understood = Callable[[str], float]
"""How well a piece of text is understood as the head of an export; 0 = not at all."""


@dataclass(frozen=True)
class Text:
    """UTF-8 with plain line ends (a byte-order mark may stand before it: a copy only to lose it would cost the size of
    the file); the encoding it came in; what was odd about it."""

    data: bytes
    encoding: str
    notes: tuple[str, ...] = ()


def decode(data: bytes, understood: Understood) -> Text:
    """The file's text. Refusal where the bytes are no text."""
    text = _decode(data, understood)
    return _repaired(text, understood)


def _decode(data: bytes, understood: Understood) -> Text:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _utf8(data) if name == "utf-8" else _wide(data, name, len(mark))
    sample = data[:_SAMPLE]
    if sample.count(0):
        return _wide_without_mark(data, sample)
    return Text(_plain_line_ends(data), "utf-8") if data.isascii() or _is_utf8(data) else _legacy(data, understood)


def _utf8(body: bytes) -> Text:
    return Text(_plain_line_ends(body), "utf-8") if _is_utf8(body) else _damaged_utf8(body)


def _is_utf8(data: bytes) -> bool:
    """Whether all of it is valid, told piece by piece: the whole as text would take its size again."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(data), _CHUNK):
            piece = data[begin : begin + _CHUNK]
            if not piece.isascii() or decoder.getstate()[0]:
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _damaged_utf8(body: bytes) -> Text:
    replaced = body.decode("utf-8", "replace").encode()
    return Text(_plain_line_ends(replaced), "utf-8", ("some characters are damaged and shown as \ufffd",))


def _wide(data: bytes, name: str, begin: int) -> Text:
    unit = 4 if name.startswith("utf-32") else 2
    size = (len(data) - begin) // unit * unit
    notes: tuple[str, ...] = ()
    if begin + size < len(data):
        notes = ("the last byte is half a character and was left out",)
    try:
        plain = _narrow(data, name, begin, size)
    except UnicodeDecodeError:
        plain = data[begin : begin + size].decode(name, "replace").encode()
        notes += ("some characters are damaged and shown as \ufffd",)
    return Text(_plain_line_ends(plain), _NAMES[name], notes)


def _narrow(data: bytes, name: str, begin: int, size: int) -> bytes:
    """UTF-16 or UTF-32 as UTF-8. Stretches of ASCII, nearly all of a table, are taken byte by byte."""
    if not name.startswith("utf-16"):
        return data[begin : begin + size].decode(name).encode()
    import numpy as np

    units = np.frombuffer(data, dtype="<u2" if name.endswith("le") else ">u2", offset=begin, count=size // 2)
    parts = []
    start = 0
    while start < units.size:
        end = min(start + _CHUNK, units.size)
        if end < units.size and 0xD800 <= units[end - 1] < 0xDC00:
            end -= 1  # never between the halves of a character
        chunk = units[start:end]
        if chunk.max() <= _LAST_ASCII:
            parts.append(chunk.astype(np.uint8).tobytes())
        else:
            parts.append(data[begin + 2 * start : begin + 2 * end].decode(name).encode())
        start = end
    return b"".join(parts)


def _wide_without_mark(data: bytes, sample: bytes) -> Text:
    half = len(sample) // 2
    evens, odds = sample[0::2].count(0), sample[1::2].count(0)
    if half and odds > 0.4 * half and evens < 0.1 * half:
        return _wide(data, "utf-16-le", 0)
    if half and evens > 0.4 * half and odds < 0.1 * half:
        return _wide(data, "utf-16-be", 0)
    raise Refusal("this is not a text file: export the report as CSV or Excel")


def _legacy(data: bytes, understood: Understood) -> Text:
    """Neither Unicode nor ASCII: damaged UTF-8, or the legacy encoding in which the header is understood best."""
    sample = data[: data.rfind(b"\n", 0, _SAMPLE) + 1] or data[:_SAMPLE]
    shown = sample.decode("utf-8", "replace")
    damaged = shown.count("\ufffd")
    if sum(map(_is_wide, shown)) - damaged >= _LEAST_VALID * damaged:
        return _damaged_utf8(data)
    name = _best_legacy(sample, understood)
    try:
        return Text(_plain_line_ends(data.decode(name).encode()), name)
    except UnicodeDecodeError:
        replaced = data.decode(name, "replace").encode()
        return Text(_plain_line_ends(replaced), name, ("some characters are damaged and shown as \ufffd",))


def _best_legacy(sample: bytes, understood: Understood) -> str:
    scores: dict[str, float] = {}
    for name in _LEGACY:
        try:
            scores[name] = understood(sample.decode(name))
        except UnicodeDecodeError:
            continue
    if not scores:
        return _LEGACY[0]
    most = max(scores.values())
    tied = [name for name, score in scores.items() if score == most]
    if len(tied) > 1 and tied[0] == _LEGACY[0] and _NOT_WESTERN.search(sample.decode(tied[0])):
        likely = _likely(sample)
        return likely if likely in tied else tied[0]
    return tied[0]


def _is_wide(character: str) -> bool:
    return character > "\x7f"


def _likely(sample: bytes) -> str | None:
    """What the statistics of letters say; they need a good deal of text."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_LEGACY)).best()
    return best.encoding if best else None


def _repaired(text: Text, understood: Understood) -> Text:
    """UTF-8 that was read as cp1252 and saved again, turned back, where that makes the head better understood."""
    head = text.data[:_SAMPLE].decode("utf-8", "ignore")
    if not any(mark in head for mark in _MOJIBAKE):
        return text
    turned = _turned_back(text.data)
    if turned is None:
        return text
    if understood(turned[:_SAMPLE].decode("utf-8", "ignore")) <= understood(head):
        return text
    note = (
        "the letters had been read with a wrong encoding and saved again (dÃ©pensÃ© for dépensé); they were turned back"
    )
    return Text(turned, text.encoding, (*text.notes, note))


def _turned_back(data: bytes) -> bytes | None:
    try:
        back = data.decode("utf-8-sig").encode("cp1252")
        back.decode("utf-8")
    except UnicodeError:
        return None
    return back


def _plain_line_ends(data: bytes) -> bytes:
    if b"\r" not in data:
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
