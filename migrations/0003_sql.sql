-- SQL as an interface: functions that reach indexes and partitions by themselves.

-- The first instant of the bucket that an instant is in. Widths of whole days begin at midnight in
-- the time zone (weeks on Monday), months and years with the calendar; shorter ones are counted
-- from 2001-01-01T00:00:00Z.
create function unspool.bucket_start(every interval, at timestamptz, tz text default 'UTC')
returns timestamptz
language sql stable strict parallel safe
as $$
    select case
        when extract(year from every) * 12 + extract(month from every) > 0 then
            (timestamp '2001-01-01' + every * floor(
                (
                    (extract(year from at at time zone tz) - 2001) * 12
                    + extract(month from at at time zone tz) - 1
                ) / (extract(year from every) * 12 + extract(month from every))
            )::float8) at time zone tz
        when extract(day from every) > 0 then
            date_bin(every, at at time zone tz, timestamp '2001-01-01') at time zone tz
        else date_bin(every, at, timestamptz '2001-01-01T00:00:00Z')
    end
$$;

-- Series of the topics that an MQTT filter names; those of one path, or all where it is null.
create function unspool.series_of(filter text, of_path text default null)
returns table (series_id integer, topic_id integer, topic text, path text, kind smallint)
language sql stable parallel safe
as $$
    select r.id, r.topic_id, t.name, r.path, r.kind
    from unspool.topic t
    join unspool.series r on r.topic_id = t.id
    where t.name ~ unspool.filter_regex(filter) and (of_path is null or r.path = of_path)
$$;

-- The last value of each series of the topics that an MQTT filter names: what came last.
create function unspool.last(filter text, of_path text default null)
returns table (
    topic text, path text, "time" timestamptz, value float8, text text, unit text, seq bigint
)
language sql stable
as $$
    with chosen as materialized (
        select * from unspool.series_of(filter, of_path)
    ),
    -- What the catalog does not have yet: it is written behind.
    newer as materialized (
        select distinct on (u.series_id) u.series_id, coalesce(u.time, m.received_at) as time,
            u.value, u.text, m.seq
        from unspool.message_hot m
        cross join lateral unnest(m.series, m.times, m."values", m.texts)
            as u (series_id, time, value, text)
        where m.seq >= (select next_offset from unspool.catalog)
            and m.seq >= (
                select coalesce(min(first_seq), 0) from unspool.hot_slot
                where state in ('open', 'closed')
            )
            and m.topic_id in (select topic_id from chosen)
        order by u.series_id, m.seq desc
    )
    select c.topic, c.path,
        case when n.seq is null then r.last_time else n.time end,
        case when n.seq is null then r.last_value else n.value end,
        case when n.seq is null then r.last_text else n.text end,
        coalesce(r.rule_unit, r.discovered_unit, r.unit),
        coalesce(n.seq, r.last_seq)
    from chosen c
    join unspool.series r on r.id = c.series_id
    left join newer n on n.series_id = c.series_id
    where coalesce(n.seq, r.last_seq) is not null
    order by 1, 2
$$;

-- The samples of the topics that an MQTT filter names, by event time; those of one path, or all.
drop function unspool.history(text, timestamptz, timestamptz);
create function unspool.history(
    filter text,
    from_time timestamptz default now() - interval '1 hour',
    to_time timestamptz default 'infinity',
    of_path text default null
) returns table (
    "time" timestamptz, topic text, path text, value float8, text text, seq bigint
)
language sql stable
as $$
    with chosen as materialized (
        select * from unspool.series_of(filter, of_path)
    )
    select u.time, c.topic, c.path, u.value, u.text, u.seq
    from chosen c
    join unspool.sample_block_all b on b.series_id = c.series_id
    cross join lateral unnest(b.seqs, b.times, b."values", b.texts)
        as u (seq, time, value, text)
    where b.t_min < to_time and b.t_min >= from_time - interval '1 hour' and b.t_max >= from_time
        and u.time >= from_time and u.time < to_time
    union all
    select coalesce(u.time, m.received_at), c.topic, c.path, u.value, u.text, m.seq
    from unspool.message_hot m
    cross join lateral unnest(m.series, m.times, m."values", m.texts)
        as u (series_id, time, value, text)
    join chosen c on c.series_id = u.series_id
    where m.topic_id in (select topic_id from chosen)
        and (m.times is not null or m.received_at >= from_time and m.received_at < to_time)
        and m.seq >= (
            select coalesce(min(first_seq), 0) from unspool.hot_slot
            where state in ('open', 'closed')
        )
        and coalesce(u.time, m.received_at) >= from_time
        and coalesce(u.time, m.received_at) < to_time
    order by 1, 6
$$;

-- Whether each hour of UTC is in one bucket.
create function unspool.has_whole_hours(every interval, tz text) returns boolean
language sql immutable strict parallel safe
as $$
    select (
        extract(epoch from every)::bigint % 3600 = 0
        and (extract(day from every) + extract(month from every) + extract(year from every) = 0
            or tz in ('UTC', 'Etc/UTC', 'Z'))
    )
$$;

-- Numbers in buckets. Of whole hours, what blocks of samples come to is known already.
create function unspool.bucket(
    filter text,
    of_path text,
    from_time timestamptz,
    to_time timestamptz,
    every interval,
    tz text default 'UTC'
) returns table (
    "time" timestamptz, topic text, path text, count bigint, min float8, max float8, avg float8,
    sum float8, first float8, last float8
)
language sql stable
as $$
    with chosen as materialized (
        select * from unspool.series_of(filter, of_path)
    ),
    parts as (
        select c.series_id, b.t_min as begins, b.t_max as ends, b.seq_first, b.seq_last,
            b.numbers::bigint as n, b.least, b.greatest, b.total, b.initial, b.final
        from chosen c
        join unspool.sample_block_all b on b.series_id = c.series_id
        where b.numbers > 0 and unspool.has_whole_hours(every, tz)
            and b.t_min >= from_time and b.t_min < to_time and b.t_max < to_time
        union all
        select c.series_id, u.time, u.time, u.seq, u.seq, 1, u.value, u.value, u.value, u.value,
            u.value
        from chosen c
        join unspool.sample_block_all b on b.series_id = c.series_id
        cross join lateral unnest(b.seqs, b.times, b."values") as u (seq, time, value)
        where b.numbers > 0
            and b.t_min < to_time and b.t_min >= from_time - interval '1 hour' and b.t_max >= from_time
            and not (
                unspool.has_whole_hours(every, tz) and b.t_min >= from_time and b.t_max < to_time
            )
            and u.time >= from_time and u.time < to_time and u.value <> 'NaN'
        union all
        select c.series_id, s.time, s.time, s.seq, s.seq, 1, s.value, s.value, s.value, s.value,
            s.value
        from unspool.message_hot m
        cross join lateral (
            select u.series_id, coalesce(u.time, m.received_at) as time, m.seq, u.value
            from unnest(m.series, m.times, m."values") as u (series_id, time, value)
        ) s
        join chosen c on c.series_id = s.series_id
        where m.topic_id in (select topic_id from chosen)
            and (m.times is not null or m.received_at >= from_time and m.received_at < to_time)
            and m.seq >= (
                select coalesce(min(first_seq), 0) from unspool.hot_slot
                where state in ('open', 'closed')
            )
            and s.time >= from_time and s.time < to_time and s.value <> 'NaN'
    )
    select unspool.bucket_start(every, p.begins, tz), c.topic, c.path, sum(p.n)::bigint,
        min(p.least), max(p.greatest), sum(p.total) / sum(p.n), sum(p.total),
        (array_agg(p.initial order by p.begins, p.seq_first))[1],
        (array_agg(p.final order by p.ends desc, p.seq_last desc))[1]
    from parts p
    join chosen c on c.series_id = p.series_id
    group by 1, 2, 3, p.series_id
    order by 1, 2, 3
$$;

-- How long which state held: each from its sample to the next one of its series, the first of them
-- from before the range, the last up to its end, or up to now. true and false, texts and numbers are
-- states alike.
create function unspool.state_durations(
    filter text,
    of_path text,
    from_time timestamptz,
    to_time timestamptz default now()
) returns table (
    topic text, path text, state text, begins timestamptz, ends timestamptz, duration interval
)
language sql stable
as $$
    with chosen as materialized (
        select * from unspool.series_of(filter, of_path)
    ),
    -- What held when the range began: of the last block before, the last sample.
    carried as (
        select c.topic, c.path, from_time as time, last.value, last.text, last.seq
        from chosen c
        cross join lateral (
            select u.time, u.value, u.text, u.seq
            from (
                select * from unspool.sample_block_all b
                where b.series_id = c.series_id and b.t_min < from_time
                order by b.t_min desc limit 4
            ) b
            cross join lateral unnest(b.seqs, b.times, b."values", b.texts)
                as u (seq, time, value, text)
            where u.time < from_time
            order by u.time desc, u.seq desc limit 1
        ) last
    ),
    inside as (
        select h.topic, h.path, h.time, h.value, h.text, h.seq
        from unspool.history(filter, from_time, to_time, of_path) h
        union all
        select * from carried
    ),
    named as (
        select i.topic, i.path, i.time, i.seq,
            case
                when i.text is not null then i.text
                when c.kind = 2 then (i.value <> 0)::text
                else i.value::text
            end as state,
            lead(i.time) over of_series as next
        from inside i
        join chosen c on c.topic = i.topic and c.path = i.path
        window of_series as (partition by i.topic, i.path order by i.time, i.seq)
    ),
    -- Samples that say the same again are one stretch.
    marked as (
        select *, state is distinct from lag(state) over of_series as is_new
        from named
        window of_series as (partition by topic, path order by time, seq)
    ),
    numbered as (
        select *, sum(is_new::integer) over of_series as stretch
        from marked
        window of_series as (partition by topic, path order by time, seq)
    )
    select topic, path, min(state), min(time),
        max(coalesce(next, least(to_time, now()))),
        max(coalesce(next, least(to_time, now()))) - min(time)
    from numbered
    group by topic, path, stretch
    having max(coalesce(next, least(to_time, now()))) > min(time)
    order by 1, 2, 4
$$;

comment on view unspool.message is 'Every message, as it was published';
comment on view unspool.sample is
    'Every sample; for a range of time ask history(), which reads no more than it needs';
comment on function unspool.history(text, timestamptz, timestamptz, text) is
    'The samples of the topics that an MQTT filter names, by event time';
comment on function unspool.last(text, text) is
    'The last value of each series of the topics that an MQTT filter names';
comment on function unspool.bucket(text, text, timestamptz, timestamptz, interval, text) is
    'Numbers of the topics that an MQTT filter names, in buckets of time';
comment on function unspool.state_durations(text, text, timestamptz, timestamptz) is
    'How long which state held, of the topics that an MQTT filter names';
