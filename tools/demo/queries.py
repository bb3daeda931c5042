"""How each planted fact shows in plain SQL over the contract's tables: one row each, in the portable part of DuckDB's SQL."""

PRICE = """
with sold as (
  select product_id as what, channel as part, ordered_on >= date '2025-04-01' as now, amount, quantity
  from order_lines where ordered_on >= date '2024-04-01'
  union all
  select category, store_id, sold_on >= date '2025-04-01', amount, quantity from day_totals where sold_on >= date '2024-04-01'
),
paired as (
  select what, part,
    sum(case when now then amount else 0 end) * 1.0 as amount_now, sum(case when now then quantity else 0 end) * 1.0 as items_now,
    sum(case when now then 0 else amount end) * 1.0 as amount_before, sum(case when now then 0 else quantity end) * 1.0 as items_before
  from sold group by what, part
)
select 100 * (sum(amount_now) / sum(amount_before) - 1) as sales_percent,
  100 * (sum(case when items_before > 0 then items_now * amount_before / items_before else amount_now end)
    / sum(amount_before) - 1) as volume_percent
from paired
"""
SECOND = """
with firsts as (
  select d.customer_id, c.joined_by, min(d.ordered_on) as first_on
  from customer_day d join customers c on d.customer_id = c.customer_id
  where c.kind = 'consumer' and c.joined_on >= date '2023-04-01' and d.orders > 0 group by d.customer_id, c.joined_by
),
again as (
  select f.customer_id, f.joined_by,
    max(case when date_diff('day', f.first_on, d.ordered_on) between 1 and 180 then 1.0 else 0.0 end) as second
  from firsts f join customer_day d on f.customer_id = d.customer_id
  where f.first_on <= date '2025-10-02' and d.orders > 0 group by f.customer_id, f.joined_by
)
select 100 * avg(case when joined_by = 'SNS広告' then second end) as sns_percent,
  100 * avg(case when joined_by <> 'SNS広告' then second end) as others_percent
from again
"""
SALE = """
with assigned as (
  select campaign_id, customer_id, arm, cast(assigned_at as date) as first_on from contacts where campaign_id like '%-SALE'
),
bought as (
  select distinct customer_id, ordered_on from order_lines where channel = 'EC' and returned_order_id is null
),
told as (
  select a.campaign_id, a.customer_id, a.arm,
    max(case when date_diff('day', a.first_on, b.ordered_on) between 0 and 3 then 1.0 else 0.0 end) as buys
  from assigned a left join bought b on a.customer_id = b.customer_id group by a.campaign_id, a.customer_id, a.arm
)
select 100 * (avg(case when arm = 'treatment' then buys end) - avg(case when arm = 'control' then buys end)) as difference_points
from told
"""
BOX = """
with held as (
  select c.contract_id,
    max(case when x.change = 'cancel' then x.shipment_no end) as lost,
    max(case when x.change = 'cancel' then x.reason end) as reason,
    max(case when x.change = 'ship' then x.shipment_no end) as shipped
  from contracts c join contract_changes x on c.contract_id = x.contract_id
  where c.account_id is null and c.restarted_from is null and c.started_on between date '2023-04-01' and date '2025-04-30'
  group by c.contract_id
)
select 100 * avg(case when lost = 2 then 1.0 else 0.0 end) as before_second_percent,
  100 * avg(case when shipped < 2 then null when lost = 3 then 1.0 else 0.0 end) as before_third_percent,
  100 * avg(case when lost <> 2 then null when lost is null then null when reason = '豆が余っている' then 1.0 else 0.0 end) as left_over_percent
from held
"""
INTERVAL = """
with assigned as (
  select k.customer_id, k.arm, cast(k.assigned_at as date) as assigned_on from contacts k where k.campaign_id = 'C2507-INTV'
),
told as (
  select a.customer_id, a.arm, max(case when x.change = 'ship' and x.shipment_no = 2 then 1.0 else 0.0 end) as second
  from assigned a
  join contracts c on a.customer_id = c.customer_id and c.restarted_from is null and c.started_on <= a.assigned_on
  join contract_changes x on c.contract_id = x.contract_id
  group by a.customer_id, a.arm
)
select 100 * avg(case when arm = 'treatment' then second end) as offered_percent,
  100 * avg(case when arm = 'control' then second end) as left_out_percent
from told
"""
PREFECTURE = """
with counted as (
  select c.prefecture, l.ordered_on >= date '2025-04-01' as now, l.customer_id, count(distinct l.order_id) as orders
  from order_lines l join customers c on l.customer_id = c.customer_id
  where l.channel = 'EC' and l.returned_order_id is null and c.kind = 'consumer' and l.ordered_on >= date '2024-04-01'
  group by c.prefecture, l.ordered_on >= date '2025-04-01', l.customer_id
)
select 100 * (avg(case when now and prefecture = '兵庫県' then orders end)
    / avg(case when not now and prefecture = '兵庫県' then orders end) - 1) as hyogo_percent,
  100 * (avg(case when now then orders end) / avg(case when not now then orders end) - 1) as all_percent
from counted
"""
IDENTIFIED = """
with sold as (
  select ordered_on as sold_on, amount, 1.0 as known from order_lines where channel = '店舗' and ordered_on >= date '2024-06-01'
  union all
  select sold_on, amount, 0.0 from day_totals where sold_on >= date '2024-06-01'
)
select 100 * sum(case when sold_on < date '2025-06-01' then amount * known end)
    / sum(case when sold_on < date '2025-06-01' then amount end) as before_percent,
  100 * sum(case when sold_on >= date '2025-06-01' then amount * known end)
    / sum(case when sold_on >= date '2025-06-01' then amount end) as after_percent
from sold
"""
CLOSED = """
with shopped as (
  select customer_id, max(case when store_id = '003' then 1 else 0 end) as closed from order_lines
  where customer_id is not null and store_id is not null and ordered_on between date '2025-03-05' and date '2025-08-31'
  group by customer_id
),
later as (
  select distinct customer_id from order_lines where ordered_on between date '2025-09-01' and date '2026-02-27'
)
select 100 * avg(case when s.closed = 1 then case when l.customer_id is null then 0.0 else 1.0 end end) as closed_percent,
  100 * avg(case when s.closed = 0 then case when l.customer_id is null then 0.0 else 1.0 end end) as others_percent
from shopped s left join later l on s.customer_id = l.customer_id
"""
BULK = """
with bought as (
  select distinct customer_id, ordered_on from order_lines
  where channel = 'EC' and returned_order_id is null and ordered_on between date '2025-10-08' and date '2025-11-11'
),
told as (
  select k.customer_id, k.arm,
    max(case when b.ordered_on <= date '2025-10-14' then 1.0 else 0.0 end) as during,
    max(case when b.ordered_on > date '2025-10-14' then 1.0 else 0.0 end) as after,
    max(case when b.ordered_on is not null then 1.0 else 0.0 end) as whole
  from contacts k left join bought b on k.customer_id = b.customer_id
  where k.campaign_id = 'C2510-BULK' group by k.customer_id, k.arm
)
select 100 * (avg(case when arm = 'treatment' then during end) - avg(case when arm = 'control' then during end)) as during_points,
  100 * (avg(case when arm = 'treatment' then after end) - avg(case when arm = 'control' then after end)) as after_points,
  100 * (avg(case when arm = 'treatment' then whole end) - avg(case when arm = 'control' then whole end)) as whole_points
from told
"""
PAYMENT = """
with visits as (
  select session_id, channel, max(case when event = '支払い方法の選択' then 1 else 0 end) as pays,
    max(case when event = '注文完了' then 1.0 else 0.0 end) as done
  from events group by session_id, channel
)
select 100 * avg(case when channel = 'アプリ' then done end) as app_percent, 100 * avg(case when channel = 'Web' then done end) as web_percent
from visits where pays = 1
"""
OPT_OUT = """
with refused as (
  select customer_id, min(opted_out_at) as refused_at from contacts
  where opted_out_at < timestamp '2026-01-01 00:00:00' group by customer_id
),
later as (
  select r.customer_id, max(case when k.sent_at > r.refused_at then 1.0 else 0.0 end) as sent
  from refused r join contacts k on r.customer_id = k.customer_id group by r.customer_id
),
rated as (
  select median(level) as median_level from audit_answers where item_id = 'X02' and wave = '2026-02'
)
select max(median_level) as median_level, 100 * avg(sent) as still_sent_percent from later cross join rated
"""
CARD = """
with counted as (
  select c.card_design, c.customer_id, count(distinct l.order_id) as orders
  from customers c join order_lines l on c.customer_id = l.customer_id where c.kind = 'consumer'
  group by c.card_design, c.customer_id
)
select 100 * (avg(case when card_design = 'A' then orders end) / avg(case when card_design = 'C' then orders end) - 1) as a_to_c_percent
from counted
"""
COLOUR = """
with counted as (
  select order_id, max(box_colour) as colour, max(case when p.category = 'ギフト' then 1.0 else 0.0 end) as gift
  from order_lines l join products p on l.product_id = p.product_id where box_colour is not null group by order_id
)
select 100 * (avg(case when colour = '茶' then gift end) - avg(case when colour = '紺' then gift end)) as brown_to_navy_points
from counted
"""
