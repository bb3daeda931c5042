"""The page on drivers: the KPI tree of two periods over the waterfall of contributions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views import waterfall
from crm_helpers.views.block import ChartPanel, Draft, fact, view
from crm_helpers.views.identification import warning
from crm_helpers.views.sales import direction, kpi_row, rate_of
from crm_helpers.views.theme import COLOUR, LINE, MAIN, TYPE, board, number
from crm_helpers.views.waterfall import Part

FORM = {
    "sales": "money",
    "identified_sales": "money",
    "guest_sales": "money",
    "apart_sales": "money",
    "customers": "int",
    "new": "int",
    "existing": "int",
    "orders_per_customer": "dec2",
    "aov": "price",
    "items_per_order": "dec2",
    "price_per_item": "price",
}


@view
def tree(
    table: pd.DataFrame, *, periods: Periods, shares: pd.DataFrame | None = None, margins: pd.DataFrame | None = None
) -> Draft:
    """The tree of this period and the last over the waterfall of contributions (`metrics.kpi.tree`).

    `shares` (`metrics.identification.shares`) warns when the number of members moved with the identified share; `margins`
    (`metrics.margins.totals`) stand beside the sales where costs are known.
    """
    nodes = {row["node"]: row for row in records(table)}
    parts = table[table["leaf"]].set_index("node")["contribution"].astype(int)
    change, rate = int(parts.sum()), rate_of(nodes["sales"]["current"], nodes["sales"]["compare"])
    top, low = str(parts.idxmax()), str(parts.idxmin())
    main = top if parts[top] >= -parts[low] else low
    kind = "mixed" if parts[top] > 0 > parts[low] else "all_up" if parts[low] >= 0 else "all_down"
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "sales": int(nodes["sales"]["current"]),
        "diff": abs(change),
        "rate": fact(abs(rate)),
        "top": f"kpi.phrase.{top}",
        "top_value": int(parts[top]),
        "low": f"kpi.phrase.{low}",
        "low_value": int(parts[low]),
    }
    notes = ["kpi.note_price"] if "price_per_item" in nodes else []
    notes += ["kpi.note_no_items"] if bool(table["no_quantity"].iloc[0]) else []
    notes += ["kpi.note_apart"] if "apart_sales" in nodes else []
    notes += ["kpi.note_new"] if "new" in nodes else []
    notes += ["kpi.note_no_new"] if bool(table["no_firsts"].iloc[0]) else []
    return Draft(
        name="kpi.tree",
        page="BA-03",
        headline=Sentence(f"kpi.headline.{direction(rate)}_{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("kpi.title"),
                Sentence("kpi.unit", facts),
                "S",
                lambda voice: draw_tree(nodes, main, periods, voice),
            ),
            ChartPanel(
                Sentence("kpi.title2"),
                Sentence("kpi.unit2", facts),
                "M",
                lambda voice: _draw_waterfall(nodes, parts, main, periods, voice),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("kpi.key", {"driver": f"kpi.phrase.{main}"}),
            Sentence("sales.money_change", {"value": int(parts[main])}),
            Sentence("kpi.key_compare", {"change": change}),
        ),
        reading=(Sentence("kpi.read_parts", {"n": len(parts)}), *_margin(margins)),
        claim=(Sentence("kpi.sure"), *warning(shares)),
        next_move=NextMove(Sentence(f"kpi.next.{low if parts[low] < 0 else top}")),
        note=(*(Sentence(key) for key in notes), _method_note(table, nodes[main])),
        sample=Sentence(
            "kpi.sample",
            {"customers": int(nodes["customers"]["current"]), "before": int(nodes["customers"]["compare"])},
        ),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(max(nodes["sales"]["compare"], nodes["sales"]["current"])),
        definitions=(
            "DF-01",
            "DF-02",
            "DF-03",
            "DF-04",
            "DF-05",
            *(("DF-50",) if "apart_sales" in nodes else ()),
            *(("DF-72",) if margins is not None else ()),
        ),
        stake=abs(int(parts[main])),
        evidence="decomposition",
        rows=tuple(_node_row(row, periods, int(nodes["customers"]["current"])) for row in nodes.values()),
    )


def _margin(margins: pd.DataFrame | None) -> tuple[Sentence, ...]:
    """The margin rate of both periods, and how much of the sales it speaks for."""
    if margins is None:
        return ()
    before, now = records(margins)
    return (Sentence("kpi.margin", {"before": before["rate"], "now": now["rate"], "covered": now["covered"]}),)


def _method_note(table: pd.DataFrame, main: dict[str, Any]) -> Sentence:
    """How the change was split; where the guard differs by more than 2 %, its figure too."""
    if not bool(table["methods_differ"].iloc[0]):
        return Sentence(f"kpi.note_{table['method'].iloc[0]}")
    return Sentence("kpi.note_methods_differ", {"driver": f"kpi.phrase.{main['node']}", "value": int(main["shapley"])})


PLACE = {  # level from the left, height in rows from the bottom
    "sales": 0,
    "identified_sales": 1,
    "guest_sales": 1,
    "apart_sales": 1,
    "customers": 2,
    "orders_per_customer": 2,
    "aov": 2,
    "new": 3,
    "existing": 3,
    "items_per_order": 3,
    "price_per_item": 3,
}
WIDE, TALL, RISE = 43.0, 9.6, 11.9
WIDEST_STEP = 66.0  # from column to column; farther apart the joints look torn


def _sign(parent: str, nodes: dict[str, Any]) -> str:
    """How the branches of a node make it: added or multiplied."""
    return "+" if parent == "customers" or (parent == "sales" and "identified_sales" in nodes) else "×"


def _columns(nodes: dict[str, Any]) -> dict[str, float]:
    """Left edge of each box; without guests or those apart the tree has one level less."""
    levels = {name: PLACE[name] - (0 if "identified_sales" in nodes or name == "sales" else 1) for name in nodes}
    step = min(WIDEST_STEP, (MAIN - WIDE - 0.5) / max(levels.values()))
    return {name: 0.25 + level * step for name, level in levels.items()}


def _heights(nodes: dict[str, Any]) -> dict[str, float]:
    """Row of each box, from 0 at the bottom to 4: each parent stands at the middle of its branches."""
    rows = {"new": 4.0, "existing": 3.0, "items_per_order": 1.0, "price_per_item": 0.0}
    if "new" not in nodes:
        rows |= {"items_per_order": 1.3, "price_per_item": 0.2}
    leaves = ("items_per_order", "price_per_item") if "items_per_order" in nodes else ()
    rows["customers"] = 3.5
    rows["aov"] = sum(rows[leaf] for leaf in leaves) / 2 if leaves else 0.75
    rows["orders_per_customer"] = (rows["customers"] + rows["aov"]) / 2
    rows["identified_sales"] = rows["orders_per_customer"]
    others = [name for name in ("guest_sales", "apart_sales") if name in nodes]
    bottom = rows["aov"] - 0.4 if len(others) == 1 else 0.0
    rows |= {name: bottom + 0.95 * place for place, name in enumerate(reversed(others))}
    rows["sales"] = (rows["identified_sales"] + bottom) / 2 if others else rows["identified_sales"]
    return {name: rows[name] for name in nodes}


def draw_tree(
    nodes: dict[str, Any], main: str, periods: Periods, voice: Voice, plans: Mapping[str, float] | None = None
) -> Figure:
    """The tree as boxes; a node of `plans` has its plan beside its value instead of the compared period."""
    figure, axes = board("S")
    columns = _columns(nodes)
    where = {name: (columns[name], row * RISE + 0.4) for name, row in _heights(nodes).items()}
    for parent in nodes:
        kids = [where[name] for name in nodes if nodes[name]["parent"] == parent]
        if kids:
            _draw_joint(axes, where[parent], kids, _sign(parent, nodes))
    for name, (x, y) in where.items():
        _draw_box(axes, x, y, nodes[name], name == main, periods, voice, (plans or {}).get(name))
    return figure


def _draw_joint(axes: Axes, parent: tuple[float, float], kids: list[tuple[float, float]], sign: str) -> None:
    x, y = parent[0] + WIDE, parent[1] + TALL / 2
    joint, ends = (x + kids[0][0]) / 2, [kid[1] + TALL / 2 for kid in kids]
    axes.plot([x, joint], [y, y], color=COLOUR["mark"], lw=LINE["axis"])
    axes.plot([joint, joint], [min(*ends, y), max(*ends, y)], color=COLOUR["mark"], lw=LINE["axis"])
    for end, kid in zip(ends, kids, strict=True):
        axes.plot([joint, kid[0]], [end, end], color=COLOUR["mark"], lw=LINE["axis"])
    axes.text(
        joint,
        y,
        sign,
        ha="center",
        va="center",
        size=TYPE["subhead"],
        weight="bold",
        color=COLOUR["text2"],
        bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.6},
    )


def _draw_box(
    axes: Axes, x: float, y: float, node: dict[str, Any], main: bool, periods: Periods, voice: Voice, plan: float | None
) -> None:
    rate, form = rate_of(node["current"], node["compare"]), FORM[node["node"]]
    worse = main and node["contribution"] < 0
    edge = COLOUR["alert"] if worse else COLOUR["accent"] if main else COLOUR["rule"]
    axes.add_patch(
        Rectangle(
            (x, y),
            WIDE,
            TALL,
            fc=COLOUR["paper"] if main else COLOUR["wash"],
            ec=edge,
            lw=LINE["outline"] if main else LINE["axis"],
        )
    )
    axes.text(x + 1.8, y + TALL - 2.9, voice.say(f"kpi.node.{node['node']}"), va="center", size=TYPE["label"], weight="bold")
    number(
        axes,
        x + WIDE - 1.8,
        y + TALL - 2.9,
        fact(rate),
        "pct1_signed",
        voice,
        va="center",
        ha="right",
        size=TYPE["label"],
        weight="bold",
        color=edge if main else COLOUR["ink"],
    )
    number(
        axes,
        x + 1.8,
        y + 2.5,
        fact(node["current"]),
        form,
        voice,
        va="center",
        size=TYPE["label"],
        within=voice.template(f"kpi.node_unit.{node['node']}"),
    )
    bare = form.replace("money", "money_number").replace("price", "price_number")
    number(
        axes,
        x + WIDE - 1.8,
        y + 2.5,
        fact(node["compare"] if plan is None else plan),
        bare,
        voice,
        va="center",
        ha="right",
        size=TYPE["foot"],
        color=COLOUR["mute"] if plan is None else COLOUR["ink"],
        within=voice.say("kpi.before" if plan is None else "kpi.planned", compare=str(periods.compare)) + " {}",
    )


def _draw_waterfall(nodes: dict[str, Any], parts: pd.Series, main: str, periods: Periods, voice: Voice) -> Figure:
    """Last period, the contributions with what moved under each name, this period."""
    bars = [Part(voice.say(f"kpi.node.{name}"), int(parts[name]), _moved(nodes[name], voice)) for name in parts.index]
    return waterfall.draw(int(nodes["sales"]["compare"]), bars, list(parts.index).index(main), periods, voice)


def _moved(node: dict[str, Any], voice: Voice) -> str:
    """3.62 → 3.58回."""
    form = FORM[node["node"]].replace("money", "money_number").replace("price", "price_number")
    was, now = (voice.number(fact(node[p]), form) for p in ("compare", "current"))
    return voice.say(f"kpi.driver.{node['node']}", was=was, now=now)


def _node_row(node: dict[str, Any], periods: Periods, n: int) -> LedgerRow:
    parent = (row_id("kpi", node["parent"]),) if node["parent"] else ()
    row = kpi_row(node["node"], node["current"], FORM[node["node"]], periods, n, parent)
    compare = {**row.values["current"], "value": fact(node["compare"]), "period": str(periods.compare)}
    part = {
        "value": fact(node["contribution"]),
        "unit": "money",
        "period": str(periods.current),
        "definition": "contribution",
    }
    values = {**row.values, "compare": compare} | ({"contribution": part} if node["leaf"] else {})
    return LedgerRow(row.id, row.kind, row.text, values, row.source, row.parents)
