"""The arms: balanced, the same in any order and on any day, kept as the list grows, never two for one person."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_helpers.targets.split import keyed, left_out

KEY = "k" * 40


def arms(ids, stratum=None, before=None, share=0.2, key=KEY, campaign="C1"):
    strata = np.zeros(len(ids), dtype=np.int64) if stratum is None else np.array(stratum)
    return left_out(ids, strata, before or [""] * len(ids), share=share, key=key, campaign=campaign)


def people(n):
    return [f"m{i:06d}" for i in range(n)]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 1 / 3, 0.5])
def test_every_stratum_has_its_share_to_within_one_person(share):
    ids, stratum = people(3000), [i % 7 if i < 2900 else 7 + i % 23 for i in range(3000)]
    out = arms(ids, stratum, share=share)
    assert abs(out.sum() - share * 3000) <= 1
    for name in set(stratum):
        mine = np.array(stratum) == name
        assert abs(out[mine].sum() - share * mine.sum()) <= 1, name


def test_what_is_not_a_stratum_is_balanced_as_chance_has_it():
    """A trait that nobody looked at: the difference of the arms stays within 4 standard errors in 200 campaigns, near 0 in the mean."""
    ids = people(2000)
    trait = np.random.default_rng(7).normal(size=2000)
    gaps = [trait[out].mean() - trait[~out].mean() for out in (arms(ids, campaign=f"C{i}") for i in range(200))]
    error = (1 / 400 + 1 / 1600) ** 0.5
    assert max(map(abs, gaps)) < 4 * error
    assert abs(np.mean(gaps)) < 4 * error / 200**0.5
    assert 0.8 < np.std(gaps) / error < 1.2


def test_each_person_has_the_same_chance():
    """Also in strata of one person, where rounding would always send to all."""
    ids, stratum = people(30), list(range(30))
    held = sum(arms(ids, stratum, campaign=f"C{i}").astype(int) for i in range(2000))
    assert abs(held / 2000 - 0.2).max() < 0.045, "5 standard errors of a share of 0.2 in 2,000"


@given(st.integers(0, 60), st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.3, 1.0]))
def test_the_order_of_the_rows_does_not_matter(n, seed, share):
    ids = people(n)
    stratum = {id_: i % 3 for i, id_ in enumerate(ids)}
    mixed = random.Random(seed).sample(ids, n)
    one = dict(zip(ids, arms(ids, [stratum[i] for i in ids], share=share).tolist(), strict=True))
    other = dict(zip(mixed, arms(mixed, [stratum[i] for i in mixed], share=share).tolist(), strict=True))
    assert one == other


@given(st.integers(1, 80), st.integers(0, 80), st.integers(0, 2**32))
def test_a_list_that_grows_keeps_every_arm(n, more, seed):
    grown = people(n + more)
    random.Random(seed).shuffle(grown)
    first = sorted(grown[:n])
    known = dict(zip(first, ["control" if held else "treatment" for held in arms(first).tolist()], strict=True))
    again = arms(grown, before=[known.get(id_, "") for id_ in grown])
    told = dict(zip(grown, again.tolist(), strict=True))
    assert all(told[id_] == (arm == "control") for id_, arm in known.items())
    newcomers = [told[id_] for id_ in grown if id_ not in known]
    assert abs(sum(newcomers) - 0.2 * more) <= 1


def test_two_campaigns_and_two_keys_leave_out_different_people():
    ids = people(1000)
    one, other, keyed_ = arms(ids), arms(ids, campaign="C2"), arms(ids, key="x" * 40)
    for second in (other, keyed_):
        assert 20 <= (one & second).sum() <= 60, "40 of 1,000 are in both by chance"


def test_the_hash_is_the_published_one():
    """BLAKE2b with a key (RFC 7693) of the id, under the campaign's own key."""
    import hashlib
    import hmac

    own = hmac.new(KEY.encode(), b"arms:C1", hashlib.sha256).digest()
    digest = hashlib.blake2b("会員1".encode(), key=own, digest_size=8).digest()
    assert keyed(["会員1"], key=KEY, campaign="C1").tolist() == [int.from_bytes(digest, "big")]
