-- Views and functions with real column names, so that psql and Grafana need no helper:
--     select * from unspool.history('acme/+/temp', now() - interval '1 hour');

-- The payload as text, or null where it is not text.
create function payload_text(payload bytea) returns text
language plpgsql immutable strict parallel safe
as $$
begin
    return convert_from(payload, 'UTF8');
exception
    when others then
        return null;
end
$$;

-- An MQTT topic filter as a regular expression (MQTT 5.0, section 4.7).
create function filter_regex(filter text) returns text
language sql immutable strict parallel safe
as $$
    select '^' || case when filter ~ '^[+#]' then '(?!\$)' else '' end
        || case
            when filter = '#' then '.*'
            else string_agg(
                case
                    when level = '#' then '(/.*)?'
                    when level = '+' then case when i > 1 then '/' else '' end || '[^/]*'
                    else case when i > 1 then '/' else '' end
                        || regexp_replace(level, '([][\\.^$*+?(){}|])', '\\\1', 'g')
                end,
                '' order by i
            )
        end || '$'
    from unnest(string_to_array(filter, '/')) with ordinality as levels (level, i)
$$;

-- Every message.
create view message as
select m.seq, m.received_at as time, t.name as topic, m.client,
    (m.flags & 3)::smallint as qos, (m.flags & 4) <> 0 as retain,
    unspool.payload_text(m.payload) as text, m.payload, m.properties, m.topic_id
from (
    select seq, received_at, topic_id, flags, client, payload, properties
    from unspool.message_hot
    union all
    select seq, received_at, topic_id, flags, client, payload, properties
    from unspool.message_sealed
) m
join unspool.topic t on t.id = m.topic_id;

-- Every sample. Numbers, and true and false as 1 and 0, are in value; texts, and the digits of
-- integers that a float8 can't hold, in text.
create view sample as
select s.time, t.name as topic, r.path, s.value, s.text, s.seq, r.unit, s.series_id
from (
    select u.series_id, coalesce(u.time, m.received_at) as time, u.value, u.text, m.seq
    from unspool.message_hot m,
        unnest(m.series, m.times, m."values", m.texts) as u (series_id, time, value, text)
    union all
    select b.series_id, u.time, u.value, u.text, u.seq
    from unspool.sample_block b,
        unnest(b.seqs, b.times, b."values", b.texts) as u (seq, time, value, text)
) s
join unspool.series r on r.id = s.series_id
join unspool.topic t on t.id = r.topic_id;

-- The samples of the topics that an MQTT filter names, by event time.
create function history(
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
    join unspool.sample_block b on b.series_id = c.id
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
        and coalesce(u.time, m.received_at) >= from_time
        and coalesce(u.time, m.received_at) < to_time
    order by 1, 6
$$;
