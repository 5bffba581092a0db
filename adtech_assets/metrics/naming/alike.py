"""Which of many names are alike enough to be looked at: pairs of distinct names, never of rows.

Belongs here: finding pairs without comparing all with all. Does not: what a difference means (`slips`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rapidfuzz.distance import OSA

from adtech_assets.metrics.naming.slips import MOST_EDITS
from adtech_assets.metrics.naming.spelling import digits, normal, signs, words
from adtech_assets.settings import Names

Pair = tuple[str, str]
_BLOCK_NAMES = 1_000
"""Names compared at once with all of their length: keeps the matrix of distances in megabytes."""


def equal_words(names: Sequence[str]) -> Iterator[Pair]:
    """Pairs of names that differ in punctuation and `and` only."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        found.setdefault(words(normal(name)), []).append(name)
    for group in found.values():
        yield from ((a, b) for place, a in enumerate(group) for b in group[place + 1 :])


def near(names: Mapping[str, int], settings: Names) -> Iterator[Pair]:
    """Pairs of names whose letters are similar enough, with the same digits. `names`: name -> rows.

    Only names of the same digits and signs and of nearly the same length meet; of more than `max_comparisons` pairs
    the most frequent names do.
    """
    left = settings.max_comparisons
    for block in _blocks(names, settings):
        block = block[: int((2 * max(left, 0)) ** 0.5)]
        left -= len(block) ** 2 // 2
        yield from _near_of_block(block, settings.similarity)


def far(names: Mapping[str, int], reach: Mapping[str, int], settings: Names) -> Iterator[tuple[Pair, float]]:
    """(rare, common) pairs of names with the same digits and signs that are at least `suggest_similarity` alike, and
    how much (0 to 100). `names`: name -> rows; `reach`: name -> the most rows it may come to have."""
    left = settings.max_comparisons
    for block in _blocks(names, settings):
        most, least = max(reach[name] for name in block), min(names[name] for name in block)
        rare = [name for name in block if names[name] <= settings.rare_share * most]
        common = [name for name in block if least <= settings.rare_share * reach[name]]
        if rare and common:
            rare = rare[: max(left, 0) // len(common)]
            left -= len(rare) * len(common)
            for start in range(0, len(rare), _BLOCK_NAMES):
                yield from _far(rare[start : start + _BLOCK_NAMES], common, settings.suggest_similarity)


def _far(rare: Sequence[str], common: Sequence[str], least: float) -> Iterator[tuple[Pair, float]]:
    import numpy as np
    from rapidfuzz.process import cdist

    ours, theirs = ([" ".join(words(normal(name))) for name in names] for names in (rare, common))
    scores = cdist(ours, theirs, scorer=OSA.normalized_similarity, score_cutoff=least / 100, dtype=np.float32)
    for i, j in zip(*np.nonzero(scores), strict=True):
        if rare[i] != common[j]:
            yield (rare[i], common[j]), 100 * float(scores[i, j])


def _blocks(names: Mapping[str, int], settings: Names) -> list[list[str]]:
    """Names long enough to be compared, by their digits and signs; the most frequent first."""
    blocks: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for name in sorted(names, key=lambda name: (-names[name], name)):
        text = " ".join(words(normal(name)))
        if sum(map(str.isalpha, text)) >= settings.min_letters:
            blocks.setdefault((digits(text), signs(text)), []).append(name)
    return [block for _, block in sorted(blocks.items())]


def _near_of_block(block: Sequence[str], least: float) -> Iterator[Pair]:
    by_length: dict[int, list[str]] = {}
    text = {name: " ".join(words(normal(name))) for name in block}
    for name in block:
        by_length.setdefault(len(text[name]), []).append(name)
    for length, ours in sorted(by_length.items()):
        theirs = [name for more in range(MOST_EDITS + 1) for name in by_length.get(length + more, ())]
        for start in range(0, len(ours), _BLOCK_NAMES):
            yield from _close(ours[start : start + _BLOCK_NAMES], theirs[start:], text, least)


def _close(ours: Sequence[str], theirs: Sequence[str], text: Mapping[str, str], least: float) -> Iterator[Pair]:
    """`theirs` begins with `ours`: each pair is met once."""
    import numpy as np
    from rapidfuzz.process import cdist

    if len(theirs) == 1:
        return
    distances = cdist(
        [text[n] for n in ours], [text[n] for n in theirs], scorer=OSA.distance, score_cutoff=MOST_EDITS, dtype=np.uint8
    )
    # Theirs are the longer ones: similarity is the share of their letters that is not edited.
    most = np.array([len(text[name]) * (1 - least / 100) for name in theirs])
    for i, j in zip(*np.nonzero((distances > 0) & (distances <= MOST_EDITS) & (distances <= most)), strict=True):
        if i < j:
            yield ours[i], theirs[j]
