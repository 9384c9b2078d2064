-- What Unspool keeps. Everything is in the schema `unspool`, which the server makes before it
-- runs this; portable PostgreSQL from version 14 on. What people read are the views `message` and
-- `sample` and the function `history`, at the end. Every name is qualified: what search_path a
-- connection has does not matter.

-- Every topic that a message came on. The counts and the last message are written behind, every
-- few seconds (see `catalog`); the server adds what the messages since then tell when it starts.
-- The name is unique by a hash index, since a topic may be longer than a btree takes. client is
-- who brought the topic, since nobody may bring them all. stale_since: from when on its values are
-- no longer true, where the edge node or device of Sparkplug that they are of is dead.
create table unspool.topic (
    id integer primary key,
    name text collate "C" not null,
    client text not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    last_seq bigint not null,
    messages bigint not null default 0,
    bytes bigint not null default 0,
    stale_since timestamptz,
    constraint topic_name exclude using hash (name with =)
) with (fillfactor = 70);

-- Every series: one JSON Pointer in the payloads of one topic.
-- kind: 1 number, 2 bool, 3 text, 4 mixed. The last sample is written behind, as a topic's counts,
-- and so is where its time comes from: 'receipt', 'format' (a metric of Sparkplug, a line of line
-- protocol), 'rule' (a member of which a rule says so), or the name of the member that says it. unit:
-- what a birth of Sparkplug or the payload says; discovered_unit, which counts before it, and
-- description: what announcements say of it (see `discovered`); rule_unit and rule_description, which
-- count before both: what a rule says of it.
create table unspool.series (
    id integer primary key,
    topic_id integer not null references unspool.topic (id),
    path text collate "C" not null,
    kind smallint not null,
    unit text,
    discovered_unit text,
    description text,
    rule_unit text,
    rule_description text,
    time_source text not null default 'receipt',
    last_seq bigint,
    last_time timestamptz,
    last_value float8,
    last_text text
) with (fillfactor = 70);
create index series_topic_id on unspool.series (topic_id);

-- The last births of the edge nodes of Sparkplug B that are alive, and of their devices (device is
-- empty for the node itself): what data that comes later needs to be understood. It moves with the
-- mirror's cursor, and outlives the messages. seq: the message that it was; bd_seq: by which a death
-- is known to be of the same connection; metrics: an array of name, alias (or null) and data type
-- for each.
create table unspool.sparkplug_birth (
    group_id text collate "C" not null,
    node text collate "C" not null,
    device text collate "C" not null,
    seq bigint not null,
    bd_seq bigint,
    metrics jsonb not null
);
create index sparkplug_birth_node on unspool.sparkplug_birth using hash (node);

-- What announcements say of series, of those that there are and of those to come: configurations of
-- Home Assistant's MQTT discovery, and Zigbee2MQTT's lists of devices. announcer: the topic that it
-- was said on, where the next message takes the place of all of it; seq: the message. Of what
-- several say of one series, the newest counts.
create table unspool.discovered (
    announcer text collate "C" not null,
    seq bigint not null,
    topic text collate "C" not null,
    path text collate "C" not null,
    unit text,
    description text
);
create index discovered_announcer on unspool.discovered using hash (announcer);

-- Where the mirror stands: every record of the journal `epoch` below `next_offset` is here. It
-- moves in the transaction that brings the rows, and only from where the writer believes it to be,
-- so that no message is stored twice. The counts are what the ledger adds up; they are of this
-- epoch, whose first record is `first_offset`. removed: messages that were stored or dead-lettered
-- and are no more, since somebody removed their topics. left_out: messages of which a rule says that
-- nothing is stored.
create table unspool.mirror_cursor (
    only_row boolean primary key default true check (only_row),
    epoch bigint not null,
    first_offset bigint not null,
    next_offset bigint not null,
    stored bigint not null default 0,
    dead_lettered bigint not null default 0,
    samples bigint not null default 0,
    removed bigint not null default 0,
    left_out bigint not null default 0
);

-- Rules by topic filter, in the form in which the API has them (`Rule`), beside those that the
-- configuration file declares.
create table unspool.rule (
    filter text collate "C" primary key,
    rule jsonb not null,
    changed_at timestamptz not null default now(),
    changed_by text not null
);

-- Records that the database will never get: from `from_offset` on, up to but without `to_offset`.
-- `messages`: how many messages of the journal `epoch` are among them. Who knows that they are gone
-- for good deletes the row, and is not told of it any more from the next start on. Where the records
-- before `from_offset` are of another journal, that is `earlier_epoch`, whose last message here was
-- received at `earlier_received_at`: what it had from `from_offset` on is not known, and the range
-- may be empty.
create table unspool.missing (
    epoch bigint not null,
    from_offset bigint not null,
    to_offset bigint not null,
    messages bigint not null,
    noticed_at timestamptz not null default now(),
    earlier_epoch bigint,
    earlier_received_at timestamptz,
    primary key (epoch, from_offset)
);

-- Topics that somebody removed, and how far that has come. detaching: the topics are taken out of
-- `topic` and `series`, from which on nobody finds them and their names are free for new ones;
-- deleting: their rows go, in small transactions. What it is for is settled when it begins: the
-- topics that `filter` names with numbers up to topic_id_max; their messages up to clear_to are
-- removed, and none behind up_to. The counts are of what is gone so far.
create table unspool.removal (
    id integer primary key generated always as identity,
    filter text not null,
    state text not null default 'waiting'
        check (state in ('waiting', 'detaching', 'deleting', 'done')),
    requested_at timestamptz not null default now(),
    finished_at timestamptz,
    topic_id_max integer not null default 0,
    clear_to bigint not null default 0,
    up_to bigint not null default 0,
    topics bigint not null default 0,
    messages_found bigint not null default 0,
    messages bigint not null default 0,
    dead_letters bigint not null default 0,
    samples bigint not null default 0,
    bytes bigint not null default 0
);

-- The topics of a removal whose rows are not all deleted yet: their numbers and those of their
-- series, which are not given again before that, and what they had.
create table unspool.removed_topic (
    id integer primary key,
    removal_id integer not null references unspool.removal (id),
    messages bigint not null,
    bytes bigint not null,
    series integer[] not null
);
create index removed_topic_removal_id on unspool.removed_topic (removal_id, id);

-- Messages that somebody asked to be decoded again, with the rules of then, and how far that has come:
-- those of the topics that `filter` names, with numbers up to topic_id_max, from the record from_seq and
-- the instant from_time on and up to the record up_to. The topics are taken by number: those below
-- at_topic are done, and of this one the messages below at_seq. The counts are of what is done.
create table unspool.redecoding (
    id integer primary key generated always as identity,
    filter text not null,
    state text not null default 'waiting'
        check (state in ('waiting', 'running', 'done', 'cancelled', 'failed')),
    requested_at timestamptz not null default now(),
    requested_by text not null,
    finished_at timestamptz,
    failure text,
    from_seq bigint not null,
    from_time timestamptz,
    up_to bigint not null default 0,
    topic_id_max integer not null default 0,
    at_topic integer not null default 0,
    at_seq bigint not null default 0,
    topics bigint not null default 0,
    topics_done bigint not null default 0,
    messages bigint not null default 0,
    samples_before bigint not null default 0,
    samples bigint not null default 0,
    dead_letters_before bigint not null default 0,
    dead_letters bigint not null default 0
);

-- Up to where `topic` and `series` have their counts and last values.
create table unspool.catalog (
    only_row boolean primary key default true check (only_row),
    next_offset bigint not null
);
insert into unspool.catalog (next_offset) values (0);

-- New messages, each one row with its samples in arrays beside it: the cheapest that can be
-- written. Slots, each a partition, are filled in turn; the rows of a full one are sealed (written
-- to `message_sealed` and `sample_block`) in one transaction, from which on they count as sealed
-- and their copies here as nothing: what is hot begins at the first_seq of the oldest slot that is
-- open or closed (see `hot_slot`). A sealed slot is
-- truncated once nobody reads it; nothing waits for that, since another slot is made where none is
-- free. No btree: it would cost more than the row.
-- flags: bits 0-1 the quality of service, bit 2 retain, bit 3 stripped: a rule had payload and
-- properties left out.
-- times is null where all samples were true when the message was received, texts where there are
-- only numbers.
create table unspool.message_hot (
    seq bigint not null,
    received_at timestamptz not null,
    topic_id integer not null,
    flags smallint not null,
    slot smallint not null,
    client text not null,
    payload bytea not null,
    properties jsonb,
    series integer[],
    times timestamptz[],
    "values" float8[],
    texts text[]
) partition by list (slot);
create index message_hot_seq on unspool.message_hot using brin (seq) with (pages_per_range = 32);
create table unspool.message_hot_0 partition of unspool.message_hot for values in (0) with (autovacuum_enabled = false);
create table unspool.message_hot_1 partition of unspool.message_hot for values in (1) with (autovacuum_enabled = false);
create table unspool.message_hot_2 partition of unspool.message_hot for values in (2) with (autovacuum_enabled = false);
create table unspool.message_hot_3 partition of unspool.message_hot for values in (3) with (autovacuum_enabled = false);

-- The slots. Filled in the order of first_seq and sealed in the same order, so that what is hot is
-- always the newest end of everything. A slot is open, then closed (full), then sealed (to be
-- emptied), then free.
create table unspool.hot_slot (
    slot smallint primary key,
    state text not null check (state in ('free', 'open', 'closed', 'sealed')),
    first_seq bigint not null,
    opened_at timestamptz not null
);
insert into unspool.hot_slot
select slot, case slot when 0 then 'open' else 'free' end, 0, now() from generate_series(0, 3) slot;

-- Sealed messages, ordered by topic within each seal, one partition for each day (UTC) of receipt.
create table unspool.message_sealed (
    seq bigint not null,
    received_at timestamptz not null,
    topic_id integer not null,
    flags smallint not null,
    client text not null,
    payload bytea not null,
    properties jsonb
) partition by range (received_at);
create index message_sealed_topic_id_seq on unspool.message_sealed (topic_id, seq);
create index message_sealed_seq on unspool.message_sealed (seq);

-- Sealed samples: one row holds the samples of one series in at most one hour (UTC) of event time
-- that one seal brought, ordered by time and seq; late samples make another row in their own hour.
-- least to final summarise the numbers in it and are null where there are none; NaN is no number.
-- seq_first and seq_last are those of the first and the last sample, seq_min and seq_max the least
-- and the greatest: one seal brought all between them.
-- One partition for each day; the default one takes what a clock that is far off brings.
create table unspool.sample_block (
    series_id integer not null,
    n integer not null,
    t_min timestamptz not null,
    t_max timestamptz not null,
    seq_first bigint not null,
    seq_last bigint not null,
    seq_min bigint not null,
    seq_max bigint not null,
    numbers integer not null,
    least float8,
    greatest float8,
    total float8,
    initial float8,
    final float8,
    seqs bigint[] not null,
    times timestamptz[] not null,
    "values" float8[] not null,
    texts text[]
) partition by range (t_min);
create index sample_block_series_id_t_min on unspool.sample_block (series_id, t_min);
create table unspool.sample_block_default partition of unspool.sample_block default;

-- lz4 where this server has it: faster to read than pglz, and no larger.
do $$
begin
    alter table unspool.message_sealed alter column payload set compression lz4;
    alter table unspool.sample_block
        alter column seqs set compression lz4,
        alter column times set compression lz4,
        alter column "values" set compression lz4,
        alter column texts set compression lz4;
    alter table unspool.sample_block_default
        alter column seqs set compression lz4,
        alter column times set compression lz4,
        alter column "values" set compression lz4,
        alter column texts set compression lz4;
exception
    when others then
        raise notice 'lz4 is not available: %', sqlerrm;
end
$$;

-- Dead letters: what is wrong with a message. The message itself is in its place with its raw
-- bytes, unless it could not be put there: then topic_id is null, and topic, client, flags, payload
-- and properties (the text of what `message_hot` has as jsonb) are here.
-- defects: an array of objects, one for each kind of defect: code, text, and path where it concerns
-- one place in the payload (a JSON Pointer, the first one where there are several). codes: the codes
-- alone, to be found by.
create table unspool.dead_letter (
    seq bigint primary key,
    received_at timestamptz not null,
    topic_id integer,
    codes text[] not null,
    defects jsonb not null,
    topic text,
    client text,
    flags smallint,
    payload bytea,
    properties bytea
);
create index dead_letter_topic_id_seq on unspool.dead_letter (topic_id, seq);
create index dead_letter_codes on unspool.dead_letter using gin (codes);
create index dead_letter_whole on unspool.dead_letter (seq) where topic_id is null;

-- Views and functions with real column names, so that psql and Grafana need no helper:
--     select * from unspool.history('acme/+/temp', now() - interval '1 hour');

-- The payload as text, or null where it is not text.
create function unspool.payload_text(payload bytea) returns text
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
create function unspool.filter_regex(filter text) returns text
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
create view unspool.message as
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
    from unspool.message_sealed
) m
join unspool.topic t on t.id = m.topic_id;

-- Every sample. Numbers, and true and false as 1 and 0, are in value; texts, and the digits of
-- numbers that a float8 can't hold, in text.
create view unspool.sample as
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
    from unspool.sample_block b,
        unnest(b.seqs, b.times, b."values", b.texts) as u (seq, time, value, text)
) s
join unspool.series r on r.id = s.series_id
join unspool.topic t on t.id = r.topic_id;

-- The samples of the topics that an MQTT filter names, by event time.
create function unspool.history(
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
        and m.seq >= (
            select coalesce(min(first_seq), 0) from unspool.hot_slot
            where state in ('open', 'closed')
        )
        and coalesce(u.time, m.received_at) >= from_time
        and coalesce(u.time, m.received_at) < to_time
    order by 1, 6
$$;
