"""The one door to google-genai: one call, structured output, bounded retries, token counts, errors in plain words.

Belongs here: the client, timeouts, retries and what its failures mean. Does not: prompts (`narrative/prompt.py`) or the
judging of answers (`narrative/guardrail.py`). The key is never logged and never part of an error.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from adtech_assets.settings import Gemini

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import GenerateContentResponse

Answer = TypeVar("Answer", bound=BaseModel)

RETRIED_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_NOT_FOUND = 404
_TOO_MANY = 429


class GeminiError(Exception):
    """Any reason why the model's answer cannot be used; the message is one sentence for a person."""


class ModelRetired(GeminiError):
    """The model does not exist (any more); trying again is of no use."""


class ModelUnavailable(GeminiError):
    """Quota, key, timeout, network or server: the model could not be asked."""


class BadAnswer(GeminiError):
    """The model answered, but not with what the schema asks for."""


@dataclass(frozen=True)
class Generated(Generic[Answer]):
    """A parsed answer and what it cost."""

    parsed: Answer
    input_tokens: int
    output_tokens: int
    model: str


def generate(
    prompt: str, system: str, schema: type[Answer], settings: Gemini, api_key: str, *, backoff_share: float = 0.05
) -> Generated[Answer]:
    """Asks the model once and returns its answer as `schema`.

    Rate limits, server errors and timeouts are tried again up to `settings.max_attempts` times in all, after waits that
    double, beginning with `backoff_share` of the timeout. All attempts and waits together stay below
    `timeout_seconds * max_attempts`. Raises ModelRetired, ModelUnavailable or BadAnswer.
    """
    deadline = time.monotonic() + settings.timeout_seconds * settings.max_attempts
    attempt, wait = 1, settings.timeout_seconds * backoff_share
    while True:
        try:
            return _ask(prompt, system, schema, settings, api_key, max(deadline - time.monotonic(), wait))
        except _Transient as failure:
            if attempt >= settings.max_attempts or time.monotonic() + wait >= deadline:
                tries = f"{attempt} {'try' if attempt == 1 else 'tries'}"
                raise ModelUnavailable(f"{failure} ({settings.model}, {tries}).") from None
        time.sleep(wait)
        attempt, wait = attempt + 1, wait * 2


class _Transient(Exception):
    """Worth another attempt. The message says what happened, without details of the request."""


def _ask(
    prompt: str, system: str, schema: type[Answer], settings: Gemini, api_key: str, seconds_left: float
) -> Generated[Answer]:
    """One request. Raises _Transient where another attempt may help."""
    from google.genai import errors, types

    with _client(settings, api_key, min(settings.timeout_seconds, seconds_left)) as client:
        try:
            response = client.models.generate_content(
                model=settings.model,
                contents=prompt,
                config=types.GenerateContentConfig(
                    system_instruction=system,
                    temperature=settings.temperature,
                    max_output_tokens=settings.max_output_tokens,
                    response_mime_type="application/json",
                    response_json_schema=schema.model_json_schema(),
                ),
            )
        except errors.APIError as error:
            raise _meaning(error.code, settings.model) from None
        except (ValueError, ValidationError):
            raise BadAnswer(f"The answer of {settings.model} could not be read.") from None
        except Exception as error:
            if not _is_network_error(error):
                raise
            what = "did not answer in time" if "Timeout" in type(error).__name__ else "could not be reached"
            raise _Transient(f"Gemini {what}") from None
    return _parse(response, schema, settings.model)


def _client(settings: Gemini, api_key: str, timeout_seconds: float) -> Client:
    """A client that makes one attempt a call: retries and their limits are ours."""
    from google import genai
    from google.genai import types

    options = types.HttpOptions(
        base_url=settings.base_url, api_version="v1beta", timeout=max(1, round(timeout_seconds * 1000))
    )
    return genai.Client(api_key=api_key, vertexai=False, http_options=options)


def _meaning(status: int, model: str) -> Exception:
    """What an HTTP status of the API means for the caller. The body is not quoted: it may echo the request."""
    if status == _NOT_FOUND:
        return ModelRetired(f"The model {model} does not exist or is shut down; set gemini.model to a current one.")
    if status == _TOO_MANY:
        return _Transient("Gemini's quota is used up or its rate limit is reached (HTTP 429)")
    if status in RETRIED_STATUS:
        return _Transient(f"Gemini is not available (HTTP {status})")
    return ModelUnavailable(f"Gemini refused the request (HTTP {status}); check GEMINI_API_KEY and gemini.model.")


def _is_network_error(error: Exception) -> bool:
    """Whether an exception is the transport's, whichever of its HTTP libraries the SDK found."""
    return isinstance(error, OSError) or any(
        base.__module__.partition(".")[0] in {"httpx", "httpx2", "httpcore", "requests", "aiohttp"}
        for base in type(error).__mro__
    )


def _parse(response: GenerateContentResponse, schema: type[Answer], model: str) -> Generated[Answer]:
    """The answer's text as the schema; BadAnswer if it is missing, cut off or of another form."""
    text = response.text
    if not text:
        raise BadAnswer(f"{model} gave an empty answer.")
    try:
        parsed = schema.model_validate_json(text)
    except ValidationError:
        raise BadAnswer(f"{model} gave an answer that is not of the form asked for.") from None
    usage = response.usage_metadata
    return Generated(
        parsed=parsed,
        input_tokens=(usage.prompt_token_count or 0) if usage else 0,
        output_tokens=((usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)) if usage else 0,
        model=response.model_version or model,
    )
