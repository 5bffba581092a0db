"""The one exception of this package: a file that is not used, with the sentence that tells its owner why.

Belongs here: the refusal, and the words of remedies that several refusals share. Does not: deciding when to refuse (that
stands where the decision is made).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import ValidationError

# What pydantic says of Python's types, in words for who wrote the file.
_EXPECTED = {
    "tuple_type": "a list is expected here, such as [A, B]",
    "list_type": "a list is expected here, such as [A, B]",
    "dict_type": "keys with values are expected here, such as `key: value`",
    "model_type": "keys with values are expected here, such as `key: value`",
    "model_attributes_type": "keys with values are expected here, such as `key: value`",
    "string_type": "a text is expected here; put it in quotes",
    "extra_forbidden": "this key is not known here",
    "missing": "this key is missing",
    "string_pattern_mismatch": "three capital letters are expected here, such as EUR",  # the currency
    "string_too_short": "a text is expected here, and this one is empty",
}


class Refusal(Exception):
    """A file cannot be read without guessing. The text names what is wrong, where, and what to do."""


def into_mapping(key: str, value: str | Mapping[str, str], *others: str) -> str:
    """The remedy that decides an open question in mapping.yaml, in a form that can be copied as it stands: a key of an
    entry with its value, and what else it may be."""
    text = value if isinstance(value, str) else json.dumps(dict(value), ensure_ascii=False)
    also = f" (or {', '.join(map(_scalar, others))})" if others else ""
    return f"write `exports: [{{{key}: {_scalar(text) if isinstance(value, str) else text}}}]`{also} into mapping.yaml"


def _scalar(text: str) -> str:
    """A word as YAML writes it; in quotes where it is none."""
    return text if text.replace("_", "").isalnum() else json.dumps(text, ensure_ascii=False)


def not_valid(path: Path, error: Exception) -> Refusal:
    """The refusal of a YAML file that a person wrote: where it is not valid, or why it cannot be read.

    To be raised `from None`: who reports the innermost cause shall say this sentence, not the parser's.
    """
    todo = "What to do: correct or remove it"
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(part for part in map(str, first["loc"]) if "[" not in part) or "the top"
        said = _EXPECTED.get(first["type"]) or str(first["msg"]).removeprefix("Value error, ")
        said = said.replace("Input should be", "expected here is", 1)
        if first["type"] == "too_short":
            said = f"a list of at least {first.get('ctx', {}).get('min_length', 1)} entries is expected here"
        return Refusal(f"{path.name} is not valid at {place}: {said}. {todo}")
    if isinstance(error, UnicodeDecodeError | yaml.reader.ReaderError):
        return Refusal(f"{path.name} cannot be read: it is not saved as UTF-8. What to do: save it as UTF-8")
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        line = error.problem_mark.line + 1
        return Refusal(f"{path.name} cannot be read: line {line} is no valid YAML ({error.problem}). {todo}")
    if isinstance(error, RecursionError):
        return Refusal(f"{path.name} cannot be read: it is nested too deeply. {todo}")
    if isinstance(error, OSError):
        return Refusal(f"{path.name} cannot be read: {error.strerror or error}. {todo}")
    return Refusal(f"{path.name} cannot be read: {' '.join(str(error).split())}. {todo}")
