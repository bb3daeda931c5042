"""The chain of work counted back from the first day, what is late, and the person-days by month; worked by hand."""

from __future__ import annotations

import datetime
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_helpers.data.needs import Unavailable
from crm_helpers.domain.schedule import chain, chain_of, closed_days, steps
from crm_helpers.metrics import schedule
from crm_helpers.params.schema import PlanSettings
from tests.metrics.test_plan import brief

D = datetime.date
CLOSED = closed_days(D(2025, 1, 1), D(2028, 12, 31), japanese=True)
AS_OF = D(2026, 3, 31)
APRIL = 2026 * 12 + 3


def planned(*rows):
    frame = pd.DataFrame([{"progress": None, "waits_for": None, "owner_department": "販促", **row} for row in rows])
    for name in ("starts_on", "ends_on", "approved_on"):
        frame[name] = pd.to_datetime(frame[name]) if name in frame else pd.NaT
    frame["always"] = [bool(row.get("trigger")) for row in rows]
    return frame


def one(**more):
    told = {"name_en": None, "channel_code": "mail", "window_days": 30, "work_days": 10.0, "approved_on": None}
    return {**brief(starts_on=D(2026, 5, 11), ends_on=D(2026, 5, 31)), **told, **more}


def tasks(*rows, as_of=AS_OF):
    return schedule.tasks(planned(*rows), as_of=as_of, chain=chain(), closed=CLOSED)


def spans(table):
    return {row.step: (row.start.date(), row.due.date()) for row in table.itertuples()}


def test_a_chain_over_golden_week_by_hand():
    # first day Mon 5/11; test 2 days: 5/7, 5/8; set-up 3: 4/28, 4/30, 5/1; approval 3: 4/23, 24, 27; creative 10: 4/9 … 4/22;
    # targets 3, meanwhile: 4/20, 21, 22; brief 5: 4/2, 3, 6, 7, 8
    assert spans(tasks(one())) == {
        "brief": (D(2026, 4, 2), D(2026, 4, 8)),
        "targets": (D(2026, 4, 20), D(2026, 4, 22)),
        "creative": (D(2026, 4, 9), D(2026, 4, 22)),
        "approval": (D(2026, 4, 23), D(2026, 4, 27)),
        "set_up": (D(2026, 4, 28), D(2026, 5, 1)),
        "test": (D(2026, 5, 7), D(2026, 5, 8)),
        "send": (D(2026, 5, 11), D(2026, 5, 31)),
        "result": (D(2026, 7, 1), D(2026, 7, 7)),  # 5/31 and 30 days: 6/30; five business days after it
    }


def test_a_chain_over_new_year_and_printing_by_hand():
    # first day Mon 2027-01-18, by post: printing 10 days: 12/28, then 1/4 … 1/8, 1/12 … 1/15 (1/11 is a holiday)
    found = spans(tasks(one(channel_code="post", starts_on=D(2027, 1, 18), ends_on=D(2027, 1, 18))))
    assert found["print"] == (D(2026, 12, 28), D(2027, 1, 15))
    assert found["test"] == (D(2026, 12, 24), D(2026, 12, 25))


def test_what_was_due_before_as_of_and_is_not_done_is_late():
    table = tasks(one(starts_on=D(2026, 4, 1)))
    state = dict(zip(table["step"], table["state"], strict=True))
    assert {state[name] for name in ("brief", "targets", "creative", "approval", "set_up")} == {"late"}
    assert state["test"] == "running", "due on as_of itself: the day is not over"
    assert state["send"] == state["result"] == "ahead"
    due = table.loc[table["step"] == "test", "due"].iloc[0].date()
    assert due == AS_OF
    later = tasks(one(starts_on=D(2026, 4, 1)), as_of=D(2026, 4, 1))
    assert later.set_index("step").loc["test", "state"] == "late"


def test_approval_and_progress_say_what_is_done_with_all_before_it():
    def done(**more):
        table = tasks(one(**more))
        return set(table.loc[table["done"], "step"])

    assert done() == set()
    assert done(progress="targets") == {"brief", "targets"}
    assert done(approved_on=D(2026, 3, 12)) == {"brief", "targets", "creative", "approval"}
    assert done(approved_on=D(2026, 3, 12), progress="test") == {"brief", "targets", "creative", "approval", "set_up", "test"}


def test_slack_and_the_earliest_day_by_hand():
    # open: brief 5 + creative 10 + approval 3 + set-up 3 + test 2 = 23 days; between 4/1 and 5/8 there are 24 (22 in April
    # less 4/29, and 5/1, 7, 8): one to spare
    first = tasks(one()).iloc[0]
    assert (first["slack"], first["earliest"].date()) == (1, D(2026, 5, 11))
    # a week earlier, 5/1: 21 days are there, two lack; after 23 days (… 5/7) it can begin on 5/8
    late = tasks(one(starts_on=D(2026, 5, 1))).iloc[0]
    assert late["slack"] == -2
    assert late["earliest"].date() == D(2026, 5, 8)
    ready = tasks(one(starts_on=D(2026, 4, 1), approved_on=D(2026, 3, 1), progress="test")).iloc[0]
    assert (ready["slack"], ready["earliest"].date()) == (0, D(2026, 4, 1))


def test_person_days_are_parted_by_weight_and_carried_over_when_late():
    # weights 15 10 35 5 10 10 5 10 = 100 without printing: of 10 days the brief takes 1.5 …
    table = tasks(one(starts_on=D(2026, 4, 1), ends_on=D(2026, 4, 1)))
    assert table["work"].tolist() == pytest.approx([1.5, 1.0, 3.5, 0.5, 1.0, 1.0, 0.5, 1.0])
    found = schedule.work(table, as_of=AS_OF, first=APRIL, cap=8, closed=CLOSED)
    april = found.iloc[0]
    assert (april["month"], april["carried"]) == (APRIL, pytest.approx(8.5)), (
        "all before the launch, the day of the test included"
    )
    assert april["planned"] == pytest.approx(0.5), "the sending; the result is due from 5/1"
    assert found["over"].tolist()[:2] == [True, False]
    assert found["total"].sum() + found.attrs["done"] == pytest.approx(10.0)


def test_a_month_over_the_cap_is_counted_and_without_a_cap_none():
    table = tasks(*(one(campaign_id=f"C{n}", work_days=24.0) for n in range(2)))
    found = schedule.work(table, as_of=AS_OF, first=APRIL, cap=20, closed=CLOSED)
    assert schedule.crowded(found) == 1
    assert found.loc[found["over"], "month"].tolist() == [APRIL]
    free = schedule.work(table, as_of=AS_OF, first=APRIL, cap=None, closed=CLOSED)
    assert schedule.crowded(free) is None
    assert not free["over"].any()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.dates(D(2026, 4, 1), D(2027, 3, 31)),
            st.integers(0, 120),
            st.floats(0.5, 40),
            st.sampled_from([None, *steps()[:6]]),
            st.sampled_from(["mail", "post", ""]),
            st.booleans(),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_person_days_sum_to_the_whole_and_steps_never_overlap_what_they_wait_for(rows):
    told = [
        one(campaign_id=f"C{n}", starts_on=start, ends_on=start + datetime.timedelta(days=run), work_days=work, progress=progress,
            channel_code=channel, trigger="毎月" if always else None)
        for n, (start, run, work, progress, channel, always) in enumerate(rows)
    ]  # fmt: skip
    table = tasks(*told)
    found = schedule.work(table, as_of=AS_OF, first=APRIL, cap=20, closed=CLOSED)
    assert found["total"].sum() + found.attrs["done"] == pytest.approx(sum(row["work_days"] for row in told))
    for row in told:
        mine = spans(table[table["campaign_id"] == row["campaign_id"]])
        for step in chain_of(chain(), row["channel_code"]):
            for other in step.after:
                last = mine[other][0] if other == "send" else mine[other][1]
                assert last < mine[step.name][0], (other, step.name)


def test_what_must_come_first_is_kept_or_not():
    rows = [
        one(campaign_id="A", starts_on=D(2026, 4, 27)),
        one(campaign_id="B", waits_for="A X", starts_on=D(2026, 5, 11)),
        one(campaign_id="C", waits_for="A", starts_on=D(2026, 6, 1)),
    ]
    found = schedule.links(planned(*rows), tasks(*rows)).set_index("other")
    # B is set up from 4/28: A began the day before; an unknown campaign is passed over
    assert found.loc["B"].to_dict() == {"one": "A", "free": 1, "kept": True}
    rows[0]["starts_on"] = D(2026, 4, 28)
    assert not schedule.links(planned(*rows), tasks(*rows)).set_index("other").loc["B", "kept"]


def test_without_a_plan_or_person_days_the_pages_are_left_out():
    gone = Unavailable("plan.briefs", reason="plan.no_briefs")
    assert schedule.tasks(gone, as_of=AS_OF, chain=chain(), closed=CLOSED).would_show == "schedule.tasks"
    assert schedule.work(gone, as_of=AS_OF, first=APRIL, cap=20, closed=CLOSED).would_show == "schedule.work"
    empty = schedule.work(tasks(one(work_days=math.nan)), as_of=AS_OF, first=APRIL, cap=20, closed=CLOSED)
    assert empty.reason == "schedule.no_work"


def test_the_settings_name_the_steps_of_the_chain():
    PlanSettings(chain={name: {"days": 1} for name in steps()})
    with pytest.raises(ValueError, match="chain"):
        PlanSettings(chain={"printing": {"days": 1}})
