"""Models of buying without and with a contract, by maximum likelihood on counts with analytic gradients.

BG/NBD: Fader, Hardie and Lee 2005 (Marketing Science 24:275). MBG/NBD, in which a customer may also stop right after the
first order: Batislam, Denizel and Filiztekin 2007 (IJRM 24:201). Gamma-Gamma: Fader and Hardie 2013. sBG: Fader and Hardie
2007 (Journal of Interactive Marketing 21:76). Ratios of Gamma functions whose arguments differ by whole numbers are
products, so sums of logarithms give likelihood and gradient and no special function is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MODELS = ("bgnbd", "mbgnbd")
FARTHEST = 9.0  # a parameter beyond e⁹ or under e⁻⁹ has run to the boundary
STEPS = 200
NAMES = {
    "bgnbd": ("r", "alpha", "a", "b"),
    "mbgnbd": ("r", "alpha", "a", "b"),
    "gamma_gamma": ("p", "q", "v"),
    "sbg": ("alpha", "beta"),
}


@dataclass(frozen=True)
class Fit:
    """A fitted model: its parameters, the covariance of their logarithms, and whether the optimum can be believed."""

    model: str
    values: Array
    covariance: Array
    log_likelihood: float
    sound: bool  # inside the parameter space, the gradient is 0, the curvature is that of a maximum

    @property
    def named(self) -> Mapping[str, float]:
        """The parameters by name."""
        return dict(zip(NAMES[self.model], map(float, self.values), strict=True))

    @property
    def errors(self) -> Mapping[str, float]:
        """Standard errors of the parameters (delta method)."""
        spread = self.values * np.sqrt(np.diag(self.covariance))
        return dict(zip(NAMES[self.model], map(float, spread), strict=True))

    def draws(self, count: int, seed: int = 0) -> Array:
        """Parameters as uncertain as they are (normal in the logarithms), one row a draw."""
        root = np.linalg.cholesky(self.covariance + 1e-12 * np.eye(len(self.values)))
        noise = np.random.default_rng(seed).standard_normal((count, len(self.values)))
        return np.asarray(np.exp(np.log(self.values) + noise @ root.T))


# ---------------------------------------------------------------- orders
def fit_orders(model: str, x: Array, t_x: Array, age: Array, n: Array) -> Fit:
    """BG/NBD or MBG/NBD from repeat counts.

    Args:
        x: orders after the first (on other days).
        t_x: weeks from the first to the last order.
        age: weeks from the first order to the end.
        n: customers with these numbers.
    """
    data = _Orders.of(model, x, t_x, age, n)
    starts = ([0.5, float(np.average(age, weights=n)) / 4, 0.8, 2.0], [1.0, float(np.average(age, weights=n)) / 2, 0.5, 0.5])
    return _fit(model, data.gradient, starts)


def probability_alive(fit: Fit, x: Array, t_x: Array, age: Array) -> Array:
    """The chance that a customer with these numbers has not stopped."""
    return _alive(fit.model, fit.values, x, t_x, age)


def expected_orders(model: str, values: Array, x: Array, t_x: Array, age: Array, weeks: float) -> Array:
    """E[Y(weeks) | x, t_x, age]: orders in the weeks to come of a customer with these numbers.

    The hypergeometric function is taken after Euler's transformation, under which its series falls fast.
    """
    r, alpha, a, b = values
    a = a + 1e-7 if abs(a - 1) < 1e-7 else a
    m = x + (model == "mbgnbd")
    z = weeks / (alpha + age + weeks)
    whole = a + b + m - 1
    sums = _hypergeometric(whole - r - x, a - 1, whole, z)
    expected = whole / (a - 1) * (1 - (1 - z) ** (a - 1) * sums)
    return np.asarray(expected * _alive(model, values, x, t_x, age))


def _alive(model: str, values: Array, x: Array, t_x: Array, age: Array) -> Array:
    r, alpha, a, b = values
    m = x + (model == "mbgnbd")
    with np.errstate(divide="ignore"):
        odds = np.log(a) - np.log(np.maximum(b + m - 1, 1e-300)) + (r + x) * (np.log(alpha + age) - np.log(alpha + t_x))
    return np.where(m > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)


@dataclass(frozen=True)
class _Orders:
    """Counts of customers, with what stays the same from step to step."""

    x: Array
    t_x: Array
    age: Array
    n: Array
    m: Array  # orders after which the customer could have stopped and did not
    above_x: Array  # at k: customers with more than k repeats
    above_m: Array

    @classmethod
    def of(cls, model: str, x: Array, t_x: Array, age: Array, n: Array) -> _Orders:
        m = x + (model == "mbgnbd")
        return cls(x, t_x, age, n, m, _above(x, n), _above(m, n))

    def gradient(self, values: Array) -> tuple[float, Array]:
        """The log-likelihood and its gradient."""
        r, alpha, a, b = values
        k, j = np.arange(len(self.above_x)), np.arange(len(self.above_m))
        end, last = np.log(alpha + self.age), np.log(alpha + self.t_x)
        after = np.maximum(b + self.m - 1, 1e-300)
        odds = np.where(self.m > 0, math.log(a) - np.log(after) + (r + self.x) * (end - last), -np.inf)
        stopped = 1 / (1 + np.exp(-np.clip(odds, -700, 700))) * (self.m > 0)
        told = r * math.log(alpha) - (r + self.x) * end + np.logaddexp(0, odds)
        value = float(self.n @ told + self.above_x @ np.log(r + k) + self.above_m @ (np.log(b + j) - np.log(a + b + j)))
        both = self.above_m @ (1 / (a + b + j))
        return value, np.array(
            [
                self.above_x @ (1 / (r + k)) + self.n @ (math.log(alpha) - end + stopped * (end - last)),
                self.n
                @ (
                    r / alpha
                    - (r + self.x) / (alpha + self.age)
                    + stopped * (r + self.x) * (1 / (alpha + self.age) - 1 / (alpha + self.t_x))
                ),
                self.n @ stopped / a - both,
                self.above_m @ (1 / (b + j)) - both - self.n @ (stopped / after),
            ]
        )


def _above(x: Array, n: Array) -> Array:
    """At k = 0, 1, …: how many customers have more than k."""
    held = np.bincount(x.astype(np.int64), weights=n)
    return np.asarray(held[::-1].cumsum()[::-1][1:])


def _hypergeometric(one: Array, two: float, below: Array, z: Array) -> Array:
    """₂F₁(one, two; below; z) for 0 ≤ z < 1."""
    term = np.ones_like(z)
    total = np.ones_like(z)
    for k in range(3000):
        term = term * (one + k) * (two + k) / ((below + k) * (k + 1)) * z
        total = total + term
        if np.max(np.abs(term), initial=0.0) < 1e-12 * max(1.0, float(np.max(np.abs(total), initial=0.0))):
            break
    return total


# ---------------------------------------------------------------- money
def fit_money(x: Array, mean: Array, n: Array) -> Fit:
    """Gamma-Gamma from the mean amount of a customer's `x` > 0 repeat orders."""
    levels, place = np.unique(x, return_inverse=True)
    logs, repeats = np.log(mean), x * np.log(x)
    held = np.bincount(place, weights=n)

    def gradient(values: Array) -> tuple[float, Array]:
        p, q, v = values
        total = np.log(x * mean + v)
        shape = p * x
        value = held @ (_log_gamma(p * levels + q) - _log_gamma(p * levels) - math.lgamma(q))
        value += n @ (q * math.log(v) + (shape - 1) * logs + p * repeats - (shape + q) * total)
        both, own = _digamma(p * levels + q), _digamma(p * levels)
        slope = [
            held @ (levels * (both - own)) + n @ (x * logs + repeats - x * total),
            held @ (both - _digamma(np.array([q]))[0]) + n @ (math.log(v) - total),
            n @ (q / v - (shape + q) / (x * mean + v)),
        ]
        return float(value), np.array(slope)

    level = float(np.average(mean, weights=n))
    return _fit("gamma_gamma", gradient, ([2.0, 3.0, level], [6.0, 4.0, level / 2]))


def expected_money(values: Array, x: Array, mean: Array) -> Array:
    """E[M | x, mean]: the amount of an order to come; the population's mean where x is 0. NaN where q ≤ 1 (no finite mean)."""
    p, q, v = values
    if q <= 1:
        return np.full_like(x, np.nan)
    return np.asarray((p * v + p * x * mean) / (p * x + q - 1))


def _log_gamma(values: Array) -> Array:
    return np.array([math.lgamma(v) for v in values])


def _digamma(values: Array) -> Array:
    """ψ by recurrence up to 6 and the asymptotic series (error under 1e-9 there)."""
    low = values.astype(float).copy()
    shift = np.zeros_like(low)
    while (small := low < 8).any():
        shift[small] -= 1 / low[small]
        low[small] += 1
    square = 1 / low**2
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
    return np.asarray(shift + np.log(low) - 0.5 / low - series)


# ---------------------------------------------------------------- contracts
def fit_renewals(lost: Array, left: Array) -> Fit:
    """sBG from contracts: at t = 1, 2, …, `lost[t-1]` ended instead of renewing for the t-th time and `left[t-1]` left our sight
    (still running) after t renewals' chances that they took. Of all that faced the t-th renewal the share θ leaves, θ ~ Beta.
    """
    facing = np.cumsum((lost + left)[::-1])[::-1]
    kept = facing - lost
    k = np.arange(len(lost))

    def gradient(values: Array) -> tuple[float, Array]:
        alpha, beta = values
        whole = alpha + beta + k
        value = lost @ np.log(alpha / whole) + kept @ np.log((beta + k) / whole)
        both = facing @ (1 / whole)
        return float(value), np.array([lost.sum() / alpha - both, kept @ (1 / (beta + k)) - both])

    return _fit("sbg", gradient, ([1.0, 1.0], [0.5, 2.0]))


def survival(values: Array, periods: int) -> Array:
    """sBG: S(0) = 1, S(1), … S(periods)."""
    alpha, beta = values
    k = np.arange(periods)
    return np.concatenate([[1.0], np.cumprod((beta + k) / (alpha + beta + k))])


# ---------------------------------------------------------------- maximising
def _fit(model: str, gradient: Callable[[Array], tuple[float, Array]], starts: tuple[list[float], ...]) -> Fit:
    found = [_climb(gradient, np.log(np.array(start))) for start in starts]
    logs, value, slope = max(found, key=lambda told: told[1])
    hessian = _hessian(gradient, logs)
    curved = bool(np.all(np.isfinite(hessian)) and np.all(np.linalg.eigvalsh(hessian) < 0))
    covariance: Array = np.asarray(np.linalg.inv(-hessian)) if curved else np.full_like(hessian, np.nan)
    flat = float(np.max(np.abs(slope))) < 1e-3 * max(1.0, abs(value)) ** 0.5
    sound = curved and flat and bool(np.all(np.abs(logs) < FARTHEST if model != "gamma_gamma" else np.abs(logs[:2]) < FARTHEST))
    return Fit(model, np.exp(logs), covariance, value, sound)


def _climb(gradient: Callable[[Array], tuple[float, Array]], logs: Array) -> tuple[Array, float, Array]:
    """BFGS with Armijo's rule in the logarithms of the parameters; steps are kept short, as a likelihood may be flat far out."""

    def told(at: Array) -> tuple[float, Array]:
        values = np.exp(at)
        value, slope = gradient(values)
        return value, slope * values

    value, slope = told(logs)
    inverse = np.eye(len(logs)) / max(1.0, float(np.max(np.abs(slope))))
    for _ in range(STEPS):
        step = inverse @ slope
        step *= min(1.0, 2.0 / max(1e-12, float(np.max(np.abs(step)))))
        while True:
            ahead = np.clip(logs + step, -3 * FARTHEST, 3 * FARTHEST)
            ahead_value, ahead_slope = told(ahead)
            if ahead_value >= value + 1e-4 * float(slope @ (ahead - logs)) or float(np.max(np.abs(step))) < 1e-12:
                break
            step = step / 2
        moved, turned = ahead - logs, slope - ahead_slope
        if not ahead_value > value:
            break
        curve = float(moved @ turned)
        if curve > 1e-12:
            left = np.eye(len(logs)) - np.outer(moved, turned) / curve
            inverse = left @ inverse @ left.T + np.outer(moved, moved) / curve
        gained = ahead_value - value
        logs, value, slope = ahead, ahead_value, ahead_slope
        if gained < 1e-10 * abs(value) and float(np.max(np.abs(slope))) < 1e-4:
            break
    return logs, value, slope


def _hessian(gradient: Callable[[Array], tuple[float, Array]], logs: Array) -> Array:
    """Second derivatives in the logarithms, by central differences of the gradient."""
    step = 1e-4
    rows = []
    for i in range(len(logs)):
        up, down = logs.copy(), logs.copy()
        up[i] += step
        down[i] -= step
        rows.append((gradient(np.exp(up))[1] * np.exp(up) - gradient(np.exp(down))[1] * np.exp(down)) / (2 * step))
    hessian = np.array(rows)
    return np.asarray((hessian + hessian.T) / 2)
