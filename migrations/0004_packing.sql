-- Samples in few bytes.

-- What is sealed from now on is packed: times and seqs as what they are off an even step, numbers as
-- whole numbers of their last digit, texts once each. packed_times is from t_min on, packed_seqs from
-- seq_first on. "values" has then the numbers that are not in packed_values, of which odd_at says
-- where they belong; all of them where that is null; texts has each text once where packed_texts says
-- which sample has which. What was sealed before, and what can't be packed, has arrays as before. The
-- function `block_samples` reads both.
do $$
declare
    relation text;
    parts text[] := '{}';
begin
    for relation in
        select c.relname from pg_catalog.pg_class c
        where c.relnamespace = 'unspool'::regnamespace and c.relkind in ('r', 'p')
            and not c.relispartition and c.relname ~ '^sample_block(_c\d+)?(_plain|_default)?$'
        order by 1
    loop
        execute format(
            'alter table unspool.%I
                add column packed_seqs bytea, add column packed_times bytea,
                add column packed_values bytea, add column odd_at integer[],
                add column packed_texts bytea,
                alter column seqs drop not null, alter column times drop not null,
                alter column "values" drop not null',
            relation
        );
        parts := parts || format(
            'select series_id, n, t_min, t_max, seq_first, seq_last, seq_min, seq_max, numbers, least,
                greatest, total, initial, final, seqs, times, "values", texts, packed_seqs,
                packed_times, packed_values, odd_at, packed_texts
             from unspool.%I',
            relation
        );
    end loop;
    execute 'create or replace view unspool.sample_block_all as '
        || array_to_string(parts, ' union all ');
end
$$;

-- Hours of which something was sealed since their blocks were merged into one for each series.
create table unspool.unmerged_hour (
    class smallint not null,
    hour timestamptz not null,
    touched_at timestamptz not null default now(),
    primary key (class, hour)
);
create index unmerged_hour_hour on unspool.unmerged_hour (hour);
-- All of what is there already: it is packed, and rolled up, by and by.
do $$
declare
    relation text;
begin
    for relation in
        select c.relname from pg_catalog.pg_class c
        where c.relnamespace = 'unspool'::regnamespace and c.relkind in ('r', 'p')
            and not c.relispartition and c.relname ~ '^sample_block(_c\d+)?(_plain|_default)?$'
    loop
        execute format(
            'insert into unspool.unmerged_hour (class, hour)
             select distinct %s, date_trunc(''hour'', t_min at time zone ''UTC'') at time zone ''UTC''
             from unspool.%I
             on conflict do nothing',
            coalesce(substring(relation from '_c(\d+)'), '0'), relation
        );
    end loop;
end
$$;

-- The integers of a packed column: the first one, the step between two of them, and, unless all are
-- one step apart, by what multiple of a unit each is off: 32 at a time in as few bits as the widest
-- of them needs. The server's `integers` has the form in detail.
create function unspool.unpack(packed bytea, n integer) returns bigint[]
language plpgsql immutable strict parallel safe
as $$
declare
    fields bigint[] := '{}';
    field bigint;
    shift integer;
    byte integer;
    at integer := 0;
    runs integer := (n + 30) / 32;
    widest integer;
    bits varbit;
begin
    while cardinality(fields) < 3 and at < length(packed) loop
        field := 0;
        shift := 0;
        loop
            byte := get_byte(packed, at);
            at := at + 1;
            field := field | ((byte & 127)::bigint << shift);
            shift := shift + 7;
            exit when byte < 128;
        end loop;
        fields := fields || field;
    end loop;
    for i in 1..2 loop
        fields[i] := ((fields[i] >> 1) & 9223372036854775807) # -(fields[i] & 1);
    end loop;
    if cardinality(fields) < 3 then
        return array(select fields[1] + fields[2] * i from generate_series(0, n - 1) i);
    end if;
    bits := ('x' || encode(substr(packed, at + runs + 1), 'hex'))::varbit;
    select max(get_byte(packed, at + run)) into widest from generate_series(0, runs - 1) run;
    -- Twice the same; integers add up twice as fast. Rows come, and are added up, in the order of runs.
    if widest <= 30 then
        return array(
            select fields[1] + fields[2] * i + fields[3] * sum((zigzag >> 1) # -(zigzag & 1)) over up
            from (
                select 0 as i, 0 as zigzag
                union all
                select run * 32 + j + 1,
                    (substring(bits from start + j * width for width)::bit(32)::integer >> (32 - width))
                        & ((1 << width) - 1)
                from (
                    select run, get_byte(packed, at + run) as width, (
                            1 + 32 * (sum(get_byte(packed, at + run)) over up - get_byte(packed, at + run))
                        )::integer as start
                    from generate_series(0, runs - 1) run
                    window up as (rows unbounded preceding)
                ) r
                cross join lateral generate_series(0, least(31, n - 2 - run * 32)) j
            ) each
            window up as (rows unbounded preceding)
        );
    end if;
    return array(
        select fields[1] + fields[2] * i
            + (fields[3] * sum((zigzag >> 1) # -(zigzag & 1)) over up)::bigint
        from (
            select 0 as i, 0::bigint as zigzag
            union all
            select run * 32 + j + 1,
                (B'0' || substring(bits from start + j * width for width))::bit(64)::bigint
                    >> (63 - width)
            from (
                select run, get_byte(packed, at + run) as width, (
                        1 + 32 * (sum(get_byte(packed, at + run)) over up - get_byte(packed, at + run))
                    )::integer as start
                from generate_series(0, runs - 1) run
                window up as (rows unbounded preceding)
            ) r
            cross join lateral generate_series(0, least(31, n - 2 - run * 32)) j
        ) each
        window up as (rows unbounded preceding)
    );
end
$$;

-- Numbers that are packed as whole ones, in order: the first byte says by which power of ten, and with
-- 16 added that they are those of a float4. What is beside them is in its place; all of them where
-- nothing is packed.
create function unspool.unpack_numbers(
    packed bytea, odd_at integer[], beside float8[], n integer
) returns float8[]
language plpgsql immutable parallel safe
as $$
declare
    form integer;
    power float8;
    numbers float8[];
begin
    if packed is null then
        return beside;
    end if;
    form := get_byte(packed, 0);
    power := (array[
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    ]::float8[])[form % 16 + 1];
    if form < 16 then
        numbers := array(
            select whole / power from unnest(unspool.unpack(substr(packed, 2), n)) whole
        );
    else
        numbers := array(
            select (whole / power)::float4::float8
            from unnest(unspool.unpack(substr(packed, 2), n)) whole
        );
    end if;
    for i in 1..coalesce(cardinality(odd_at), 0) loop
        numbers[odd_at[i]] := beside[i];
    end loop;
    return numbers;
end
$$;

-- The samples of a block.
create function unspool.block_samples(b unspool.sample_block_all)
returns table (seq bigint, "time" timestamptz, value float8, text text)
language sql stable parallel safe
as $$
    select b.seq_first + u.seq, b.t_min + u.off * interval '1 microsecond', u.value,
        case when u.of_text is null then u.text else o.texts[u.of_text] end
    -- Taken out of the row once.
    from (select b.texts || '{}'::text[] as texts offset 0) o
    cross join lateral unnest(
        unspool.unpack(b.packed_seqs, b.n), unspool.unpack(b.packed_times, b.n),
        unspool.unpack_numbers(b.packed_values, b.odd_at, b."values", b.n),
        unspool.unpack(b.packed_texts, b.n), case when b.packed_texts is null then o.texts end
    ) as u (seq, off, value, of_text, text)
    where b.packed_times is not null
    union all
    select u.seq, u.time, u.value, u.text
    from unnest(b.seqs, b.times, b."values", b.texts) as u (seq, time, value, text)
    where b.packed_times is null
$$;

-- As before, reading both.
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
    from unspool.sample_block_all b, unspool.block_samples(b) u
) s
join unspool.series r on r.id = s.series_id
join unspool.topic t on t.id = r.topic_id;

create or replace function unspool.history(
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
    cross join lateral unspool.block_samples(b) u
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

create or replace function unspool.state_durations(
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
            cross join lateral unspool.block_samples(b) u
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
