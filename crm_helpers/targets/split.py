"""Who of a list is left out for comparison, decided by a keyed hash: the same people give the same arms in any order.

Whoever already has an arm keeps it, so that a list may grow and nobody is ever in both. Those who come new are sorted by stratum
and, within it, by their hash; of that row every 1/share-th is left out, beginning at a place that the hashes decide. So each
person has the same chance, and every stratum has its share to within one person (systematic sampling with a random start from
an ordered frame; Cochran 1977, Sampling Techniques, ch. 8). The hash is BLAKE2b keyed with the client's key and the campaign
(RFC 7693): nobody without the key can tell who will be left out, and two campaigns leave out different people.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WIDE = 8  # bytes of a hash: no two of a million people are likely to share one
WHOLE = 1 << (8 * WIDE)


def left_out(
    ids: Sequence[str], stratum: NDArray[np.int64], before: Sequence[str], *, share: float, key: str, campaign: str
) -> NDArray[np.bool_]:
    """Whether each person is left out.

    Args:
        before: each one's arm so far: `treatment`, `control` or nothing.
        share: to be left out of those who come new, 0 to 1.
        key: the client's secret key.
    """
    told = np.array(before, dtype=object)
    out: NDArray[np.bool_] = told == "control"
    fresh = np.flatnonzero(told == "")
    if not len(fresh) or share <= 0:
        return out
    hashes = keyed([ids[place] for place in fresh.tolist()], key=key, campaign=campaign)
    start = (int(hashes.sum(dtype=np.uint64)) * 0x9E3779B97F4A7C15) % WHOLE / WHOLE  # of whoever comes new, whatever the day
    row = np.lexsort((hashes, stratum[fresh]))
    steps = np.floor(start + share * np.arange(len(fresh) + 1))
    out[fresh[row]] = np.diff(steps) > 0
    return out


def keyed(ids: Sequence[str], *, key: str, campaign: str) -> NDArray[np.uint64]:
    """Each id's hash under the client's key, for this campaign alone."""
    own = hmac.new(key.encode(), f"arms:{campaign}".encode(), hashlib.sha256).digest()
    begun = hashlib.blake2b(key=own, digest_size=WIDE)
    digests = []
    for id_ in ids:
        made = begun.copy()
        made.update(id_.encode())
        digests.append(made.digest())
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)
