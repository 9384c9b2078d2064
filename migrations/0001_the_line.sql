-- What Unspool keeps. Everything is in the schema `unspool`, which the server makes before it
-- runs this; portable PostgreSQL from version 13 on. What people read are the views `message` and
-- `sample` and the function `history`, in the next migration.

-- Every topic that a message came on. The counts and the last message are written behind, every
-- few seconds (see `catalog`); the server adds what the messages since then tell when it starts.
-- The name is unique by a hash index, since a topic may be longer than a btree takes.
create table topic (
    id integer primary key,
    name text collate "C" not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    last_seq bigint not null,
    messages bigint not null default 0,
    bytes bigint not null default 0,
    constraint topic_name exclude using hash (name with =)
) with (fillfactor = 70);

-- Every series: one JSON Pointer in the payloads of one topic.
-- kind: 1 number, 2 bool, 3 text, 4 mixed. The last sample is written behind, as a topic's counts.
create table series (
    id integer primary key,
    topic_id integer not null references topic (id),
    path text collate "C" not null,
    kind smallint not null,
    unit text,
    last_seq bigint,
    last_time timestamptz,
    last_value float8,
    last_text text
) with (fillfactor = 70);
create index series_topic_id on series (topic_id);

-- Where the mirror stands: every record of the journal `epoch` below `next_offset` is here. It
-- moves in the transaction that brings the rows, and only from where the writer believes it to be,
-- so that no message is stored twice. The counts are what the ledger adds up.
create table mirror_cursor (
    only_row boolean primary key default true check (only_row),
    epoch bigint not null,
    next_offset bigint not null,
    stored bigint not null default 0,
    quarantined bigint not null default 0,
    samples bigint not null default 0
);

-- Up to where `topic` and `series` have their counts and last values.
create table catalog (
    only_row boolean primary key default true check (only_row),
    next_offset bigint not null
);
insert into catalog (next_offset) values (0);

-- New messages, each one row with its samples in arrays beside it: the cheapest that can be
-- written. Four slots are filled in turn; a full one is sealed (moved to `message_sealed` and
-- `sample_block`) and truncated in one transaction. No btree: it would cost more than the row.
-- flags: bits 0-1 the quality of service, bit 2 retain.
-- times is null where all samples were true when the message was received, texts where there are
-- only numbers.
create table message_hot (
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
create index message_hot_seq on message_hot using brin (seq) with (pages_per_range = 32);
create table message_hot_0 partition of message_hot for values in (0) with (autovacuum_enabled = false);
create table message_hot_1 partition of message_hot for values in (1) with (autovacuum_enabled = false);
create table message_hot_2 partition of message_hot for values in (2) with (autovacuum_enabled = false);
create table message_hot_3 partition of message_hot for values in (3) with (autovacuum_enabled = false);

-- The slots. Filled in the order of first_seq and sealed in the same order, so that what is hot is
-- always the newest end of everything.
create table hot_slot (
    slot smallint primary key,
    state text not null check (state in ('free', 'open', 'closed')),
    first_seq bigint not null,
    opened_at timestamptz not null
);
insert into hot_slot
select slot, case slot when 0 then 'open' else 'free' end, 0, now() from generate_series(0, 3) slot;

-- Sealed messages, ordered by topic within each seal, one partition for each day (UTC) of receipt.
create table message_sealed (
    seq bigint not null,
    received_at timestamptz not null,
    topic_id integer not null,
    flags smallint not null,
    client text not null,
    payload bytea not null,
    properties jsonb
) partition by range (received_at);
create index message_sealed_topic_id_seq on message_sealed (topic_id, seq);
create index message_sealed_seq on message_sealed (seq);

-- Sealed samples: one row holds the samples of one series in at most one hour (UTC) of event time
-- that one seal brought, ordered by time and seq; late samples make another row in their own hour.
-- least to final summarise the numbers in it and are null where there are none; NaN is no number.
-- seq_first and seq_last are those of the first and the last sample.
-- One partition for each day; the default one takes what a clock that is far off brings.
create table sample_block (
    series_id integer not null,
    n integer not null,
    t_min timestamptz not null,
    t_max timestamptz not null,
    seq_first bigint not null,
    seq_last bigint not null,
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
create index sample_block_series_id_t_min on sample_block (series_id, t_min);
create table sample_block_default partition of sample_block default;

-- lz4 where this server has it: faster to read than pglz, and no larger.
do $$
begin
    alter table message_sealed alter column payload set compression lz4;
    alter table sample_block
        alter column seqs set compression lz4,
        alter column times set compression lz4,
        alter column "values" set compression lz4,
        alter column texts set compression lz4;
    alter table sample_block_default
        alter column seqs set compression lz4,
        alter column times set compression lz4,
        alter column "values" set compression lz4,
        alter column texts set compression lz4;
exception
    when others then
        raise notice 'lz4 is not available: %', sqlerrm;
end
$$;

-- Messages with something wrong about them: a payload that is not what it claims to be, a value
-- that the database can't hold. The message itself is in its place with its raw bytes, unless it
-- could not be put there: then topic and payload are here.
create table dead_letter (
    seq bigint primary key,
    received_at timestamptz not null,
    reason text not null,
    topic text,
    client text,
    payload bytea
);
