"""What a metric cannot do without, and how it says so: a page that cannot be made is left out, not failed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar

from crm_helpers.data.tables import Tables

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Unavailable:
    """A metric's answer when the client's data cannot give it.

    Args:
        would_show: the metric, `sales.kpi_tree`; its words are `<module>.would_show.<function>`.
        missing: contract tables or columns that the client did not send.
        reason: text key of another reason (too few data, data that start in the middle); empty when something is missing.
        facts: what that text quotes.
    """

    would_show: str
    missing: tuple[str, ...] = ()
    reason: str = ""
    facts: dict[str, int | float | str] = field(default_factory=dict)


def needs(
    *names: str,
) -> Callable[[Callable[Concatenate[Tables, P], T]], Callable[Concatenate[Tables, P], T | Unavailable]]:
    """The metric is computed only when the client has these tables and columns (`surveys`, `order_lines.customer_id`)."""

    def decorate(metric: Callable[Concatenate[Tables, P], T]) -> Callable[Concatenate[Tables, P], T | Unavailable]:
        @functools.wraps(metric)
        def asked(tables: Tables, /, *args: P.args, **kwargs: P.kwargs) -> T | Unavailable:
            missing = tuple(name for name in names if not tables.has(name))
            return Unavailable(metric_name(metric), missing) if missing else metric(tables, *args, **kwargs)

        return asked

    return decorate


def metric_name(metric: Callable[..., object]) -> str:
    """`sales.kpi_tree` for the function `kpi_tree` of `crm_helpers.metrics.sales`."""
    return f"{metric.__module__.rsplit('.', 1)[-1]}.{metric.__name__}"
