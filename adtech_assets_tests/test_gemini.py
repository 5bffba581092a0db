"""The door to google-genai, through the real client, against a loopback server."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from adtech_assets.gemini import BadAnswer, Generated, ModelRetired, ModelUnavailable, generate
from adtech_assets.settings import Gemini

sys.path.insert(0, str(Path(__file__).parent / "narrative"))
from gemini_server import Answer, Server, gemini_server

KEY = "test-key-that-must-not-leak"


class Reply(BaseModel):
    word: str


GOOD = Answer(text=json.dumps({"word": "glaze"}))


def _ask(server: Server, attempts: int = 3, timeout: float = 1.0) -> Generated[Reply]:
    settings = Gemini(base_url=server.url, timeout_seconds=timeout, max_attempts=attempts, model="gemini-test")
    return generate("Say a word.", "You are terse.", Reply, settings, KEY, backoff_share=0.01)


def test_a_good_answer_comes_back_parsed_with_its_tokens() -> None:
    with gemini_server(GOOD) as server:
        answer = _ask(server)
    assert answer == Generated(Reply(word="glaze"), 120, 30, "gemini-test-001")
    assert server.paths == ["/v1beta/models/gemini-test:generateContent"]
    request = server.requests[0]
    assert request["systemInstruction"]["parts"][0]["text"] == "You are terse."
    assert request["generationConfig"]["responseMimeType"] == "application/json"


def test_a_rate_limit_is_waited_out() -> None:
    with gemini_server(Answer(status=429), Answer(status=503), GOOD) as server:
        assert _ask(server).parsed.word == "glaze"
    assert len(server.requests) == 3


def test_a_lasting_rate_limit_ends_after_the_attempts_allowed() -> None:
    with gemini_server(Answer(status=429)) as server, pytest.raises(ModelUnavailable, match="429"):
        _ask(server)
    assert len(server.requests) == 3


def test_a_retired_model_is_named_and_not_asked_again() -> None:
    with gemini_server(Answer(status=404)) as server, pytest.raises(ModelRetired, match="gemini-test"):
        _ask(server)
    assert len(server.requests) == 1


def test_a_refused_key_is_said_and_not_tried_again() -> None:
    with gemini_server(Answer(status=403)) as server, pytest.raises(ModelUnavailable, match="GEMINI_API_KEY"):
        _ask(server)
    assert len(server.requests) == 1


def test_a_slow_model_is_given_up() -> None:
    with (
        gemini_server(Answer(text="{}", delay_seconds=0.6)) as server,
        pytest.raises(ModelUnavailable, match="in time"),
    ):
        _ask(server, attempts=2, timeout=0.15)


def test_an_unreachable_server_is_said() -> None:
    with gemini_server(GOOD) as server:
        pass
    with pytest.raises(ModelUnavailable, match="could not be reached"):
        _ask(server, attempts=1)


@pytest.mark.parametrize("answer", [Answer(text="no JSON"), Answer(text='{"other": 1}'), Answer(), Answer(raw="<html>")],
                         ids=["text", "other form", "empty", "no JSON at all"])  # fmt: skip
def test_an_answer_of_another_form_is_a_bad_answer(answer: Answer) -> None:
    with gemini_server(answer) as server, pytest.raises(BadAnswer):
        _ask(server)


def test_the_key_is_neither_logged_nor_part_of_an_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with gemini_server(Answer(status=403)) as server, pytest.raises(ModelUnavailable) as error:
        _ask(server)
    assert KEY not in str(error.value)
    assert KEY not in caplog.text
