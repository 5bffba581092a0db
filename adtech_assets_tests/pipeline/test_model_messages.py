"""New messages by the model: asked once for the same question, its answers checked, and never needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from adtech_assets.gemini import GeminiError
from adtech_assets.insight.creatives.messages import messages_of
from adtech_assets.insight.creatives.model_request import SYSTEM, ModelDrafts, drafts_by_model
from adtech_assets.insight.creatives.performance import performance_of
from adtech_assets.insight.creatives.themes import themes_of
from adtech_assets.pipeline.model_messages import asking
from adtech_assets.settings import Gemini, Settings
from adtech_assets_tests.gemini_server import Answer, gemini_server
from adtech_assets_tests.insight.creative_accounts import FURNITURE, SINCE, UNTIL, account

SAID = Answer(text=json.dumps({"messages": [{"text": "Sanded by hand for small flats", "evidence_ids": ["m1"]}]}))


def _settings(url: str, key: str = "test-key") -> Settings:
    return Settings(gemini=Gemini(base_url=url, timeout_seconds=1, max_attempts=1), gemini_api_key=SecretStr(key))


def test_without_a_key_nobody_is_asked(tmp_path: Path) -> None:
    assert asking(Settings(gemini_api_key=None), tmp_path) is None
    assert asking(_settings("http://127.0.0.1:1", key=""), tmp_path) is None


def test_the_same_question_costs_once(tmp_path: Path) -> None:
    with gemini_server(SAID) as server:
        ask = asking(_settings(server.url), tmp_path)
        assert ask is not None
        answers = [ask("which?", SYSTEM, ModelDrafts) for _ in range(2)]
        ask("which else?", SYSTEM, ModelDrafts)
        assert answers[0] == answers[1] and len(server.requests) == 2
    again = asking(_settings("http://127.0.0.1:1"), tmp_path)
    assert again is not None and again("which?", SYSTEM, ModelDrafts) == answers[0], "from the cache, without a server"


def test_a_failure_is_not_kept_and_the_built_in_writer_steps_in(tmp_path: Path) -> None:
    found = messages_of(account(FURNITURE), SINCE, UNTIL)
    performance, themes = performance_of(found), themes_of(found)
    with gemini_server(Answer(status=500)) as server:
        ask = asking(_settings(server.url), tmp_path)
        assert ask is not None
        with pytest.raises(GeminiError):
            ask("which?", SYSTEM, ModelDrafts)
        drafts = drafts_by_model(performance, themes, ask)
    assert drafts.fallback and drafts.drafts == drafts_by_model(performance, themes).drafts
    assert not list(tmp_path.iterdir())
