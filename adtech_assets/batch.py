"""Batches: one request a line in, one answer a line out, and a request that fails stops no other.

Belongs here: reading requests, answers that say what is wrong with one, writing lines. Does not: what is answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class Request(BaseModel):
    """One line of a batch about a file; keys are named as the options of the command."""

    model_config = ConfigDict(extra="forbid")
    id: str | int | float | None = None
    file: Path
    mapping: Path | None = None


Asked = TypeVar("Asked", bound=Request)
Answer = dict[str, Any]


class Unanswerable(Exception):
    """A request that has no answer, with the sentence that says why."""


def answer_lines(
    lines: Sequence[str], shape: type[Asked], answer: Callable[[Asked], Mapping[str, Any]]
) -> list[Answer]:
    """One answer a request line: what `answer` says of it, with its `id`, or `error`."""
    return [_answered(line, shape, answer) for line in lines if line.strip()]


def _answered(line: str, shape: type[Asked], answer: Callable[[Asked], Mapping[str, Any]]) -> Answer:
    named: Any = None
    try:
        request = json.loads(line)
        named = request.get("id") if isinstance(request, dict) else None
        asked = shape.model_validate(request)
        if not asked.file.is_file():
            return {"id": named, "error": f"{asked.file}: there is no such file"}
        return {"id": named, **answer(asked)}
    except Unanswerable as error:
        return {"id": named, "error": str(error)}
    except ValidationError as error:
        first = error.errors()[0]
        return {"id": named, "error": f"{'.'.join(map(str, first['loc'])) or 'request'}: {first['msg']}"}
    except ValueError as error:
        return {"id": named, "error": f"this line is no request: {error}"}


def write_lines(path: Path, answers: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line."""
    path.write_text("".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers), "utf-8")
