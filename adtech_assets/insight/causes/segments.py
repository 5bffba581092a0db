"""Segments: every set of leaves that one to three attributes select, each set once, by its shortest description.

Belongs here: listing them. Does not: judging them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from adtech_assets.insight.arrays import Array, Flags, Positions
from adtech_assets.insight.causes.cube import Cube

if TYPE_CHECKING:
    from scipy.sparse import csr_array

EVERYTHING = 0
"""The first segment: no attribute, all leaves."""


@dataclass(frozen=True)
class Segments:
    """[segment] arrays. `selects`: segments x leaves, 1 where a leaf belongs to it."""

    attributes: tuple[tuple[tuple[int, int], ...], ...]
    """Each segment's (dimension, member) pairs; () is the whole account."""
    order: Positions
    """How many attributes."""
    prior: Array
    """Log of the share of all segments' prior weight."""
    selects: csr_array

    def leaves_of(self, segment: int) -> Flags:
        row = self.selects[[segment]].toarray()[0]
        return np.asarray(row > 0)

    def sums(self, values: Array) -> Array:
        """[segment] or [segment, column]: sums of leaves' values."""
        result: Array = self.selects @ values
        return result


def segments_of(cube: Cube, weight: Array, longest: int, least_share: float, shrink: float, most: int) -> Segments:
    """The segments of a cube that hold at least `least_share` of `weight` ([leaf], not negative).

    `shrink`: prior weight of a segment with one attribute more, as a factor, besides there being more of them. Where
    there would be more than `most` segments, the share they must hold is doubled until there are not.
    """
    found = _segments_of(cube, weight, longest, least_share, shrink)
    while len(found.attributes) > most:
        least_share *= 2
        found = _segments_of(cube, weight, longest, least_share, shrink)
    return found


def _segments_of(cube: Cube, weight: Array, longest: int, least_share: float, shrink: float) -> Segments:
    from scipy.sparse import csr_array

    n = cube.leaves
    marks = np.random.default_rng(0).integers(1, 2**62, size=n, dtype=np.int64).astype(np.uint64)
    everything = tuple[tuple[int, int], ...]()
    attributes: list[tuple[tuple[int, int], ...]] = [everything]
    rows, columns = [np.zeros(n, dtype=np.int64)], [np.arange(n)]
    seen = {int(marks.sum(dtype=np.uint64))}
    sizes = [1]
    least = least_share * float(weight.sum())
    for order in range(1, min(longest, len(cube.dimensions)) + 1):
        added = 0
        for chosen in combinations(range(len(cube.dimensions)), order):
            label = np.zeros(n, dtype=np.int64)
            for dimension in chosen:
                label = label * len(cube.members[dimension]) + cube.codes[:, dimension]
            _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
            prints = _sums_of_marks(inverse, marks, len(first))
            heavy = np.bincount(inverse, weights=weight, minlength=len(first)) >= max(least, 1e-12)
            keep = np.full(len(first), -1, dtype=np.int64)
            for group in np.flatnonzero(heavy).tolist():
                mark = int(prints[group])
                pairs = tuple((d, int(cube.codes[first[group], d])) for d in chosen)
                if mark in seen or any(cube.members[d][m] is None for d, m in pairs):
                    continue
                seen.add(mark)
                keep[group] = len(attributes)
                attributes.append(pairs)
                added += 1
            inside = keep[inverse]
            columns.append(np.flatnonzero(inside >= 0))
            rows.append(inside[inside >= 0])
        sizes.append(added)
    order_of = np.array([len(pairs) for pairs in attributes], dtype=np.int64)
    weights = np.array([shrink**k for k in range(len(sizes))])
    weights /= weights.sum()
    prior = np.log(weights[order_of] / np.maximum(np.array(sizes), 1)[order_of])
    where = (np.concatenate(rows), np.concatenate(columns))
    selects = csr_array((np.ones(len(where[0])), where), shape=(len(attributes), n))
    return Segments(tuple(attributes), order_of, prior, selects)


def _sums_of_marks(group: Positions, marks: np.ndarray, groups: int) -> np.ndarray:
    """[group]: sums, modulo 2**64, of the marks of its leaves: equal for equal sets, different for others."""
    result = np.zeros(groups, dtype=np.uint64)
    np.add.at(result, group, marks)
    return result
