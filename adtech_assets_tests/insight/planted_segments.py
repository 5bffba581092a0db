"""All segments of an account: sets of rows that one to three attributes select, each under its shortest description.

Belongs here: which sets of rows have a name, and how alike two are. Does not: what happens to them (planted_causes.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from planted_accounts import DIMENSIONS, Account, Floats, Ints, Mask

MOST_ATTRIBUTES = 3


@dataclass
class Segment:
    """A set of rows and its shortest description, such as country=DE&device=mobile."""

    rows: Mask
    text: str
    attributes: int


@dataclass
class Segments:
    """Every row-distinct segment of an account: a group is one choice of dimensions, a key one of its members."""

    account: Account
    groups: list[tuple[int, ...]]
    keys: list[Ints]
    group: Ints
    key: Ints
    leaves: Ints

    def sums(self, weight: Floats) -> Floats:
        """Sum of a leaf weight over each segment."""
        totals = [np.bincount(key, weights=weight) for key in self.keys]
        return np.array([totals[g][k] for g, k in zip(self.group, self.key, strict=True)])

    def attributes(self) -> Ints:
        return np.array([len(self.groups[g]) for g in self.group])

    def take(self, index: int) -> Segment:
        group = int(self.group[index])
        rows = self.keys[group] == self.key[index]
        first = self.account.codes[np.flatnonzero(rows)[0]]
        parts = [f"{DIMENSIONS[i]}={self.account.names[i][first[i]]}" for i in self.groups[group]]
        return Segment(rows, "&".join(sorted(parts)), len(parts))

    def most_alike(self, index: int, weight: Floats) -> float:
        """Weighted overlap (Jaccard) of a segment with the other segment that is most like it."""
        rows = self.take(index).rows
        inside, whole = self.sums(weight * rows), self.sums(weight)
        overlap = inside / (whole + weight[rows].sum() - inside)
        overlap[index] = 0
        return float(overlap.max())


def segments_of(account: Account) -> Segments:
    """Shorter descriptions come first, so that of several for the same rows the shortest is kept."""
    codes = account.codes
    marks = np.random.default_rng(0).integers(1, 2**62, len(codes), dtype=np.uint64)
    seen = {int(marks.sum())}
    groups = [g for n in range(1, MOST_ATTRIBUTES + 1) for g in combinations(range(len(DIMENSIONS)), n)]
    keys: list[Ints] = []
    found: list[tuple[int, int, int]] = []
    for at, group in enumerate(groups):
        flat = np.zeros(len(codes), np.int64)
        for i in group:
            flat = flat * len(account.names[i]) + codes[:, i]
        _, key = np.unique(flat, return_inverse=True)
        keys.append(key)
        totals = np.zeros(key.max() + 1, np.uint64)
        np.add.at(totals, key, marks)
        for k, (mark, size) in enumerate(zip(totals.tolist(), np.bincount(key).tolist(), strict=True)):
            if mark not in seen:
                seen.add(mark)
                found.append((at, k, size))
    table = np.array(found, np.int64)
    return Segments(account, groups, keys, table[:, 0], table[:, 1], table[:, 2])
