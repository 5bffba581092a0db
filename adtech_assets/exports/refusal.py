"""The one exception of this package: a file that is not used, with the sentence that tells its owner why.

Belongs here: the refusal. Does not: deciding when to refuse (that stands where the decision is made).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError


class Refusal(Exception):
    """A file cannot be read without guessing. The text names what is wrong, where, and what to do."""


def not_valid(path: Path, error: Exception) -> Refusal:
    """The refusal of a YAML file that a person wrote: where it is not valid, or why it cannot be read."""
    todo = "What to do: correct or remove it"
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the top"
        return Refusal(f"{path.name} is not valid at {place}: {first['msg']}. {todo}")
    return Refusal(f"{path.name} cannot be read: {' '.join(str(error).split())}. {todo}")
