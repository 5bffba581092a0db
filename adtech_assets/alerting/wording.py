"""Text of others made harmless for one line of a message: no line of its own, no markup, no secret, no address.

Belongs here: cleaning single values. Does not: the message they stand in (`message.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, SecretStr

_JOINERS = "\u200c\u200d"  # invisible, but part of words and emoji
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_MAIL = re.compile(r"[^\s@<>,;:=\"'()]+@[^\s@<>,;:=\"'()]+\.[^\s@<>,;:=\"'().]+")
_LOGIN = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@]+@")
_HIDDEN, _MAIL_HIDDEN = "***", "(mail address)"
_MIN_SECRET = 4  # a shorter one would blank out half the words
# What chat systems read as markup, links or calls to everybody, and a sign that looks the same.
_LOOKALIKES = str.maketrans({"<": "‹", ">": "›", "`": "'", "@": "＠"})


def one_line(value: Any, limit: int, secrets: Iterable[str] = ()) -> str:
    """A value as plain text on one line of at most `limit` characters."""
    text = hide(str(value), secrets)
    seen = "".join(
        " " if c in "\u2028\u2029" or c.isspace() else c
        for c in text
        if c.isspace() or c in _JOINERS or unicodedata.category(c) not in _UNSEEN
    )
    text = " ".join(_MAIL.sub(_MAIL_HIDDEN, seen).translate(_LOOKALIKES).split())
    text = text.replace("](", "] (").replace("||", "| |")
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def hide(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets and without logins in addresses."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _MIN_SECRET:
            text = text.replace(secret, _HIDDEN)
    return _LOGIN.sub(rf"\1{_HIDDEN}@", text)


def secrets_in(value: Any) -> frozenset[str]:
    """Every secret of a tree of settings."""
    if isinstance(value, SecretStr):
        return frozenset({value.get_secret_value()})
    if isinstance(value, BaseModel):
        return frozenset().union(*(secrets_in(getattr(value, name)) for name in type(value).model_fields))
    if isinstance(value, dict):
        return frozenset().union(*map(secrets_in, value.values()))
    if isinstance(value, list | tuple):
        return frozenset().union(*map(secrets_in, value))
    return frozenset()
