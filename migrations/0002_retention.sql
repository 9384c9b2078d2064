-- How long history is kept.

-- Classes of retention: topics of which a rule says how long they are kept have partitions of their
-- own, so that what goes is a partition. 0 is the class of all others: `message_sealed` and
-- `sample_block`; that of the rule with `filter` is `message_sealed_c<id>` and `sample_block_c<id>`.
-- A class outlives its rule: what is in it is then kept as long as everything else.
-- made_at, and made_seq, the next message then: what its topics had before is in class 0. Of what was received before
-- messages_kept_from, with a seq below messages_kept_from_seq, nothing is there any more; of
-- samples that were true before samples_kept_from neither.
create table unspool.retention_class (
    id smallint primary key,
    filter text collate "C" not null unique,
    made_at timestamptz not null default now(),
    made_seq bigint not null default 0,
    messages_kept_from timestamptz,
    messages_kept_from_seq bigint not null default 0,
    samples_kept_from timestamptz
);
insert into unspool.retention_class (id, filter) values (0, '');

-- Messages that were stored or dead-lettered and are no more, since they were kept long enough.
alter table unspool.mirror_cursor add column expired bigint not null default 0;

-- All classes together. The server makes them anew with each class, with the same columns.
create view unspool.message_sealed_all as
select seq, received_at, topic_id, flags, client, payload, properties from unspool.message_sealed;

create view unspool.sample_block_all as
select series_id, n, t_min, t_max, seq_first, seq_last, seq_min, seq_max, numbers, least, greatest,
    total, initial, final, seqs, times, "values", texts
from unspool.sample_block;

-- As before, over all classes.
create or replace view unspool.message as
select m.seq, m.received_at as time, t.name as topic, m.client,
    (m.flags & 3)::smallint as qos, (m.flags & 4) <> 0 as retain,
    unspool.payload_text(m.payload) as text, m.payload, m.properties, m.topic_id
from (
    select seq, received_at, topic_id, flags, client, payload, properties
    from unspool.message_hot
    where seq >= (
        select coalesce(min(first_seq), 0) from unspool.hot_slot where state in ('open', 'closed')
    )
    union all
    select seq, received_at, topic_id, flags, client, payload, properties
    from unspool.message_sealed_all
) m
join unspool.topic t on t.id = m.topic_id;

create or replace view unspool.sample as
select s.time, t.name as topic, r.path, s.value, s.text, s.seq,
    coalesce(r.rule_unit, r.discovered_unit, r.unit) as unit, s.series_id,
    coalesce(r.rule_description, r.description) as description
from (
    select u.series_id, coalesce(u.time, m.received_at) as time, u.value, u.text, m.seq
    from unspool.message_hot m,
        unnest(m.series, m.times, m."values", m.texts) as u (series_id, time, value, text)
    where m.seq >= (
        select coalesce(min(first_seq), 0) from unspool.hot_slot where state in ('open', 'closed')
    )
    union all
    select b.series_id, u.time, u.value, u.text, u.seq
    from unspool.sample_block_all b,
        unnest(b.seqs, b.times, b."values", b.texts) as u (seq, time, value, text)
) s
join unspool.series r on r.id = s.series_id
join unspool.topic t on t.id = r.topic_id;

create or replace function unspool.history(
    filter text,
    from_time timestamptz default now() - interval '1 hour',
    to_time timestamptz default 'infinity'
) returns table (
    "time" timestamptz, topic text, path text, value float8, text text, seq bigint
)
language sql stable
as $$
    with chosen as materialized (
        select r.id, r.topic_id, t.name, r.path
        from unspool.topic t
        join unspool.series r on r.topic_id = t.id
        where t.name ~ unspool.filter_regex(filter)
    )
    select u.time, c.name, c.path, u.value, u.text, u.seq
    from chosen c
    join unspool.sample_block_all b on b.series_id = c.id
    cross join lateral unnest(b.seqs, b.times, b."values", b.texts)
        as u (seq, time, value, text)
    where b.t_min < to_time and b.t_min >= from_time - interval '1 hour' and b.t_max >= from_time
        and u.time >= from_time and u.time < to_time
    union all
    select coalesce(u.time, m.received_at), c.name, c.path, u.value, u.text, m.seq
    from unspool.message_hot m
    cross join lateral unnest(m.series, m.times, m."values", m.texts)
        as u (series_id, time, value, text)
    join chosen c on c.id = u.series_id
    where m.topic_id in (select topic_id from chosen)
        and m.seq >= (
            select coalesce(min(first_seq), 0) from unspool.hot_slot
            where state in ('open', 'closed')
        )
        and coalesce(u.time, m.received_at) >= from_time
        and coalesce(u.time, m.received_at) < to_time
    order by 1, 6
$$;
