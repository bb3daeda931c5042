"""F2 held to Freireich's trial and to customers worked by hand."""

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import repeat
from crm_helpers.params.periods import Period, Periods
from tests.metrics.sample import lines, shop

D = datetime.date
WEEKS_6MP = [
    "6",
    "6",
    "6",
    "6*",
    "7",
    "9*",
    "10",
    "10*",
    "11*",
    "13",
    "16",
    "17*",
    "19*",
    "20*",
    "22",
    "23",
    "25*",
    "32*",
    "32*",
    "34*",
    "35*",
]


def buyer(name, *days):
    return [(f"{name}-{i}", day, name, 1, 100) for i, day in enumerate(days)]


def buyers(month, n, back_after=None, returning=0):
    """`n` first buyers on the first of a month, `returning` of whom come back after so many days."""
    first = D.fromisoformat(f"{month}-01")
    days = [[first, first + datetime.timedelta(days=back_after)] if i < returning else [first] for i in range(n)]
    return [row for i, told in enumerate(days) for row in buyer(f"{month}/{i}", *map(str, told))]


def curves(frame, as_of, periods=None, known=True):
    return repeat.curves(shop(frame, as_of), as_of=as_of, periods=periods, first_orders_known=known)


def by_month(frame, as_of, k=1, periods=None):
    return repeat.by_month(shop(frame, as_of), as_of=as_of, periods=periods, k=k, first_orders_known=True)


def freireich():
    events, censored = np.zeros(36, int), np.zeros(36, int)
    for told in WEEKS_6MP:
        (censored if told.endswith("*") else events)[int(told.rstrip("*"))] += 1
    return repeat.kaplan_meier(events, censored).set_index("day")


def test_the_estimator_agrees_with_the_6mp_arm_of_freireich():
    """Freireich et al. 1963: survival in remission of the 21 patients given 6-MP, in weeks."""
    survival = 1 - freireich()["rate"]
    assert [round(survival[week], 3) for week in (6, 10, 23)] == [0.857, 0.753, 0.448]
    assert (survival <= 0.5).idxmax() == 23


def test_the_interval_agrees_with_the_published_log_log_interval():
    """As Stata's `sts list` prints it for the same data."""
    found = freireich().loc[[6, 10, 23]]
    assert [round(1 - v, 4) for v in found["high"]] == [0.6197, 0.5032, 0.1881]
    assert [round(1 - v, 4) for v in found["low"]] == [0.9516, 0.8894, 0.6801]


def test_an_event_counts_before_a_censoring_of_the_same_day_and_after_the_last_there_is_no_estimate():
    found = repeat.kaplan_meier(np.array([0, 1, 0, 0]), np.array([0, 1, 0, 0]))
    assert found["rate"].tolist()[:2] == [0, 0.5]
    assert found["at_risk"].tolist() == [2, 2, 0, 0]
    assert found["rate"].isna().tolist() == [False, False, True, True]


def test_when_all_are_watched_the_estimate_is_the_plain_rate():
    found = curves(lines(*buyers("2025-01", 40, 30, 10)), D(2025, 12, 31))
    assert found.set_index("day")["rate"][[29, 30, 180]].tolist() == pytest.approx([0, 0.25, 0.25])
    assert repeat.half_day(found, "all", 90) == 30


def test_a_second_order_on_the_same_day_is_not_f2():
    frame = lines(*buyers("2025-01", 30), ("b", "2025-01-01", "2025-01/0", 1, 100))
    assert curves(frame, D(2025, 12, 31))["rate"].max() == 0


def test_a_return_is_no_second_order():
    frame = lines(*buyers("2025-01", 30), ("r", "2025-01-09", "2025-01/0", -1, -100))
    assert curves(frame, D(2025, 12, 31))["events"].sum() == 0


def test_people_are_watched_up_to_as_of_and_the_axis_ends_where_enough_were():
    found = curves(lines(*buyers("2025-01", 30, 20, 6), *buyers("2025-03", 30)), D(2025, 3, 16))
    assert found["day"].max() == 30
    told = found.set_index("day")
    assert told["rate"][20] == pytest.approx(1 - 24 / 30), "those of March were watched for 15 days only"
    assert told["at_risk"][[15, 16]].tolist() == [60, 30]


def test_the_months_of_the_current_period_that_were_watched_long_enough_meet_those_of_the_compared():
    years = Periods(current=Period(D(2025, 1, 1), D(2025, 12, 31)), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))
    frame = lines(*buyers("2024-02", 40, 10, 20), *buyers("2024-11", 40), *buyers("2025-02", 50, 10, 10), *buyers("2025-11", 40))
    found = curves(frame, D(2025, 12, 31), years)
    assert found.groupby("group")[["customers", "span"]].first().to_numpy().tolist() == [
        [40, "2024-02-01/2024-02-29"],
        [50, "2025-02-01/2025-02-28"],
    ]
    assert repeat.gap(found, 90)[0] == pytest.approx(0.2 - 0.5)


def test_a_month_not_watched_long_enough_is_blank():
    frame = lines(*buyers("2025-01", 10, 5, 5), *buyers("2025-02", 10, 5, 5))
    found = by_month(frame, D(2025, 4, 1))
    assert found["rate_30"].tolist() == [0.5, 0.5]
    assert found["rate_60"].isna().tolist() == [False, True], "31 January + 60 days is 1 April"
    assert found["rate_90"].isna().all()


def test_a_month_of_few_people_is_hidden_and_no_sum_gives_it_away():
    frame = lines(*buyers("2025-01", 3), *buyers("2025-02", 9), *buyers("2025-03", 8))
    found = by_month(frame, D(2025, 12, 31), k=5)
    assert found["hidden"].tolist() == [True, False, True]
    assert found["rate_90"].isna().tolist() == [True, False, True]


def test_the_order_of_rows_does_not_matter():
    frame = lines(*buyers("2025-01", 40, 30, 10), *buyers("2025-02", 30, 7, 9))
    shuffled = frame.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(curves(shuffled, D(2025, 12, 31)), curves(frame, D(2025, 12, 31)))


def test_the_page_is_left_out_with_its_reason():
    frame = lines(*buyers("2025-01", 29))
    assert curves(frame, D(2025, 12, 31)).reason == "repeat.few"
    assert curves(frame, D(2025, 12, 31), known=False) == Unavailable("repeat.curves", reason="repeat.starts_in_the_middle")
    assert curves(frame.assign(customer_id=None), D(2025, 12, 31)).missing == ("order_lines.customer_id",)
    only_returns = lines(("r", "2025-01-01", "客", -1, -100))
    assert curves(only_returns, D(2025, 12, 31)).reason == by_month(only_returns, D(2025, 12, 31)).reason == "repeat.few"


# ---------------------------------------------------------------- Fn
def stepped(rows, *, k=5, known=True, periods=None):
    as_of = D(2025, 12, 31)
    return repeat.steps(
        Tables.of(order_lines=lines(*rows), as_of=as_of), as_of=as_of, periods=periods, k=k, first_orders_known=known
    )


def days_of(name, n, *days):
    return [(f"{name}{i}-{day}", day, f"{name}{i}", 1, 100) for i in range(n) for day in days]


def test_steps_by_hand_when_everybody_was_watched():
    rows = [*days_of("一", 40, "2025-01-10"), *days_of("二", 20, "2025-01-10", "2025-02-09"),
            *days_of("三", 40, "2025-01-10", "2025-02-09", "2025-03-01")]  # fmt: skip
    table = stepped(rows).set_index("step")
    assert table.index.tolist() == [1, 2, 3]
    assert table["customers"].tolist() == [100, 60, 40]
    assert table["rate"].tolist() == pytest.approx([0.6, 40 / 60, 0])
    assert table["of_100"].tolist() == pytest.approx([60, 40, 0])
    assert table["half"].tolist()[:2] == [30, 20]
    assert pd.isna(table["half"][3])
    assert set(table["window"]) == {180}


def test_who_is_still_watched_is_censored_and_not_counted_as_lost():
    rows = [*days_of("前", 50, "2025-01-10", "2025-02-09"), *days_of("今", 50, "2025-12-20")]
    assert stepped(rows).set_index("step")["rate"][1] == pytest.approx(1.0), "the young ones have been watched for 11 days"


def test_the_first_step_is_the_f2_of_the_other_page():
    rows = [*days_of("一", 60, "2025-01-10"), *days_of("二", 40, "2025-01-10", "2025-02-20")]
    table = stepped(rows)
    curve = repeat.curves(Tables.of(order_lines=lines(*rows), as_of=D(2025, 12, 31)), as_of=D(2025, 12, 31), periods=None, first_orders_known=True)  # fmt: skip
    assert table["rate"][0] == pytest.approx(curve.loc[curve["day"] == 180, "rate"].iloc[0])
    assert table[["low", "high"]].iloc[0].tolist() == pytest.approx(
        curve.loc[curve["day"] == 180, ["low", "high"]].iloc[0].tolist()
    )


def test_steps_of_few_people_are_left_out_and_the_order_of_rows_does_not_matter():
    rows = [*days_of("一", 40, "2025-01-10"), *days_of("二", 29, "2025-01-10", "2025-02-09")]
    assert stepped(rows)["step"].tolist() == [1], "29 have made a second purchase"
    pd.testing.assert_frame_equal(stepped(rows), stepped(rows[::-1]))
    assert stepped(days_of("一", 29, "2025-01-10")).reason == "repeat.few"
    assert stepped(rows, known=False).reason == "repeat.starts_in_the_middle"


def test_first_buyers_before_the_compared_period_are_left_out():
    year = Periods(current=Period(D(2025, 7, 1), D(2025, 12, 31)), compare=Period(D(2025, 1, 1), D(2025, 6, 30)))
    rows = [*days_of("前", 90, "2024-06-01", "2024-07-01", "2025-02-01"), *days_of("今", 40, "2025-01-10")]
    table = stepped(rows, periods=year)
    assert table["customers"].tolist() == [40]
    assert table["begins"].tolist() == ["2025-01-01"]
