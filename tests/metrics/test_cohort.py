"""Cohorts worked by hand: ages, blanks, sizes, comparisons."""

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import cohort
from tests.metrics.sample import lines, shop
from tests.metrics.test_repeat import buyers

D = datetime.date
NAN = float("nan")


def table(frame, as_of, k=1, known=True):
    return cohort.by_month(shop(frame, as_of), as_of=as_of, k=k, first_orders_known=known)


# January: 40 first buyers, 10 come back on 5 February. February: 30, 6 come back on 3 March.
TWO = lines(*buyers("2025-01", 40, 35, 10), *buyers("2025-02", 30, 30, 6))


def test_retention_and_cumulative_sales_by_hand():
    found = table(TWO, D(2025, 3, 31))
    assert cohort.retention(found).tolist()[0] == [1, 0.25, 0]
    assert cohort.cumulative(found).tolist()[0] == [100, 125, 125]
    np.testing.assert_array_equal(cohort.retention(found)[1], [1, 0.2, NAN])


def test_cohort_cell_that_has_not_happened_yet_is_blank():
    found = table(TWO, D(2025, 3, 31)).set_index(["month", "age"])
    february, march = 2025 * 12 + 1, 2025 * 12 + 2
    assert np.isnan(found.loc[(february, 2), "active"]), "April has not happened"
    assert np.isnan(found.loc[(february, 2), "value"])
    assert found.loc[(february - 1, 2), "active"] == 0, "March is over and nobody came: that is a 0"
    assert march not in found.index.get_level_values("month")


def test_the_last_month_that_is_not_over_is_left_out():
    found = table(TWO, D(2025, 3, 30))
    assert found["age"].max() == 1, "March is not over on the 30th"
    np.testing.assert_array_equal(cohort.retention(found), [[1, 0.25], [1, NAN]])


def test_means_take_only_cohorts_that_have_reached_the_age():
    pooled = cohort.pooled(table(TWO, D(2025, 3, 31)))
    assert pooled["customers"].tolist() == [70, 70, 40]
    assert pooled["rate"].tolist() == pytest.approx([1, 16 / 70, 0])


def test_sales_to_an_age_are_of_the_people_who_reached_it():
    assert cohort.lifetime(table(TWO, D(2025, 3, 31)), 2) == (125, 100, 40)
    assert cohort.lifetime(table(TWO, D(2025, 3, 31)), 1) == (pytest.approx(8600 / 70), 100, 70)


def test_a_cohort_of_few_people_is_hidden_and_no_sum_gives_it_away():
    frame = lines(*buyers("2025-01", 40), *buyers("2025-02", 3), *buyers("2025-03", 35))
    found = table(frame, D(2025, 6, 30), k=5)
    assert found.groupby("month")["hidden"].first().tolist() == [False, True, True]
    assert np.isnan(cohort.retention(found)[1:]).all()


def test_at_most_24_cohorts_and_23_months_are_told():
    months = [f"{year}-{m:02d}" for year in (2022, 2023, 2024, 2025) for m in range(1, 13)]
    found = table(lines(*(row for m in months for row in buyers(m, 5))), D(2025, 12, 31))
    assert (found["month"].nunique(), found["age"].max()) == (24, 23)
    assert found["first"].min() == "2024-01-01"


def two_years(early, late):
    """24 months of 50 first buyers, `early` and `late` of whom come back in the next month, before and from September 2025."""
    keys = [f"{2024 + m // 12}-{m % 12 + 1:02d}" for m in range(3, 27)]
    return lines(*(row for key in keys for row in buyers(key, 50, 31, late if key >= "2025-09" else early)))


def test_the_newest_half_year_is_compared_with_the_same_months_a_year_before():
    change = cohort.change(table(two_years(20, 10), D(2026, 3, 31)))
    assert (change.rate, change.rate_before) == pytest.approx((0.2, 0.4))
    assert change.high < 0
    assert (change.now, change.before) == (slice(17, 23), slice(5, 11))


def test_half_years_end_with_the_newest_cohort_that_has_reached_the_next_month():
    parts = cohort.halves(table(two_years(20, 20), D(2026, 3, 31)))
    assert parts == [slice(0, 5), slice(5, 11), slice(11, 17), slice(17, 23)]


def test_there_is_no_comparison_without_the_same_months_a_year_before():
    assert cohort.change(table(TWO, D(2025, 3, 31))) is None
    gap = two_years(20, 10)
    gap = gap[~gap["customer_id"].str.startswith("2024-11")]
    assert cohort.change(table(gap, D(2026, 3, 31))) is None


def test_the_order_of_rows_does_not_matter():
    pd.testing.assert_frame_equal(table(TWO.sample(frac=1, random_state=4), D(2025, 3, 31)), table(TWO, D(2025, 3, 31)))


def test_the_page_is_left_out_with_its_reason():
    assert table(TWO, D(2025, 2, 28), known=False) == Unavailable("cohort.by_month", reason="repeat.starts_in_the_middle")
    assert table(lines(*buyers("2025-01", 29)), D(2025, 12, 31)).reason == "cohort.few"
    assert table(lines(*buyers("2025-01", 50)), D(2025, 2, 27)).reason == "cohort.few", "nobody has reached the next month"
    assert table(lines(("r", "2025-01-01", "客", -1, -100)), D(2025, 12, 31)).reason == "cohort.few"


def test_orders_items_and_margin_of_the_same_cohorts_by_hand():
    frame = TWO.assign(product_id="豆", quantity=2, tax_percent=8)
    tables = Tables.of(order_lines=frame, products=pd.DataFrame({"product_id": ["豆"], "unit_cost": [20]}), as_of=D(2025, 3, 31))
    found = {
        measure: cohort.by_month(tables, as_of=D(2025, 3, 31), k=1, first_orders_known=True, measure=measure, tax="included")
        for measure in cohort.MEASURES
    }
    assert cohort.cumulative(found["orders"]).tolist()[0] == [1, 1.25, 1.25]
    assert cohort.cumulative(found["items"]).tolist()[0] == [2, 2.5, 2.5]
    each = 93 - 2 * 20  # 100 yen hold 7 yen of tax at 8 %
    assert cohort.cumulative(found["margin"]).tolist()[0] == [each, 1.25 * each, 1.25 * each]
    for table_of in found.values():
        assert cohort.retention(table_of).tolist()[0] == [1, 0.25, 0], "who is active is the same whatever is summed"


def test_a_measure_that_the_data_lack_is_named():
    asked = {"as_of": D(2025, 3, 31), "k": 1, "first_orders_known": True}
    assert cohort.by_month(shop(TWO, D(2025, 3, 31)), measure="margin", **asked).missing[0] == "order_lines.product_id"
    no_quantity = shop(TWO.drop(columns="quantity"), D(2025, 3, 31))
    assert cohort.by_month(no_quantity, measure="items", **asked).missing == ("order_lines.quantity",)
    with pytest.raises(ValueError, match="measure may be"):
        cohort.by_month(no_quantity, measure="luck", **asked)
