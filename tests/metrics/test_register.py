"""Campaigns on record, the checks that data answer, the proofs of IDIC, and what surrounds CRM: small cases by hand."""

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import audit, compliance, papers, proof, register, surroundings
from tests.metrics.sample import AS_OF, HALVES, SHOP

CAMPAIGNS = pd.DataFrame(
    {
        "campaign_id": ["c1", "c2", "c3", "c4"],
        "name": ["F2", "全員", "復活", "前期"],
        "stage": ["新規", "全体", None, "優良"],
        "segment": ["初回から21日", "全員", "休眠の人", "上位"],
        "purpose": ["2回目", None, "復活", "維持"],
        "kpi": ["F2率", None, None, None],
        "control_percent": [10.0, None, None, None],
        "trigger": ["初回の21日後", None, None, None],
        "starts_on": pd.to_datetime(["2025-04-01", "2025-05-01", "2025-06-01", "2025-01-01"]),
        "ends_on": pd.to_datetime([None, None, None, "2025-02-01"]),
    }
)


def contact(campaign, customer, sent, *, channel="メール", out=None, arm="treatment"):
    return {"contact_id": f"{campaign}{customer}{sent}{channel}", "campaign_id": campaign, "customer_id": customer, "channel": channel,
            "assigned_at": pd.Timestamp(sent), "sent_at": pd.Timestamp(sent) if arm == "treatment" else pd.NaT, "arm": arm,
            "opted_out_at": pd.Timestamp(out) if out else pd.NaT}  # fmt: skip


def consent(customer, agreed, when, channel="mail"):
    return {
        "customer_id": customer,
        "channel": channel,
        "agreed": agreed,
        "changed_at": pd.Timestamp(when),
        "source": "web",
        "wording": "v1",
    }


def shop(*contacts, consents=(), **others):
    given = {"campaigns": CAMPAIGNS, **others}
    if contacts:
        given["contacts"] = pd.DataFrame(contacts)
    if consents:
        given["consents"] = pd.DataFrame(consents)
    return Tables.of(order_lines=SHOP, as_of=AS_OF, **given)


def test_campaigns_of_the_period_say_what_is_on_record():
    found = register.campaigns(
        shop(contact("c2", "田中", "2025-05-02 10:00"), contact("c2", "佐藤", "2025-05-02", arm="control")), periods=HALVES
    )
    assert found["campaign"].tolist() == ["c1", "c2", "c3"], "c4 ended before"
    assert found["stage"].tolist() == ["new", "all", "dormant"], "where no stage is told the target speaks"
    assert found["control"].tolist() == [True, True, False], "a control in the log counts"
    assert found["kpi"].tolist() == [True, False, False]
    assert found["sent"].tolist()[1] == 1


def test_months_hold_contacts_and_where_none_are_told_the_first_day():
    tables = shop(contact("c2", "田中", "2025-05-02 10:00"), contact("c2", "佐藤", "2025-06-02 10:00"))
    found = register.by_month(tables, register.campaigns(tables, periods=HALVES), periods=HALVES)
    key = 2025 * 12
    assert found[["stage", "month", "campaigns", "sent"]].to_numpy().tolist() == [
        ["all", key + 4, 1, 1], ["all", key + 5, 1, 1], ["dormant", key + 5, 1, 0], ["new", key + 3, 1, 0],
    ]  # fmt: skip


def test_proofs_are_shares_of_their_own_n():
    tables = shop(
        contact("c1", "田中", "2025-05-02 10:00"), contact("c2", "佐藤", "2025-05-02 10:00"),
        consents=[consent("田中", True, "2025-01-01"), consent("佐藤", True, "2025-01-01"), consent("佐藤", False, "2025-02-01")],
    )  # fmt: skip
    found = proof.idic(tables, periods=HALVES).set_index("idic")
    assert (found.loc["identify", "part"], found.loc["identify", "n"]) == (7200, 7200)
    assert (found.loc["differentiate", "part"], found.loc["differentiate", "n"]) == (2, 3)
    assert (found.loc["interact", "part"], found.loc["interact", "n"]) == (1, 2), "the last word counts"
    assert (found.loc["customize", "part"], found.loc["customize", "n"]) == (1, 2)


def test_what_was_not_sent_has_no_proof():
    found = proof.idic(Tables.of(order_lines=SHOP), periods=HALVES).set_index("idic")["share"]
    assert found[["differentiate", "interact", "customize"]].isna().all()


def checked(*contacts, consents=(), gates=None, **others):
    nothing = Unavailable("audit.answers", ("audit_answers",))
    tables = shop(*contacts, consents=consents, **others)
    return compliance.checks(tables, nothing if gates is None else gates, periods=HALVES).set_index("check")


def test_sending_after_an_opt_out_is_counted_by_people():
    found = checked(
        contact("c1", "田中", "2025-04-01 10:00", out="2025-04-02 09:00"), contact("c1", "田中", "2025-05-01 10:00"), contact("c1", "田中", "2025-05-08 10:00"),
        contact("c1", "佐藤", "2025-04-01 10:00", out="2025-04-02 09:00"), contact("c1", "佐藤", "2025-04-03 08:00"),  # within a day
        contact("c1", "鈴木", "2025-04-01 10:00", out="2025-04-02 09:00"), contact("c1", "鈴木", "2025-05-01 10:00"),  # agreed again
        contact("c1", "田中", "2025-05-09 10:00", channel="LINE"),  # another channel
        consents=[consent("鈴木", True, "2025-04-20")],
    ).loc["after_opt_out"]  # fmt: skip
    assert (found["broken"], found["of"], found["state"]) == (1, 3, "mend")


def test_sending_without_consent_looks_at_the_last_word_before():
    found = checked(
        contact("c1", "田中", "2025-04-01 10:00"), contact("c1", "佐藤", "2025-04-01 10:00"), contact("c1", "鈴木", "2025-04-01 10:00"),
        contact("c1", "高橋", "2025-04-01 10:00", channel="DM"),
        consents=[consent("田中", True, "2025-01-01"), consent("佐藤", True, "2025-01-01"), consent("佐藤", False, "2025-02-01")],
    ).loc["without_consent"]  # fmt: skip
    assert (found["broken"], found["of"]) == (2, 3), "post is not asked for here"


@pytest.mark.parametrize(("days", "over"), [(3, 1), (4, 0)])
def test_the_cap_is_eight_in_28_days(days, over):
    sends = [contact("c1", "田中", pd.Timestamp("2025-04-01 10:00") + pd.Timedelta(days=days * i)) for i in range(9)]
    assert checked(*sends).loc["over_cap", "broken"] == over


def test_a_log_without_hours_tells_nothing_of_the_night():
    assert checked(contact("c1", "田中", "2025-04-01")).loc["quiet_hours", "state"] == "unconfirmed"
    found = checked(contact("c1", "田中", "2025-04-01 22:00"), contact("c1", "佐藤", "2025-04-01 09:00")).loc["quiet_hours"]
    assert (found["broken"], found["of"], found["state"]) == (1, 2, "confirm")


def test_a_gate_without_answers_is_unconfirmed_and_nothing_at_all_leaves_the_page_out():
    found = checked(contact("c1", "田中", "2025-04-01 10:00"))
    assert found.loc[["X02", "R01", "R02", "R03"], "state"].tolist() == ["unconfirmed"] * 4
    nothing = Unavailable("audit.answers", ("audit_answers",))
    assert compliance.checks(Tables.of(order_lines=SHOP), nothing, periods=HALVES).reason == "compliance.nothing"


def test_the_urgent_checks_stand_first():
    gates = pd.DataFrame({"item": ["R01", "X02"], "score": [3.0, 1.0], "state": ["met", "failed"], "contradicted": False})
    found = checked(contact("c1", "田中", "2025-04-01 10:00"), gates=gates)
    assert found.index[0] == "X02"
    assert found["state"].map(compliance.ORDER.index).is_monotonic_increasing


def test_documents_are_old_after_two_years_and_what_lacks_stands_first():
    given = pd.DataFrame({"document_id": ["a", "b", "c"], "axis": ["plan", "plan", "strategy"], "state": ["exists", "none", None],
                          "updated_on": pd.to_datetime(["2023-06-01", None, "2025-06-01"])})  # fmt: skip
    found = papers.documents(Tables.of(order_lines=SHOP, as_of=AS_OF, documents=given), as_of=AS_OF)
    assert found["document"].tolist() == ["c", "b", "a"]
    assert found["state"].tolist() == ["unknown", "none", "exists"]
    assert found["old"].tolist() == [False, False, True]


def test_five_c_counts_the_customers_column_and_keeps_at_most_three():
    given = pd.DataFrame({"c": ["customer"] * 4, "question_id": list("abcd"), "fact": list("abcd"), "source": "s", "kind": [None, "fact", "fact", "fact"],
                          "changes_policy": ["no", "yes", "no", "no"]})  # fmt: skip
    found = surroundings.five_c(Tables.of(order_lines=SHOP, five_c=given), k=1, periods=HALVES)
    assert found["key"].tolist() == ["carries_80", "bought_again", ""]
    assert found["value"].tolist()[:2] == [0.5, 0.5]  # 田中 6,600 of 7,200 carries 80 %; 佐藤 bought once
    assert found["fact"].tolist()[2] == "b", "what changes the policy comes first"


def test_few_buyers_are_not_counted_and_without_a_sheet_there_is_no_page():
    found = surroundings.five_c(Tables.of(order_lines=SHOP), k=5, periods=HALVES)
    assert found == Unavailable("surroundings.five_c", ("five_c",))


def test_a_side_of_one_person_is_not_quoted():
    given = pd.DataFrame(
        {
            "interview_id": ["1", "2", "3"],
            "department": ["経営", "店舗A", "店舗B"],
            "question": "効果は",
            "answer": ["社長の声", "短い", "長い答え"],
        }
    )
    found = surroundings.voices(Tables.of(order_lines=SHOP, interviews=given), Unavailable("audit.answers")).iloc[0]
    assert (found["office"], found["front"], found["answers"], found["topic"]) == ("", "長い答え", 3, "measurement")
    alone = surroundings.voices(Tables.of(order_lines=SHOP, interviews=given.head(2)), Unavailable("audit.answers"))
    assert alone.reason == "surroundings.one_person"


def test_a_feature_is_lacking_idle_or_needless():
    given = pd.DataFrame({"department": "A", "family": "ma", "feature": list("abcd"), "tool": "t", "use": ["by_hand", "never", "often", "often"],
                          "need": ["must", "useful", "none", "must"]})  # fmt: skip
    assert surroundings.features(Tables.of(order_lines=SHOP, feature_use=given))["class"].tolist() == [
        "lacking",
        "idle",
        "needless",
        "used",
    ]


def test_a_symptom_is_worse_only_when_its_interval_leaves_zero():
    def contracts(cancelled):
        return pd.DataFrame({"contract_id": [str(i) for i in range(100)], "customer_id": [str(i) for i in range(100)],
                             "started_on": pd.Timestamp("2024-01-01"),
                             "cancelled_on": [pd.Timestamp("2025-05-01") if i < cancelled else pd.NaT for i in range(100)]})  # fmt: skip

    def way(cancelled):
        return surroundings.symptoms(Tables.of(order_lines=SHOP, contracts=contracts(cancelled)), periods=HALVES)["way"].tolist()

    assert way(30) == ["worse"]
    assert way(2) == ["unclear"]


def test_received_counts_people_not_answers():
    given = pd.DataFrame({"wave": "w", "respondent": ["1", "1", "2"], "item_id": ["S01", "S02", "S01"], "level": 3})
    found = proof.received(Tables.of(order_lines=SHOP, audit_answers=given)).set_index("input")["count"]
    assert (found["audit_answers"], found["order_lines"], found["interviews"]) == (2, len(SHOP), 0)


def test_the_office_is_high_needs_both_sides():
    assert audit.side("マーケティング部+経営") == "office"
    assert audit.side("店舗運営部+経営") == "", "merged across sides: no side"
    assert audit.side("未知の部", "cs") == "front"
