-- What samples come to by minute, hour and day.

-- One row for each series and hour (UTC) of event time whose blocks have been merged, and for each day
-- that is over (hours = 24), made anew whenever more has come for it. n: how many samples it is of;
-- seq_max: the last of them to come. numbers to final are of the numbers, as in `sample_block`;
-- integral: each of them times the seconds until the next one, from initial_at to final_at. states,
-- state_seconds: how long each text held, from state_from to state_to; null where there are none, or
-- too many different ones. minutes: of how many minutes the rest says the same, which is packed as
-- samples are (see `rollup_minutes`); 0 where the hour has few samples.
create table unspool.rollup (
    series_id integer not null,
    hours smallint not null,
    start timestamptz not null,
    n bigint not null,
    seq_max bigint not null,
    numbers bigint not null,
    least float8,
    greatest float8,
    total float8,
    initial float8,
    final float8,
    initial_at timestamptz,
    final_at timestamptz,
    integral float8,
    state_initial text,
    state_final text,
    state_from timestamptz,
    state_to timestamptz,
    states text[],
    state_seconds float8[],
    minutes integer not null,
    minute_whole bytea,
    minute_values bytea,
    minute_values_odd_at integer[],
    minute_values_beside float8[],
    minute_sums bytea,
    minute_sums_odd_at integer[],
    minute_sums_beside float8[]
) partition by range (start);
create index rollup_series_id_start on unspool.rollup (series_id, start);
create table unspool.rollup_default partition of unspool.rollup default;

create view unspool.rollup_all as select * from unspool.rollup;

-- The tables of the classes that there are.
do $$
declare
    class smallint;
    parts text[] := '{select * from unspool.rollup}';
begin
    for class in select id from unspool.retention_class where id <> 0 order by 1 loop
        execute format(
            'create table unspool.%1$I (like unspool.rollup including all) partition by range (start)',
            'rollup_c' || class
        );
        execute format(
            'create table unspool.%I partition of unspool.%I default',
            'rollup_c' || class || '_default', 'rollup_c' || class
        );
        parts := parts || format('select * from unspool.%I', 'rollup_c' || class);
    end loop;
    execute 'create or replace view unspool.rollup_all as ' || array_to_string(parts, ' union all ');
end
$$;

-- The minutes of an hour that is rolled up.
create function unspool.rollup_minutes(r unspool.rollup_all)
returns table (
    "time" timestamptz, count bigint, min float8, max float8, sum float8, first float8, last float8,
    first_at timestamptz, last_at timestamptz, integral float8
)
language sql stable parallel safe
as $$
    select r.start + o.whole[i] * interval '1 minute', o.whole[r.minutes + i],
        o.numbers[i], o.numbers[r.minutes + i], o.sums[i],
        o.numbers[2 * r.minutes + i], o.numbers[3 * r.minutes + i],
        r.start + o.whole[i] * interval '1 minute'
            + o.whole[2 * r.minutes + i] * interval '1 microsecond',
        r.start + o.whole[i] * interval '1 minute'
            + o.whole[3 * r.minutes + i] * interval '1 microsecond',
        o.sums[r.minutes + i]
    from (
        select unspool.unpack(r.minute_whole, 4 * r.minutes) as whole,
            unspool.unpack_numbers(
                r.minute_values, r.minute_values_odd_at, r.minute_values_beside, 4 * r.minutes
            ) as numbers,
            unspool.unpack_numbers(
                r.minute_sums, r.minute_sums_odd_at, r.minute_sums_beside, 2 * r.minutes
            ) as sums
        offset 0
    ) o
    cross join lateral generate_series(1, r.minutes) i
$$;

-- Whether the samples of an hour that is rolled up have gone.
create function unspool.is_all_there_is(r unspool.rollup_all) returns boolean
language sql stable parallel safe
as $$
    select not exists (
        select from unspool.sample_block_all b
        where b.series_id = r.series_id and b.t_min >= r.start
            and b.t_min < r.start + interval '1 hour'
    )
$$;

-- What the samples of the topics that an MQTT filter names come to, by minute, hour or day (UTC), as far
-- as it is rolled up: up to an hour or so ago. integral: each number times the seconds until the next
-- one, from first_at to last_at; states: for how many seconds each text held.
create function unspool.rollups(
    filter text,
    of_path text,
    from_time timestamptz,
    to_time timestamptz default now(),
    every interval default interval '1 hour'
) returns table (
    "time" timestamptz, topic text, path text, count bigint, min float8, max float8, avg float8,
    sum float8, first float8, last float8, first_at timestamptz, last_at timestamptz,
    integral float8, states jsonb
)
language plpgsql stable
as $$
begin
    if every not in (interval '1 minute', interval '1 hour', interval '1 day') then
        raise 'rolled up are intervals of 1 minute, 1 hour and 1 day' using errcode = '22023';
    end if;
    if every = interval '1 minute' then
        return query
        select m.time, c.topic, c.path, m.count, m.min, m.max, m.sum / m.count, m.sum, m.first, m.last,
            m.first_at, m.last_at, m.integral, null::jsonb
        from unspool.series_of(filter, of_path) c
        join unspool.rollup_all r on r.series_id = c.series_id and r.hours = 1
        cross join lateral unspool.rollup_minutes(r) m
        where r.start > from_time - interval '1 hour' and r.start < to_time
            and m.time >= from_time and m.time < to_time
        order by 1, 2, 3;
        return;
    end if;
    return query
    select r.start, c.topic, c.path, r.numbers, r.least, r.greatest, r.total / nullif(r.numbers, 0),
        r.total, r.initial, r.final, r.initial_at, r.final_at, r.integral, (
            select jsonb_object_agg(u.state, u.seconds)
            from unnest(r.states, r.state_seconds) as u (state, seconds)
        )
    from unspool.series_of(filter, of_path) c
    join unspool.rollup_all r on r.series_id = c.series_id
        and r.hours = extract(epoch from every) / 3600
    where r.start >= from_time and r.start < to_time
    order by 1, 2, 3;
end
$$;
comment on function unspool.rollups(text, text, timestamptz, timestamptz, interval) is
    'What samples come to by minute, hour or day, as far as it is rolled up';

-- As before, of packed samples too, and of what is only rolled up any more.
create or replace function unspool.bucket(
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
        cross join lateral unspool.block_samples(b) u
        where b.numbers > 0
            and b.t_min < to_time and b.t_min >= from_time - interval '1 hour' and b.t_max >= from_time
            and not (
                unspool.has_whole_hours(every, tz) and b.t_min >= from_time and b.t_max < to_time
            )
            and u.time >= from_time and u.time < to_time and u.value <> 'NaN'
        union all
        -- Where samples have gone, what they came to.
        select c.series_id, r.initial_at, r.final_at, 0, r.seq_max, r.numbers, r.least, r.greatest,
            r.total, r.initial, r.final
        from chosen c
        join unspool.rollup_all r on r.series_id = c.series_id and r.hours = 1 and r.numbers > 0
        where unspool.has_whole_hours(every, tz)
            and r.start >= from_time and r.start <= to_time - interval '1 hour'
            and unspool.is_all_there_is(r)
        union all
        select c.series_id, m.first_at, m.last_at, 0, r.seq_max, m.count, m.min, m.max, m.sum,
            m.first, m.last
        from chosen c
        join unspool.rollup_all r on r.series_id = c.series_id and r.hours = 1 and r.minutes > 0
        cross join lateral unspool.rollup_minutes(r) m
        where not unspool.has_whole_hours(every, tz)
            and extract(epoch from every)::bigint % 60 = 0
            and r.start > from_time - interval '1 hour' and r.start < to_time
            and m.time >= from_time and m.time <= to_time - interval '1 minute'
            and unspool.is_all_there_is(r)
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

do $$
begin
    if exists (select from pg_catalog.pg_roles where rolname = 'unspool_sql_reader') then
        grant select on unspool.rollup_all to unspool_sql_reader;
    end if;
end
$$;
