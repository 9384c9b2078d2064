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

-- All that there is has to be rolled up.
insert into unspool.unmerged_hour (class, hour)
select distinct 0, date_trunc('hour', t_min at time zone 'UTC') at time zone 'UTC'
from unspool.sample_block_all
on conflict do nothing;
