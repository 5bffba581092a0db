"""The playbooks: which advice there is, what it says, and what it may bring.

Belongs here: their shape, and reading them. Does not: which evidence calls for one (the sources of insights), money
(`recommendations`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from adtech_assets.metrics.model import ADDITIVE, RATIOS


class HowToTest(BaseModel):
    """metric: to be watched; days: for so long at least; success: what counts as such."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    metric: str
    days: int = Field(ge=1)
    success: str = Field(min_length=1)

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in (*ADDITIVE, *RATIOS):
            raise ValueError(f"the semantic model has no metric {value!r}")
        return value


class Playbook(BaseModel):
    """One piece of advice: what to do first, and how to see whether it worked."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=1)
    advice: str = Field(min_length=1)
    test_it: HowToTest
    when: str = Field(min_length=1)
    evidence: str = Field(min_length=1)
    share: float = Field(1, gt=0, le=1, description="part of the insight's money that following the advice may bring")
    priced: bool = Field(True, description="false: advice about the figures themselves, which promises no money")


@cache
def playbooks() -> Mapping[str, Playbook]:
    """All playbooks by key."""
    text = files(__package__).joinpath("playbooks.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Playbook]).validate_python(yaml.safe_load(text))


DATA_FIRST = ("check_data",)
"""Advice that goes before all other: what is concluded from figures that cannot be true is worth nothing."""
