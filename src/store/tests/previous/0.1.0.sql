-- What pg_dump says of a database of version 0.1.0 (migration 1), without its settings.
SET check_function_bodies = false;
CREATE SCHEMA IF NOT EXISTS unspool;
CREATE FUNCTION unspool.filter_regex(filter text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
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
$_$;
CREATE FUNCTION unspool.history(filter text, from_time timestamp with time zone DEFAULT (now() - '01:00:00'::interval), to_time timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS TABLE("time" timestamp with time zone, topic text, path text, value double precision, text text, seq bigint)
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION unspool.payload_text(payload bytea) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
begin
    return convert_from(payload, 'UTF8');
exception
    when others then
        return null;
end
$$;
CREATE TABLE unspool._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
CREATE TABLE unspool.catalog (
    only_row boolean DEFAULT true NOT NULL,
    next_offset bigint NOT NULL,
    CONSTRAINT catalog_only_row_check CHECK (only_row)
);
CREATE TABLE unspool.dead_letter (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer,
    codes text[] NOT NULL,
    defects jsonb NOT NULL,
    topic text,
    client text,
    flags smallint,
    payload bytea,
    properties bytea
);
CREATE TABLE unspool.discovered (
    announcer text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    topic text NOT NULL COLLATE pg_catalog."C",
    path text NOT NULL COLLATE pg_catalog."C",
    unit text,
    description text
);
CREATE TABLE unspool.hot_slot (
    slot smallint NOT NULL,
    state text NOT NULL,
    first_seq bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    CONSTRAINT hot_slot_state_check CHECK ((state = ANY (ARRAY['free'::text, 'open'::text, 'closed'::text, 'sealed'::text])))
);
CREATE TABLE unspool.message_hot (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer NOT NULL,
    flags smallint NOT NULL,
    slot smallint NOT NULL,
    client text NOT NULL,
    payload bytea NOT NULL,
    properties jsonb,
    series integer[],
    times timestamp with time zone[],
    "values" double precision[],
    texts text[]
)
PARTITION BY LIST (slot);
CREATE TABLE unspool.message_sealed (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer NOT NULL,
    flags smallint NOT NULL,
    client text NOT NULL,
    payload bytea NOT NULL,
    properties jsonb
)
PARTITION BY RANGE (received_at);
ALTER TABLE ONLY unspool.message_sealed ALTER COLUMN payload SET COMPRESSION lz4;
CREATE TABLE unspool.topic (
    id integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    client text NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    last_seq bigint NOT NULL,
    messages bigint DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    stale_since timestamp with time zone
)
WITH (fillfactor='70');
CREATE VIEW unspool.message AS
 SELECT m.seq,
    m.received_at AS "time",
    t.name AS topic,
    m.client,
    (((m.flags)::integer & 3))::smallint AS qos,
    (((m.flags)::integer & 4) <> 0) AS retain,
    unspool.payload_text(m.payload) AS text,
    m.payload,
    m.properties,
    m.topic_id
   FROM (( SELECT message_hot.seq,
            message_hot.received_at,
            message_hot.topic_id,
            message_hot.flags,
            message_hot.client,
            message_hot.payload,
            message_hot.properties
           FROM unspool.message_hot
          WHERE (message_hot.seq >= ( SELECT COALESCE(min(hot_slot.first_seq), (0)::bigint) AS "coalesce"
                   FROM unspool.hot_slot
                  WHERE (hot_slot.state = ANY (ARRAY['open'::text, 'closed'::text]))))
        UNION ALL
         SELECT message_sealed.seq,
            message_sealed.received_at,
            message_sealed.topic_id,
            message_sealed.flags,
            message_sealed.client,
            message_sealed.payload,
            message_sealed.properties
           FROM unspool.message_sealed) m
     JOIN unspool.topic t ON ((t.id = m.topic_id)));
CREATE TABLE unspool.message_hot_0 (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer NOT NULL,
    flags smallint NOT NULL,
    slot smallint NOT NULL,
    client text NOT NULL,
    payload bytea NOT NULL,
    properties jsonb,
    series integer[],
    times timestamp with time zone[],
    "values" double precision[],
    texts text[]
)
WITH (autovacuum_enabled='false');
CREATE TABLE unspool.message_hot_1 (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer NOT NULL,
    flags smallint NOT NULL,
    slot smallint NOT NULL,
    client text NOT NULL,
    payload bytea NOT NULL,
    properties jsonb,
    series integer[],
    times timestamp with time zone[],
    "values" double precision[],
    texts text[]
)
WITH (autovacuum_enabled='false');
CREATE TABLE unspool.message_hot_2 (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer NOT NULL,
    flags smallint NOT NULL,
    slot smallint NOT NULL,
    client text NOT NULL,
    payload bytea NOT NULL,
    properties jsonb,
    series integer[],
    times timestamp with time zone[],
    "values" double precision[],
    texts text[]
)
WITH (autovacuum_enabled='false');
CREATE TABLE unspool.message_hot_3 (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer NOT NULL,
    flags smallint NOT NULL,
    slot smallint NOT NULL,
    client text NOT NULL,
    payload bytea NOT NULL,
    properties jsonb,
    series integer[],
    times timestamp with time zone[],
    "values" double precision[],
    texts text[]
)
WITH (autovacuum_enabled='false');
CREATE TABLE unspool.message_sealed_20261102 (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer NOT NULL,
    flags smallint NOT NULL,
    client text NOT NULL,
    payload bytea NOT NULL,
    properties jsonb
);
ALTER TABLE ONLY unspool.message_sealed_20261102 ALTER COLUMN payload SET COMPRESSION lz4;
CREATE TABLE unspool.message_sealed_20261103 (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer NOT NULL,
    flags smallint NOT NULL,
    client text NOT NULL,
    payload bytea NOT NULL,
    properties jsonb
);
ALTER TABLE ONLY unspool.message_sealed_20261103 ALTER COLUMN payload SET COMPRESSION lz4;
CREATE TABLE unspool.message_sealed_20261104 (
    seq bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    topic_id integer NOT NULL,
    flags smallint NOT NULL,
    client text NOT NULL,
    payload bytea NOT NULL,
    properties jsonb
);
ALTER TABLE ONLY unspool.message_sealed_20261104 ALTER COLUMN payload SET COMPRESSION lz4;
CREATE TABLE unspool.mirror_cursor (
    only_row boolean DEFAULT true NOT NULL,
    epoch bigint NOT NULL,
    first_offset bigint NOT NULL,
    next_offset bigint NOT NULL,
    stored bigint DEFAULT 0 NOT NULL,
    dead_lettered bigint DEFAULT 0 NOT NULL,
    samples bigint DEFAULT 0 NOT NULL,
    removed bigint DEFAULT 0 NOT NULL,
    left_out bigint DEFAULT 0 NOT NULL,
    CONSTRAINT mirror_cursor_only_row_check CHECK (only_row)
);
CREATE TABLE unspool.missing (
    epoch bigint NOT NULL,
    from_offset bigint NOT NULL,
    to_offset bigint NOT NULL,
    messages bigint NOT NULL,
    noticed_at timestamp with time zone DEFAULT now() NOT NULL,
    earlier_epoch bigint,
    earlier_received_at timestamp with time zone
);
CREATE TABLE unspool.redecoding (
    id integer NOT NULL,
    filter text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    requested_by text NOT NULL,
    finished_at timestamp with time zone,
    failure text,
    from_seq bigint NOT NULL,
    from_time timestamp with time zone,
    up_to bigint DEFAULT 0 NOT NULL,
    topic_id_max integer DEFAULT 0 NOT NULL,
    at_topic integer DEFAULT 0 NOT NULL,
    at_seq bigint DEFAULT 0 NOT NULL,
    topics bigint DEFAULT 0 NOT NULL,
    topics_done bigint DEFAULT 0 NOT NULL,
    messages bigint DEFAULT 0 NOT NULL,
    samples_before bigint DEFAULT 0 NOT NULL,
    samples bigint DEFAULT 0 NOT NULL,
    dead_letters_before bigint DEFAULT 0 NOT NULL,
    dead_letters bigint DEFAULT 0 NOT NULL,
    CONSTRAINT redecoding_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'cancelled'::text, 'failed'::text])))
);
ALTER TABLE unspool.redecoding ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME unspool.redecoding_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE unspool.removal (
    id integer NOT NULL,
    filter text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    topic_id_max integer DEFAULT 0 NOT NULL,
    clear_to bigint DEFAULT 0 NOT NULL,
    up_to bigint DEFAULT 0 NOT NULL,
    topics bigint DEFAULT 0 NOT NULL,
    messages_found bigint DEFAULT 0 NOT NULL,
    messages bigint DEFAULT 0 NOT NULL,
    dead_letters bigint DEFAULT 0 NOT NULL,
    samples bigint DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    CONSTRAINT removal_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'detaching'::text, 'deleting'::text, 'done'::text])))
);
ALTER TABLE unspool.removal ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME unspool.removal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE unspool.removed_topic (
    id integer NOT NULL,
    removal_id integer NOT NULL,
    messages bigint NOT NULL,
    bytes bigint NOT NULL,
    series integer[] NOT NULL
);
CREATE TABLE unspool.rule (
    filter text NOT NULL COLLATE pg_catalog."C",
    rule jsonb NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_by text NOT NULL
);
CREATE TABLE unspool.sample_block (
    series_id integer NOT NULL,
    n integer NOT NULL,
    t_min timestamp with time zone NOT NULL,
    t_max timestamp with time zone NOT NULL,
    seq_first bigint NOT NULL,
    seq_last bigint NOT NULL,
    seq_min bigint NOT NULL,
    seq_max bigint NOT NULL,
    numbers integer NOT NULL,
    "least" double precision,
    "greatest" double precision,
    total double precision,
    initial double precision,
    final double precision,
    seqs bigint[] NOT NULL,
    times timestamp with time zone[] NOT NULL,
    "values" double precision[] NOT NULL,
    texts text[]
)
PARTITION BY RANGE (t_min);
ALTER TABLE ONLY unspool.sample_block ALTER COLUMN seqs SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block ALTER COLUMN times SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block ALTER COLUMN "values" SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block ALTER COLUMN texts SET COMPRESSION lz4;
CREATE TABLE unspool.series (
    id integer NOT NULL,
    topic_id integer NOT NULL,
    path text NOT NULL COLLATE pg_catalog."C",
    kind smallint NOT NULL,
    unit text,
    discovered_unit text,
    description text,
    rule_unit text,
    rule_description text,
    time_source text DEFAULT 'receipt'::text NOT NULL,
    last_seq bigint,
    last_time timestamp with time zone,
    last_value double precision,
    last_text text
)
WITH (fillfactor='70');
CREATE VIEW unspool.sample AS
 SELECT s."time",
    t.name AS topic,
    r.path,
    s.value,
    s.text,
    s.seq,
    COALESCE(r.rule_unit, r.discovered_unit, r.unit) AS unit,
    s.series_id,
    COALESCE(r.rule_description, r.description) AS description
   FROM ((( SELECT u.series_id,
            COALESCE(u."time", m.received_at) AS "time",
            u.value,
            u.text,
            m.seq
           FROM unspool.message_hot m,
            LATERAL UNNEST(m.series, m.times, m."values", m.texts) u(series_id, "time", value, text)
          WHERE (m.seq >= ( SELECT COALESCE(min(hot_slot.first_seq), (0)::bigint) AS "coalesce"
                   FROM unspool.hot_slot
                  WHERE (hot_slot.state = ANY (ARRAY['open'::text, 'closed'::text]))))
        UNION ALL
         SELECT b.series_id,
            u."time",
            u.value,
            u.text,
            u.seq
           FROM unspool.sample_block b,
            LATERAL UNNEST(b.seqs, b.times, b."values", b.texts) u(seq, "time", value, text)) s
     JOIN unspool.series r ON ((r.id = s.series_id)))
     JOIN unspool.topic t ON ((t.id = r.topic_id)));
CREATE TABLE unspool.sample_block_20261102 (
    series_id integer NOT NULL,
    n integer NOT NULL,
    t_min timestamp with time zone NOT NULL,
    t_max timestamp with time zone NOT NULL,
    seq_first bigint NOT NULL,
    seq_last bigint NOT NULL,
    seq_min bigint NOT NULL,
    seq_max bigint NOT NULL,
    numbers integer NOT NULL,
    "least" double precision,
    "greatest" double precision,
    total double precision,
    initial double precision,
    final double precision,
    seqs bigint[] NOT NULL,
    times timestamp with time zone[] NOT NULL,
    "values" double precision[] NOT NULL,
    texts text[]
);
ALTER TABLE ONLY unspool.sample_block_20261102 ALTER COLUMN seqs SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_20261102 ALTER COLUMN times SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_20261102 ALTER COLUMN "values" SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_20261102 ALTER COLUMN texts SET COMPRESSION lz4;
CREATE TABLE unspool.sample_block_20261103 (
    series_id integer NOT NULL,
    n integer NOT NULL,
    t_min timestamp with time zone NOT NULL,
    t_max timestamp with time zone NOT NULL,
    seq_first bigint NOT NULL,
    seq_last bigint NOT NULL,
    seq_min bigint NOT NULL,
    seq_max bigint NOT NULL,
    numbers integer NOT NULL,
    "least" double precision,
    "greatest" double precision,
    total double precision,
    initial double precision,
    final double precision,
    seqs bigint[] NOT NULL,
    times timestamp with time zone[] NOT NULL,
    "values" double precision[] NOT NULL,
    texts text[]
);
ALTER TABLE ONLY unspool.sample_block_20261103 ALTER COLUMN seqs SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_20261103 ALTER COLUMN times SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_20261103 ALTER COLUMN "values" SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_20261103 ALTER COLUMN texts SET COMPRESSION lz4;
CREATE TABLE unspool.sample_block_20261104 (
    series_id integer NOT NULL,
    n integer NOT NULL,
    t_min timestamp with time zone NOT NULL,
    t_max timestamp with time zone NOT NULL,
    seq_first bigint NOT NULL,
    seq_last bigint NOT NULL,
    seq_min bigint NOT NULL,
    seq_max bigint NOT NULL,
    numbers integer NOT NULL,
    "least" double precision,
    "greatest" double precision,
    total double precision,
    initial double precision,
    final double precision,
    seqs bigint[] NOT NULL,
    times timestamp with time zone[] NOT NULL,
    "values" double precision[] NOT NULL,
    texts text[]
);
ALTER TABLE ONLY unspool.sample_block_20261104 ALTER COLUMN seqs SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_20261104 ALTER COLUMN times SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_20261104 ALTER COLUMN "values" SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_20261104 ALTER COLUMN texts SET COMPRESSION lz4;
CREATE TABLE unspool.sample_block_default (
    series_id integer NOT NULL,
    n integer NOT NULL,
    t_min timestamp with time zone NOT NULL,
    t_max timestamp with time zone NOT NULL,
    seq_first bigint NOT NULL,
    seq_last bigint NOT NULL,
    seq_min bigint NOT NULL,
    seq_max bigint NOT NULL,
    numbers integer NOT NULL,
    "least" double precision,
    "greatest" double precision,
    total double precision,
    initial double precision,
    final double precision,
    seqs bigint[] NOT NULL,
    times timestamp with time zone[] NOT NULL,
    "values" double precision[] NOT NULL,
    texts text[]
);
ALTER TABLE ONLY unspool.sample_block_default ALTER COLUMN seqs SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_default ALTER COLUMN times SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_default ALTER COLUMN "values" SET COMPRESSION lz4;
ALTER TABLE ONLY unspool.sample_block_default ALTER COLUMN texts SET COMPRESSION lz4;
CREATE TABLE unspool.sparkplug_birth (
    group_id text NOT NULL COLLATE pg_catalog."C",
    node text NOT NULL COLLATE pg_catalog."C",
    device text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    bd_seq bigint,
    metrics jsonb NOT NULL
);
ALTER TABLE ONLY unspool.message_hot ATTACH PARTITION unspool.message_hot_0 FOR VALUES IN ('0');
ALTER TABLE ONLY unspool.message_hot ATTACH PARTITION unspool.message_hot_1 FOR VALUES IN ('1');
ALTER TABLE ONLY unspool.message_hot ATTACH PARTITION unspool.message_hot_2 FOR VALUES IN ('2');
ALTER TABLE ONLY unspool.message_hot ATTACH PARTITION unspool.message_hot_3 FOR VALUES IN ('3');
ALTER TABLE ONLY unspool.message_sealed ATTACH PARTITION unspool.message_sealed_20261102 FOR VALUES FROM ('2026-11-02 00:00:00+00') TO ('2026-11-03 00:00:00+00');
ALTER TABLE ONLY unspool.message_sealed ATTACH PARTITION unspool.message_sealed_20261103 FOR VALUES FROM ('2026-11-03 00:00:00+00') TO ('2026-11-04 00:00:00+00');
ALTER TABLE ONLY unspool.message_sealed ATTACH PARTITION unspool.message_sealed_20261104 FOR VALUES FROM ('2026-11-04 00:00:00+00') TO ('2026-11-05 00:00:00+00');
ALTER TABLE ONLY unspool.sample_block ATTACH PARTITION unspool.sample_block_20261102 FOR VALUES FROM ('2026-11-02 00:00:00+00') TO ('2026-11-03 00:00:00+00');
ALTER TABLE ONLY unspool.sample_block ATTACH PARTITION unspool.sample_block_20261103 FOR VALUES FROM ('2026-11-03 00:00:00+00') TO ('2026-11-04 00:00:00+00');
ALTER TABLE ONLY unspool.sample_block ATTACH PARTITION unspool.sample_block_20261104 FOR VALUES FROM ('2026-11-04 00:00:00+00') TO ('2026-11-05 00:00:00+00');
ALTER TABLE ONLY unspool.sample_block ATTACH PARTITION unspool.sample_block_default DEFAULT;
INSERT INTO unspool._sqlx_migrations VALUES
	(1, 'schema', '2026-11-27 02:30:11.181404+00', true, '\x4fc6f4a53ec1d507760543267a637984116a264f27d1a5eab162e86c06a3966237aaed9b63ff82f4ef15d121afa0d28c', 27730031);
INSERT INTO unspool.catalog VALUES
	(true, 301);
INSERT INTO unspool.dead_letter VALUES
	(50, '2026-11-02 12:30:00+00', 1, '{not_json}', '[{"code": "not_json", "text": ""}]', NULL, NULL, NULL, NULL, NULL),
	(100, '2026-11-03 01:00:00+00', 1, '{not_json}', '[{"code": "not_json", "text": ""}]', NULL, NULL, NULL, NULL, NULL),
	(150, '2026-11-03 13:30:00+00', 2, '{not_json}', '[{"code": "not_json", "text": ""}]', NULL, NULL, NULL, NULL, NULL),
	(200, '2026-11-04 02:00:00+00', 1, '{not_json}', '[{"code": "not_json", "text": ""}]', NULL, NULL, NULL, NULL, NULL),
	(250, '2026-11-04 14:30:00+00', 1, '{not_json}', '[{"code": "not_json", "text": ""}]', NULL, NULL, NULL, NULL, NULL),
	(300, '2026-11-05 03:00:00+00', 2, '{not_json}', '[{"code": "not_json", "text": ""}]', NULL, NULL, NULL, NULL, NULL);
INSERT INTO unspool.hot_slot VALUES
	(2, 'free', 0, '2026-11-27 02:30:11.181404+00'),
	(3, 'free', 0, '2026-11-27 02:30:11.181404+00'),
	(1, 'open', 251, '2026-11-27 02:30:11.235254+00'),
	(0, 'free', 0, '2026-11-27 02:30:11.181404+00');
INSERT INTO unspool.message_hot_1 VALUES
	(251, '2026-11-04 14:45:00+00', 1, 1, 1, 'device', '\x3132352e35', NULL, '{1}', NULL, '{125.5}', NULL),
	(252, '2026-11-04 15:00:00+00', 2, 5, 1, 'device', '\x313236', NULL, '{2}', NULL, '{126}', NULL),
	(253, '2026-11-04 15:15:00+00', 1, 1, 1, 'device', '\x3132362e35', NULL, '{1}', NULL, '{126.5}', NULL),
	(254, '2026-11-04 15:30:00+00', 1, 5, 1, 'device', '\x313237', NULL, '{1}', NULL, '{127}', NULL),
	(255, '2026-11-04 15:45:00+00', 2, 1, 1, 'device', '\x3132372e35', NULL, '{2}', NULL, '{127.5}', NULL),
	(256, '2026-11-04 16:00:00+00', 1, 5, 1, 'device', '\x313238', NULL, '{1}', NULL, '{128}', NULL),
	(257, '2026-11-04 16:15:00+00', 1, 1, 1, 'device', '\x3132382e35', NULL, '{1}', NULL, '{128.5}', NULL),
	(258, '2026-11-04 16:30:00+00', 2, 5, 1, 'device', '\x313239', NULL, '{2}', NULL, '{129}', NULL),
	(259, '2026-11-04 16:45:00+00', 1, 1, 1, 'device', '\x3132392e35', NULL, '{1}', NULL, '{129.5}', NULL),
	(260, '2026-11-04 17:00:00+00', 1, 5, 1, 'device', '\x313330', NULL, '{1}', '{"2026-11-04 15:00:00+00"}', '{130}', NULL),
	(261, '2026-11-04 17:15:00+00', 2, 1, 1, 'device', '\x3133302e35', NULL, '{2}', NULL, '{130.5}', NULL),
	(262, '2026-11-04 17:30:00+00', 1, 5, 1, 'device', '\x313331', NULL, '{1}', NULL, '{131}', NULL),
	(263, '2026-11-04 17:45:00+00', 1, 1, 1, 'device', '\x3133312e35', NULL, '{1}', NULL, '{131.5}', NULL),
	(264, '2026-11-04 18:00:00+00', 2, 5, 1, 'device', '\x313332', NULL, '{2}', NULL, '{132}', NULL),
	(265, '2026-11-04 18:15:00+00', 1, 1, 1, 'device', '\x3133322e35', NULL, '{1}', NULL, '{132.5}', NULL),
	(266, '2026-11-04 18:30:00+00', 1, 5, 1, 'device', '\x313333', NULL, '{1}', NULL, '{133}', NULL),
	(267, '2026-11-04 18:45:00+00', 2, 1, 1, 'device', '\x3133332e35', NULL, '{2}', NULL, '{133.5}', NULL),
	(268, '2026-11-04 19:00:00+00', 1, 5, 1, 'device', '\x313334', NULL, '{1}', NULL, '{134}', NULL),
	(269, '2026-11-04 19:15:00+00', 1, 1, 1, 'device', '\x3133342e35', NULL, '{1}', NULL, '{134.5}', NULL),
	(270, '2026-11-04 19:30:00+00', 2, 5, 1, 'device', '\x313335', NULL, '{2}', '{"2026-11-04 17:30:00+00"}', '{135}', NULL),
	(271, '2026-11-04 19:45:00+00', 1, 1, 1, 'device', '\x3133352e35', NULL, '{1}', NULL, '{135.5}', NULL),
	(272, '2026-11-04 20:00:00+00', 1, 5, 1, 'device', '\x313336', NULL, '{1}', NULL, '{136}', NULL),
	(273, '2026-11-04 20:15:00+00', 2, 1, 1, 'device', '\x3133362e35', NULL, '{2}', NULL, '{136.5}', NULL),
	(274, '2026-11-04 20:30:00+00', 1, 5, 1, 'device', '\x313337', NULL, '{1}', NULL, '{137}', NULL),
	(275, '2026-11-04 20:45:00+00', 1, 1, 1, 'device', '\x3133372e35', NULL, '{1}', NULL, '{137.5}', NULL),
	(276, '2026-11-04 21:00:00+00', 2, 5, 1, 'device', '\x313338', NULL, '{2}', NULL, '{138}', NULL),
	(277, '2026-11-04 21:15:00+00', 1, 1, 1, 'device', '\x3133382e35', NULL, '{1}', NULL, '{138.5}', NULL),
	(278, '2026-11-04 21:30:00+00', 1, 5, 1, 'device', '\x313339', NULL, '{1}', NULL, '{139}', NULL),
	(279, '2026-11-04 21:45:00+00', 2, 1, 1, 'device', '\x3133392e35', NULL, '{2}', NULL, '{139.5}', NULL),
	(280, '2026-11-04 22:00:00+00', 1, 5, 1, 'device', '\x313430', NULL, '{1}', '{"2026-11-04 20:00:00+00"}', '{140}', NULL),
	(281, '2026-11-04 22:15:00+00', 1, 1, 1, 'device', '\x3134302e35', NULL, '{1}', NULL, '{140.5}', NULL),
	(282, '2026-11-04 22:30:00+00', 2, 5, 1, 'device', '\x313431', NULL, '{2}', NULL, '{141}', NULL),
	(283, '2026-11-04 22:45:00+00', 1, 1, 1, 'device', '\x3134312e35', NULL, '{1}', NULL, '{141.5}', NULL),
	(284, '2026-11-04 23:00:00+00', 1, 5, 1, 'device', '\x313432', NULL, '{1}', NULL, '{142}', NULL),
	(285, '2026-11-04 23:15:00+00', 2, 1, 1, 'device', '\x3134322e35', NULL, '{2}', NULL, '{142.5}', NULL),
	(286, '2026-11-04 23:30:00+00', 1, 5, 1, 'device', '\x313433', NULL, '{1}', NULL, '{143}', NULL),
	(287, '2026-11-04 23:45:00+00', 1, 1, 1, 'device', '\x3134332e35', NULL, '{1}', NULL, '{143.5}', NULL),
	(288, '2026-11-05 00:00:00+00', 2, 5, 1, 'device', '\x313434', NULL, '{2}', NULL, '{144}', NULL),
	(289, '2026-11-05 00:15:00+00', 1, 1, 1, 'device', '\x3134342e35', NULL, '{1}', NULL, '{144.5}', NULL),
	(290, '2026-11-05 00:30:00+00', 1, 5, 1, 'device', '\x313435', NULL, '{1}', '{"2026-11-04 22:30:00+00"}', '{145}', NULL),
	(291, '2026-11-05 00:45:00+00', 2, 1, 1, 'device', '\x3134352e35', NULL, '{2}', NULL, '{145.5}', NULL),
	(292, '2026-11-05 01:00:00+00', 1, 5, 1, 'device', '\x313436', NULL, '{1}', NULL, '{146}', NULL),
	(293, '2026-11-05 01:15:00+00', 1, 1, 1, 'device', '\x3134362e35', NULL, '{1}', NULL, '{146.5}', NULL),
	(294, '2026-11-05 01:30:00+00', 2, 5, 1, 'device', '\x313437', NULL, '{2}', NULL, '{147}', NULL),
	(295, '2026-11-05 01:45:00+00', 1, 1, 1, 'device', '\x3134372e35', NULL, '{1}', NULL, '{147.5}', NULL),
	(296, '2026-11-05 02:00:00+00', 1, 5, 1, 'device', '\x313438', NULL, '{1}', NULL, '{148}', NULL),
	(297, '2026-11-05 02:15:00+00', 2, 1, 1, 'device', '\x3134382e35', NULL, '{2}', NULL, '{148.5}', NULL),
	(298, '2026-11-05 02:30:00+00', 1, 5, 1, 'device', '\x313439', NULL, '{1}', NULL, '{149}', NULL),
	(299, '2026-11-05 02:45:00+00', 1, 1, 1, 'device', '\x3134392e35', NULL, '{1}', NULL, '{149.5}', NULL),
	(300, '2026-11-05 03:00:00+00', 2, 5, 1, 'device', '\x313530', NULL, '{2}', '{"2026-11-05 01:00:00+00"}', '{150}', NULL);
INSERT INTO unspool.message_sealed_20261102 VALUES
	(1, '2026-11-02 00:15:00+00', 1, 1, 'device', '\x302e35', NULL),
	(2, '2026-11-02 00:30:00+00', 1, 5, 'device', '\x31', NULL),
	(4, '2026-11-02 01:00:00+00', 1, 5, 'device', '\x32', NULL),
	(5, '2026-11-02 01:15:00+00', 1, 1, 'device', '\x322e35', NULL),
	(7, '2026-11-02 01:45:00+00', 1, 1, 'device', '\x332e35', NULL),
	(8, '2026-11-02 02:00:00+00', 1, 5, 'device', '\x34', NULL),
	(10, '2026-11-02 02:30:00+00', 1, 5, 'device', '\x35', NULL),
	(11, '2026-11-02 02:45:00+00', 1, 1, 'device', '\x352e35', NULL),
	(13, '2026-11-02 03:15:00+00', 1, 1, 'device', '\x362e35', NULL),
	(14, '2026-11-02 03:30:00+00', 1, 5, 'device', '\x37', NULL),
	(16, '2026-11-02 04:00:00+00', 1, 5, 'device', '\x38', NULL),
	(17, '2026-11-02 04:15:00+00', 1, 1, 'device', '\x382e35', NULL),
	(19, '2026-11-02 04:45:00+00', 1, 1, 'device', '\x392e35', NULL),
	(20, '2026-11-02 05:00:00+00', 1, 5, 'device', '\x3130', NULL),
	(22, '2026-11-02 05:30:00+00', 1, 5, 'device', '\x3131', NULL),
	(23, '2026-11-02 05:45:00+00', 1, 1, 'device', '\x31312e35', NULL),
	(25, '2026-11-02 06:15:00+00', 1, 1, 'device', '\x31322e35', NULL),
	(26, '2026-11-02 06:30:00+00', 1, 5, 'device', '\x3133', NULL),
	(28, '2026-11-02 07:00:00+00', 1, 5, 'device', '\x3134', NULL),
	(29, '2026-11-02 07:15:00+00', 1, 1, 'device', '\x31342e35', NULL),
	(31, '2026-11-02 07:45:00+00', 1, 1, 'device', '\x31352e35', NULL),
	(32, '2026-11-02 08:00:00+00', 1, 5, 'device', '\x3136', NULL),
	(34, '2026-11-02 08:30:00+00', 1, 5, 'device', '\x3137', NULL),
	(35, '2026-11-02 08:45:00+00', 1, 1, 'device', '\x31372e35', NULL),
	(37, '2026-11-02 09:15:00+00', 1, 1, 'device', '\x31382e35', NULL),
	(38, '2026-11-02 09:30:00+00', 1, 5, 'device', '\x3139', NULL),
	(40, '2026-11-02 10:00:00+00', 1, 5, 'device', '\x3230', NULL),
	(41, '2026-11-02 10:15:00+00', 1, 1, 'device', '\x32302e35', NULL),
	(43, '2026-11-02 10:45:00+00', 1, 1, 'device', '\x32312e35', NULL),
	(44, '2026-11-02 11:00:00+00', 1, 5, 'device', '\x3232', NULL),
	(46, '2026-11-02 11:30:00+00', 1, 5, 'device', '\x3233', NULL),
	(47, '2026-11-02 11:45:00+00', 1, 1, 'device', '\x32332e35', NULL),
	(49, '2026-11-02 12:15:00+00', 1, 1, 'device', '\x32342e35', NULL),
	(50, '2026-11-02 12:30:00+00', 1, 5, 'device', '\x3235', NULL),
	(52, '2026-11-02 13:00:00+00', 1, 5, 'device', '\x3236', NULL),
	(53, '2026-11-02 13:15:00+00', 1, 1, 'device', '\x32362e35', NULL),
	(55, '2026-11-02 13:45:00+00', 1, 1, 'device', '\x32372e35', NULL),
	(56, '2026-11-02 14:00:00+00', 1, 5, 'device', '\x3238', NULL),
	(58, '2026-11-02 14:30:00+00', 1, 5, 'device', '\x3239', NULL),
	(59, '2026-11-02 14:45:00+00', 1, 1, 'device', '\x32392e35', NULL),
	(61, '2026-11-02 15:15:00+00', 1, 1, 'device', '\x33302e35', NULL),
	(62, '2026-11-02 15:30:00+00', 1, 5, 'device', '\x3331', NULL),
	(64, '2026-11-02 16:00:00+00', 1, 5, 'device', '\x3332', NULL),
	(65, '2026-11-02 16:15:00+00', 1, 1, 'device', '\x33322e35', NULL),
	(67, '2026-11-02 16:45:00+00', 1, 1, 'device', '\x33332e35', NULL),
	(68, '2026-11-02 17:00:00+00', 1, 5, 'device', '\x3334', NULL),
	(70, '2026-11-02 17:30:00+00', 1, 5, 'device', '\x3335', NULL),
	(71, '2026-11-02 17:45:00+00', 1, 1, 'device', '\x33352e35', NULL),
	(73, '2026-11-02 18:15:00+00', 1, 1, 'device', '\x33362e35', NULL),
	(74, '2026-11-02 18:30:00+00', 1, 5, 'device', '\x3337', NULL);
INSERT INTO unspool.message_sealed_20261102 VALUES
	(76, '2026-11-02 19:00:00+00', 1, 5, 'device', '\x3338', NULL),
	(77, '2026-11-02 19:15:00+00', 1, 1, 'device', '\x33382e35', NULL),
	(79, '2026-11-02 19:45:00+00', 1, 1, 'device', '\x33392e35', NULL),
	(80, '2026-11-02 20:00:00+00', 1, 5, 'device', '\x3430', NULL),
	(82, '2026-11-02 20:30:00+00', 1, 5, 'device', '\x3431', NULL),
	(83, '2026-11-02 20:45:00+00', 1, 1, 'device', '\x34312e35', NULL),
	(85, '2026-11-02 21:15:00+00', 1, 1, 'device', '\x34322e35', NULL),
	(86, '2026-11-02 21:30:00+00', 1, 5, 'device', '\x3433', NULL),
	(88, '2026-11-02 22:00:00+00', 1, 5, 'device', '\x3434', NULL),
	(89, '2026-11-02 22:15:00+00', 1, 1, 'device', '\x34342e35', NULL),
	(91, '2026-11-02 22:45:00+00', 1, 1, 'device', '\x34352e35', NULL),
	(92, '2026-11-02 23:00:00+00', 1, 5, 'device', '\x3436', NULL),
	(94, '2026-11-02 23:30:00+00', 1, 5, 'device', '\x3437', NULL),
	(95, '2026-11-02 23:45:00+00', 1, 1, 'device', '\x34372e35', NULL),
	(3, '2026-11-02 00:45:00+00', 2, 1, 'device', '\x312e35', NULL),
	(6, '2026-11-02 01:30:00+00', 2, 5, 'device', '\x33', NULL),
	(9, '2026-11-02 02:15:00+00', 2, 1, 'device', '\x342e35', NULL),
	(12, '2026-11-02 03:00:00+00', 2, 5, 'device', '\x36', NULL),
	(15, '2026-11-02 03:45:00+00', 2, 1, 'device', '\x372e35', NULL),
	(18, '2026-11-02 04:30:00+00', 2, 5, 'device', '\x39', NULL),
	(21, '2026-11-02 05:15:00+00', 2, 1, 'device', '\x31302e35', NULL),
	(24, '2026-11-02 06:00:00+00', 2, 5, 'device', '\x3132', NULL),
	(27, '2026-11-02 06:45:00+00', 2, 1, 'device', '\x31332e35', NULL),
	(30, '2026-11-02 07:30:00+00', 2, 5, 'device', '\x3135', NULL),
	(33, '2026-11-02 08:15:00+00', 2, 1, 'device', '\x31362e35', NULL),
	(36, '2026-11-02 09:00:00+00', 2, 5, 'device', '\x3138', NULL),
	(39, '2026-11-02 09:45:00+00', 2, 1, 'device', '\x31392e35', NULL),
	(42, '2026-11-02 10:30:00+00', 2, 5, 'device', '\x3231', NULL),
	(45, '2026-11-02 11:15:00+00', 2, 1, 'device', '\x32322e35', NULL),
	(48, '2026-11-02 12:00:00+00', 2, 5, 'device', '\x3234', NULL),
	(51, '2026-11-02 12:45:00+00', 2, 1, 'device', '\x32352e35', NULL),
	(54, '2026-11-02 13:30:00+00', 2, 5, 'device', '\x3237', NULL),
	(57, '2026-11-02 14:15:00+00', 2, 1, 'device', '\x32382e35', NULL),
	(60, '2026-11-02 15:00:00+00', 2, 5, 'device', '\x3330', NULL),
	(63, '2026-11-02 15:45:00+00', 2, 1, 'device', '\x33312e35', NULL),
	(66, '2026-11-02 16:30:00+00', 2, 5, 'device', '\x3333', NULL),
	(69, '2026-11-02 17:15:00+00', 2, 1, 'device', '\x33342e35', NULL),
	(72, '2026-11-02 18:00:00+00', 2, 5, 'device', '\x3336', NULL),
	(75, '2026-11-02 18:45:00+00', 2, 1, 'device', '\x33372e35', NULL),
	(78, '2026-11-02 19:30:00+00', 2, 5, 'device', '\x3339', NULL),
	(81, '2026-11-02 20:15:00+00', 2, 1, 'device', '\x34302e35', NULL),
	(84, '2026-11-02 21:00:00+00', 2, 5, 'device', '\x3432', NULL),
	(87, '2026-11-02 21:45:00+00', 2, 1, 'device', '\x34332e35', NULL),
	(90, '2026-11-02 22:30:00+00', 2, 5, 'device', '\x3435', NULL),
	(93, '2026-11-02 23:15:00+00', 2, 1, 'device', '\x34362e35', NULL);
INSERT INTO unspool.message_sealed_20261103 VALUES
	(97, '2026-11-03 00:15:00+00', 1, 1, 'device', '\x34382e35', NULL),
	(98, '2026-11-03 00:30:00+00', 1, 5, 'device', '\x3439', NULL),
	(100, '2026-11-03 01:00:00+00', 1, 5, 'device', '\x3530', NULL),
	(101, '2026-11-03 01:15:00+00', 1, 1, 'device', '\x35302e35', NULL),
	(103, '2026-11-03 01:45:00+00', 1, 1, 'device', '\x35312e35', NULL),
	(104, '2026-11-03 02:00:00+00', 1, 5, 'device', '\x3532', NULL),
	(106, '2026-11-03 02:30:00+00', 1, 5, 'device', '\x3533', NULL),
	(107, '2026-11-03 02:45:00+00', 1, 1, 'device', '\x35332e35', NULL),
	(109, '2026-11-03 03:15:00+00', 1, 1, 'device', '\x35342e35', NULL),
	(110, '2026-11-03 03:30:00+00', 1, 5, 'device', '\x3535', NULL),
	(112, '2026-11-03 04:00:00+00', 1, 5, 'device', '\x3536', NULL),
	(113, '2026-11-03 04:15:00+00', 1, 1, 'device', '\x35362e35', NULL),
	(115, '2026-11-03 04:45:00+00', 1, 1, 'device', '\x35372e35', NULL),
	(116, '2026-11-03 05:00:00+00', 1, 5, 'device', '\x3538', NULL),
	(118, '2026-11-03 05:30:00+00', 1, 5, 'device', '\x3539', NULL),
	(119, '2026-11-03 05:45:00+00', 1, 1, 'device', '\x35392e35', NULL),
	(121, '2026-11-03 06:15:00+00', 1, 1, 'device', '\x36302e35', NULL),
	(122, '2026-11-03 06:30:00+00', 1, 5, 'device', '\x3631', NULL),
	(124, '2026-11-03 07:00:00+00', 1, 5, 'device', '\x3632', NULL),
	(125, '2026-11-03 07:15:00+00', 1, 1, 'device', '\x36322e35', NULL),
	(127, '2026-11-03 07:45:00+00', 1, 1, 'device', '\x36332e35', NULL),
	(128, '2026-11-03 08:00:00+00', 1, 5, 'device', '\x3634', NULL),
	(130, '2026-11-03 08:30:00+00', 1, 5, 'device', '\x3635', NULL),
	(131, '2026-11-03 08:45:00+00', 1, 1, 'device', '\x36352e35', NULL),
	(133, '2026-11-03 09:15:00+00', 1, 1, 'device', '\x36362e35', NULL),
	(134, '2026-11-03 09:30:00+00', 1, 5, 'device', '\x3637', NULL),
	(136, '2026-11-03 10:00:00+00', 1, 5, 'device', '\x3638', NULL),
	(137, '2026-11-03 10:15:00+00', 1, 1, 'device', '\x36382e35', NULL),
	(139, '2026-11-03 10:45:00+00', 1, 1, 'device', '\x36392e35', NULL),
	(140, '2026-11-03 11:00:00+00', 1, 5, 'device', '\x3730', NULL),
	(142, '2026-11-03 11:30:00+00', 1, 5, 'device', '\x3731', NULL),
	(143, '2026-11-03 11:45:00+00', 1, 1, 'device', '\x37312e35', NULL),
	(145, '2026-11-03 12:15:00+00', 1, 1, 'device', '\x37322e35', NULL),
	(146, '2026-11-03 12:30:00+00', 1, 5, 'device', '\x3733', NULL),
	(148, '2026-11-03 13:00:00+00', 1, 5, 'device', '\x3734', NULL),
	(149, '2026-11-03 13:15:00+00', 1, 1, 'device', '\x37342e35', NULL),
	(151, '2026-11-03 13:45:00+00', 1, 1, 'device', '\x37352e35', NULL),
	(152, '2026-11-03 14:00:00+00', 1, 5, 'device', '\x3736', NULL),
	(154, '2026-11-03 14:30:00+00', 1, 5, 'device', '\x3737', NULL),
	(155, '2026-11-03 14:45:00+00', 1, 1, 'device', '\x37372e35', NULL),
	(157, '2026-11-03 15:15:00+00', 1, 1, 'device', '\x37382e35', NULL),
	(158, '2026-11-03 15:30:00+00', 1, 5, 'device', '\x3739', NULL),
	(160, '2026-11-03 16:00:00+00', 1, 5, 'device', '\x3830', NULL),
	(161, '2026-11-03 16:15:00+00', 1, 1, 'device', '\x38302e35', NULL),
	(163, '2026-11-03 16:45:00+00', 1, 1, 'device', '\x38312e35', NULL),
	(164, '2026-11-03 17:00:00+00', 1, 5, 'device', '\x3832', NULL),
	(166, '2026-11-03 17:30:00+00', 1, 5, 'device', '\x3833', NULL),
	(167, '2026-11-03 17:45:00+00', 1, 1, 'device', '\x38332e35', NULL),
	(169, '2026-11-03 18:15:00+00', 1, 1, 'device', '\x38342e35', NULL),
	(170, '2026-11-03 18:30:00+00', 1, 5, 'device', '\x3835', NULL);
INSERT INTO unspool.message_sealed_20261103 VALUES
	(172, '2026-11-03 19:00:00+00', 1, 5, 'device', '\x3836', NULL),
	(173, '2026-11-03 19:15:00+00', 1, 1, 'device', '\x38362e35', NULL),
	(175, '2026-11-03 19:45:00+00', 1, 1, 'device', '\x38372e35', NULL),
	(176, '2026-11-03 20:00:00+00', 1, 5, 'device', '\x3838', NULL),
	(178, '2026-11-03 20:30:00+00', 1, 5, 'device', '\x3839', NULL),
	(179, '2026-11-03 20:45:00+00', 1, 1, 'device', '\x38392e35', NULL),
	(181, '2026-11-03 21:15:00+00', 1, 1, 'device', '\x39302e35', NULL),
	(182, '2026-11-03 21:30:00+00', 1, 5, 'device', '\x3931', NULL),
	(184, '2026-11-03 22:00:00+00', 1, 5, 'device', '\x3932', NULL),
	(185, '2026-11-03 22:15:00+00', 1, 1, 'device', '\x39322e35', NULL),
	(187, '2026-11-03 22:45:00+00', 1, 1, 'device', '\x39332e35', NULL),
	(188, '2026-11-03 23:00:00+00', 1, 5, 'device', '\x3934', NULL),
	(190, '2026-11-03 23:30:00+00', 1, 5, 'device', '\x3935', NULL),
	(191, '2026-11-03 23:45:00+00', 1, 1, 'device', '\x39352e35', NULL),
	(96, '2026-11-03 00:00:00+00', 2, 5, 'device', '\x3438', NULL),
	(99, '2026-11-03 00:45:00+00', 2, 1, 'device', '\x34392e35', NULL),
	(102, '2026-11-03 01:30:00+00', 2, 5, 'device', '\x3531', NULL),
	(105, '2026-11-03 02:15:00+00', 2, 1, 'device', '\x35322e35', NULL),
	(108, '2026-11-03 03:00:00+00', 2, 5, 'device', '\x3534', NULL),
	(111, '2026-11-03 03:45:00+00', 2, 1, 'device', '\x35352e35', NULL),
	(114, '2026-11-03 04:30:00+00', 2, 5, 'device', '\x3537', NULL),
	(117, '2026-11-03 05:15:00+00', 2, 1, 'device', '\x35382e35', NULL),
	(120, '2026-11-03 06:00:00+00', 2, 5, 'device', '\x3630', NULL),
	(123, '2026-11-03 06:45:00+00', 2, 1, 'device', '\x36312e35', NULL),
	(126, '2026-11-03 07:30:00+00', 2, 5, 'device', '\x3633', NULL),
	(129, '2026-11-03 08:15:00+00', 2, 1, 'device', '\x36342e35', NULL),
	(132, '2026-11-03 09:00:00+00', 2, 5, 'device', '\x3636', NULL),
	(135, '2026-11-03 09:45:00+00', 2, 1, 'device', '\x36372e35', NULL),
	(138, '2026-11-03 10:30:00+00', 2, 5, 'device', '\x3639', NULL),
	(141, '2026-11-03 11:15:00+00', 2, 1, 'device', '\x37302e35', NULL),
	(144, '2026-11-03 12:00:00+00', 2, 5, 'device', '\x3732', NULL),
	(147, '2026-11-03 12:45:00+00', 2, 1, 'device', '\x37332e35', NULL),
	(150, '2026-11-03 13:30:00+00', 2, 5, 'device', '\x3735', NULL),
	(153, '2026-11-03 14:15:00+00', 2, 1, 'device', '\x37362e35', NULL),
	(156, '2026-11-03 15:00:00+00', 2, 5, 'device', '\x3738', NULL),
	(159, '2026-11-03 15:45:00+00', 2, 1, 'device', '\x37392e35', NULL),
	(162, '2026-11-03 16:30:00+00', 2, 5, 'device', '\x3831', NULL),
	(165, '2026-11-03 17:15:00+00', 2, 1, 'device', '\x38322e35', NULL),
	(168, '2026-11-03 18:00:00+00', 2, 5, 'device', '\x3834', NULL),
	(171, '2026-11-03 18:45:00+00', 2, 1, 'device', '\x38352e35', NULL),
	(174, '2026-11-03 19:30:00+00', 2, 5, 'device', '\x3837', NULL),
	(177, '2026-11-03 20:15:00+00', 2, 1, 'device', '\x38382e35', NULL),
	(180, '2026-11-03 21:00:00+00', 2, 5, 'device', '\x3930', NULL),
	(183, '2026-11-03 21:45:00+00', 2, 1, 'device', '\x39312e35', NULL),
	(186, '2026-11-03 22:30:00+00', 2, 5, 'device', '\x3933', NULL),
	(189, '2026-11-03 23:15:00+00', 2, 1, 'device', '\x39342e35', NULL);
INSERT INTO unspool.message_sealed_20261104 VALUES
	(193, '2026-11-04 00:15:00+00', 1, 1, 'device', '\x39362e35', NULL),
	(194, '2026-11-04 00:30:00+00', 1, 5, 'device', '\x3937', NULL),
	(196, '2026-11-04 01:00:00+00', 1, 5, 'device', '\x3938', NULL),
	(197, '2026-11-04 01:15:00+00', 1, 1, 'device', '\x39382e35', NULL),
	(199, '2026-11-04 01:45:00+00', 1, 1, 'device', '\x39392e35', NULL),
	(200, '2026-11-04 02:00:00+00', 1, 5, 'device', '\x313030', NULL),
	(202, '2026-11-04 02:30:00+00', 1, 5, 'device', '\x313031', NULL),
	(203, '2026-11-04 02:45:00+00', 1, 1, 'device', '\x3130312e35', NULL),
	(205, '2026-11-04 03:15:00+00', 1, 1, 'device', '\x3130322e35', NULL),
	(206, '2026-11-04 03:30:00+00', 1, 5, 'device', '\x313033', NULL),
	(208, '2026-11-04 04:00:00+00', 1, 5, 'device', '\x313034', NULL),
	(209, '2026-11-04 04:15:00+00', 1, 1, 'device', '\x3130342e35', NULL),
	(211, '2026-11-04 04:45:00+00', 1, 1, 'device', '\x3130352e35', NULL),
	(212, '2026-11-04 05:00:00+00', 1, 5, 'device', '\x313036', NULL),
	(214, '2026-11-04 05:30:00+00', 1, 5, 'device', '\x313037', NULL),
	(215, '2026-11-04 05:45:00+00', 1, 1, 'device', '\x3130372e35', NULL),
	(217, '2026-11-04 06:15:00+00', 1, 1, 'device', '\x3130382e35', NULL),
	(218, '2026-11-04 06:30:00+00', 1, 5, 'device', '\x313039', NULL),
	(220, '2026-11-04 07:00:00+00', 1, 5, 'device', '\x313130', NULL),
	(221, '2026-11-04 07:15:00+00', 1, 1, 'device', '\x3131302e35', NULL),
	(223, '2026-11-04 07:45:00+00', 1, 1, 'device', '\x3131312e35', NULL),
	(224, '2026-11-04 08:00:00+00', 1, 5, 'device', '\x313132', NULL),
	(226, '2026-11-04 08:30:00+00', 1, 5, 'device', '\x313133', NULL),
	(227, '2026-11-04 08:45:00+00', 1, 1, 'device', '\x3131332e35', NULL),
	(229, '2026-11-04 09:15:00+00', 1, 1, 'device', '\x3131342e35', NULL),
	(230, '2026-11-04 09:30:00+00', 1, 5, 'device', '\x313135', NULL),
	(232, '2026-11-04 10:00:00+00', 1, 5, 'device', '\x313136', NULL),
	(233, '2026-11-04 10:15:00+00', 1, 1, 'device', '\x3131362e35', NULL),
	(235, '2026-11-04 10:45:00+00', 1, 1, 'device', '\x3131372e35', NULL),
	(236, '2026-11-04 11:00:00+00', 1, 5, 'device', '\x313138', NULL),
	(238, '2026-11-04 11:30:00+00', 1, 5, 'device', '\x313139', NULL),
	(239, '2026-11-04 11:45:00+00', 1, 1, 'device', '\x3131392e35', NULL),
	(241, '2026-11-04 12:15:00+00', 1, 1, 'device', '\x3132302e35', NULL),
	(242, '2026-11-04 12:30:00+00', 1, 5, 'device', '\x313231', NULL),
	(244, '2026-11-04 13:00:00+00', 1, 5, 'device', '\x313232', NULL),
	(245, '2026-11-04 13:15:00+00', 1, 1, 'device', '\x3132322e35', NULL),
	(247, '2026-11-04 13:45:00+00', 1, 1, 'device', '\x3132332e35', NULL),
	(248, '2026-11-04 14:00:00+00', 1, 5, 'device', '\x313234', NULL),
	(250, '2026-11-04 14:30:00+00', 1, 5, 'device', '\x313235', NULL),
	(192, '2026-11-04 00:00:00+00', 2, 5, 'device', '\x3936', NULL),
	(195, '2026-11-04 00:45:00+00', 2, 1, 'device', '\x39372e35', NULL),
	(198, '2026-11-04 01:30:00+00', 2, 5, 'device', '\x3939', NULL),
	(201, '2026-11-04 02:15:00+00', 2, 1, 'device', '\x3130302e35', NULL),
	(204, '2026-11-04 03:00:00+00', 2, 5, 'device', '\x313032', NULL),
	(207, '2026-11-04 03:45:00+00', 2, 1, 'device', '\x3130332e35', NULL),
	(210, '2026-11-04 04:30:00+00', 2, 5, 'device', '\x313035', NULL),
	(213, '2026-11-04 05:15:00+00', 2, 1, 'device', '\x3130362e35', NULL),
	(216, '2026-11-04 06:00:00+00', 2, 5, 'device', '\x313038', NULL),
	(219, '2026-11-04 06:45:00+00', 2, 1, 'device', '\x3130392e35', NULL),
	(222, '2026-11-04 07:30:00+00', 2, 5, 'device', '\x313131', NULL);
INSERT INTO unspool.message_sealed_20261104 VALUES
	(225, '2026-11-04 08:15:00+00', 2, 1, 'device', '\x3131322e35', NULL),
	(228, '2026-11-04 09:00:00+00', 2, 5, 'device', '\x313134', NULL),
	(231, '2026-11-04 09:45:00+00', 2, 1, 'device', '\x3131352e35', NULL),
	(234, '2026-11-04 10:30:00+00', 2, 5, 'device', '\x313137', NULL),
	(237, '2026-11-04 11:15:00+00', 2, 1, 'device', '\x3131382e35', NULL),
	(240, '2026-11-04 12:00:00+00', 2, 5, 'device', '\x313230', NULL),
	(243, '2026-11-04 12:45:00+00', 2, 1, 'device', '\x3132312e35', NULL),
	(246, '2026-11-04 13:30:00+00', 2, 5, 'device', '\x313233', NULL),
	(249, '2026-11-04 14:15:00+00', 2, 1, 'device', '\x3132342e35', NULL);
INSERT INTO unspool.mirror_cursor VALUES
	(true, 7, 1, 301, 294, 6, 300, 0, 0);
INSERT INTO unspool.sample_block_20261102 VALUES
	(1, 3, '2026-11-02 00:15:00+00', '2026-11-02 00:30:00+00', 1, 10, 1, 10, 3, 0.5, 5, 6.5, 0.5, 5, '{1,2,10}', '{"2026-11-02 00:15:00+00","2026-11-02 00:30:00+00","2026-11-02 00:30:00+00"}', '{0.5,1,5}', NULL),
	(1, 3, '2026-11-02 01:00:00+00', '2026-11-02 01:45:00+00', 4, 7, 4, 7, 3, 2, 3.5, 8, 2, 3.5, '{4,5,7}', '{"2026-11-02 01:00:00+00","2026-11-02 01:15:00+00","2026-11-02 01:45:00+00"}', '{2,2.5,3.5}', NULL),
	(1, 2, '2026-11-02 02:00:00+00', '2026-11-02 02:45:00+00', 8, 11, 8, 11, 2, 4, 5.5, 9.5, 4, 5.5, '{8,11}', '{"2026-11-02 02:00:00+00","2026-11-02 02:45:00+00"}', '{4,5.5}', NULL),
	(1, 3, '2026-11-02 03:00:00+00', '2026-11-02 03:30:00+00', 20, 14, 13, 20, 3, 6.5, 10, 23.5, 10, 7, '{20,13,14}', '{"2026-11-02 03:00:00+00","2026-11-02 03:15:00+00","2026-11-02 03:30:00+00"}', '{10,6.5,7}', NULL),
	(1, 3, '2026-11-02 04:00:00+00', '2026-11-02 04:45:00+00', 16, 19, 16, 19, 3, 8, 9.5, 26, 8, 9.5, '{16,17,19}', '{"2026-11-02 04:00:00+00","2026-11-02 04:15:00+00","2026-11-02 04:45:00+00"}', '{8,8.5,9.5}', NULL),
	(1, 2, '2026-11-02 05:30:00+00', '2026-11-02 05:45:00+00', 22, 23, 22, 23, 2, 11, 11.5, 22.5, 11, 11.5, '{22,23}', '{"2026-11-02 05:30:00+00","2026-11-02 05:45:00+00"}', '{11,11.5}', NULL),
	(1, 2, '2026-11-02 06:15:00+00', '2026-11-02 06:30:00+00', 25, 26, 25, 26, 2, 12.5, 13, 25.5, 12.5, 13, '{25,26}', '{"2026-11-02 06:15:00+00","2026-11-02 06:30:00+00"}', '{12.5,13}', NULL),
	(1, 3, '2026-11-02 07:00:00+00', '2026-11-02 07:45:00+00', 28, 31, 28, 31, 3, 14, 15.5, 44, 14, 15.5, '{28,29,31}', '{"2026-11-02 07:00:00+00","2026-11-02 07:15:00+00","2026-11-02 07:45:00+00"}', '{14,14.5,15.5}', NULL),
	(1, 4, '2026-11-02 08:00:00+00', '2026-11-02 08:45:00+00', 32, 35, 32, 40, 4, 16, 20, 70.5, 16, 17.5, '{32,40,34,35}', '{"2026-11-02 08:00:00+00","2026-11-02 08:00:00+00","2026-11-02 08:30:00+00","2026-11-02 08:45:00+00"}', '{16,20,17,17.5}', NULL),
	(1, 2, '2026-11-02 09:15:00+00', '2026-11-02 09:30:00+00', 37, 38, 37, 38, 2, 18.5, 19, 37.5, 18.5, 19, '{37,38}', '{"2026-11-02 09:15:00+00","2026-11-02 09:30:00+00"}', '{18.5,19}', NULL),
	(1, 3, '2026-11-02 10:15:00+00', '2026-11-02 10:45:00+00', 41, 43, 41, 50, 3, 20.5, 25, 67, 20.5, 21.5, '{41,50,43}', '{"2026-11-02 10:15:00+00","2026-11-02 10:30:00+00","2026-11-02 10:45:00+00"}', '{20.5,25,21.5}', NULL),
	(1, 3, '2026-11-02 11:00:00+00', '2026-11-02 11:45:00+00', 44, 47, 44, 47, 3, 22, 23.5, 68.5, 22, 23.5, '{44,46,47}', '{"2026-11-02 11:00:00+00","2026-11-02 11:30:00+00","2026-11-02 11:45:00+00"}', '{22,23,23.5}', NULL),
	(1, 1, '2026-11-02 12:15:00+00', '2026-11-02 12:15:00+00', 49, 49, 49, 49, 1, 24.5, 24.5, 24.5, 24.5, 24.5, '{49}', '{"2026-11-02 12:15:00+00"}', '{24.5}', NULL),
	(1, 3, '2026-11-02 13:00:00+00', '2026-11-02 13:45:00+00', 52, 55, 52, 55, 3, 26, 27.5, 80, 26, 27.5, '{52,53,55}', '{"2026-11-02 13:00:00+00","2026-11-02 13:15:00+00","2026-11-02 13:45:00+00"}', '{26,26.5,27.5}', NULL),
	(1, 3, '2026-11-02 14:00:00+00', '2026-11-02 14:45:00+00', 56, 59, 56, 59, 3, 28, 29.5, 86.5, 28, 29.5, '{56,58,59}', '{"2026-11-02 14:00:00+00","2026-11-02 14:30:00+00","2026-11-02 14:45:00+00"}', '{28,29,29.5}', NULL),
	(1, 3, '2026-11-02 15:15:00+00', '2026-11-02 15:30:00+00', 61, 70, 61, 70, 3, 30.5, 35, 96.5, 30.5, 35, '{61,62,70}', '{"2026-11-02 15:15:00+00","2026-11-02 15:30:00+00","2026-11-02 15:30:00+00"}', '{30.5,31,35}', NULL),
	(1, 3, '2026-11-02 16:00:00+00', '2026-11-02 16:45:00+00', 64, 67, 64, 67, 3, 32, 33.5, 98, 32, 33.5, '{64,65,67}', '{"2026-11-02 16:00:00+00","2026-11-02 16:15:00+00","2026-11-02 16:45:00+00"}', '{32,32.5,33.5}', NULL),
	(1, 2, '2026-11-02 17:00:00+00', '2026-11-02 17:45:00+00', 68, 71, 68, 71, 2, 34, 35.5, 69.5, 34, 35.5, '{68,71}', '{"2026-11-02 17:00:00+00","2026-11-02 17:45:00+00"}', '{34,35.5}', NULL),
	(1, 3, '2026-11-02 18:00:00+00', '2026-11-02 18:30:00+00', 80, 74, 73, 80, 3, 36.5, 40, 113.5, 40, 37, '{80,73,74}', '{"2026-11-02 18:00:00+00","2026-11-02 18:15:00+00","2026-11-02 18:30:00+00"}', '{40,36.5,37}', NULL),
	(1, 2, '2026-11-02 19:00:00+00', '2026-11-02 19:45:00+00', 76, 79, 76, 79, 2, 38, 39.5, 77.5, 38, 39.5, '{76,79}', '{"2026-11-02 19:00:00+00","2026-11-02 19:45:00+00"}', '{38,39.5}', NULL),
	(1, 2, '2026-11-02 20:30:00+00', '2026-11-02 20:45:00+00', 82, 83, 82, 83, 2, 41, 41.5, 82.5, 41, 41.5, '{82,83}', '{"2026-11-02 20:30:00+00","2026-11-02 20:45:00+00"}', '{41,41.5}', NULL),
	(1, 2, '2026-11-02 21:15:00+00', '2026-11-02 21:30:00+00', 85, 86, 85, 86, 2, 42.5, 43, 85.5, 42.5, 43, '{85,86}', '{"2026-11-02 21:15:00+00","2026-11-02 21:30:00+00"}', '{42.5,43}', NULL),
	(1, 3, '2026-11-02 22:00:00+00', '2026-11-02 22:45:00+00', 88, 91, 88, 91, 3, 44, 45.5, 134, 44, 45.5, '{88,89,91}', '{"2026-11-02 22:00:00+00","2026-11-02 22:15:00+00","2026-11-02 22:45:00+00"}', '{44,44.5,45.5}', NULL),
	(1, 4, '2026-11-02 23:00:00+00', '2026-11-02 23:45:00+00', 92, 95, 92, 100, 4, 46, 50, 190.5, 46, 47.5, '{92,100,94,95}', '{"2026-11-02 23:00:00+00","2026-11-02 23:00:00+00","2026-11-02 23:30:00+00","2026-11-02 23:45:00+00"}', '{46,50,47,47.5}', NULL),
	(2, 1, '2026-11-02 00:45:00+00', '2026-11-02 00:45:00+00', 3, 3, 3, 3, 1, 1.5, 1.5, 1.5, 1.5, 1.5, '{3}', '{"2026-11-02 00:45:00+00"}', '{1.5}', NULL),
	(2, 1, '2026-11-02 01:30:00+00', '2026-11-02 01:30:00+00', 6, 6, 6, 6, 1, 3, 3, 3, 3, 3, '{6}', '{"2026-11-02 01:30:00+00"}', '{3}', NULL),
	(2, 1, '2026-11-02 02:15:00+00', '2026-11-02 02:15:00+00', 9, 9, 9, 9, 1, 4.5, 4.5, 4.5, 4.5, 4.5, '{9}', '{"2026-11-02 02:15:00+00"}', '{4.5}', NULL),
	(2, 2, '2026-11-02 03:00:00+00', '2026-11-02 03:45:00+00', 12, 15, 12, 15, 2, 6, 7.5, 13.5, 6, 7.5, '{12,15}', '{"2026-11-02 03:00:00+00","2026-11-02 03:45:00+00"}', '{6,7.5}', NULL),
	(2, 1, '2026-11-02 04:30:00+00', '2026-11-02 04:30:00+00', 18, 18, 18, 18, 1, 9, 9, 9, 9, 9, '{18}', '{"2026-11-02 04:30:00+00"}', '{9}', NULL),
	(2, 2, '2026-11-02 05:15:00+00', '2026-11-02 05:30:00+00', 21, 30, 21, 30, 2, 10.5, 15, 25.5, 10.5, 15, '{21,30}', '{"2026-11-02 05:15:00+00","2026-11-02 05:30:00+00"}', '{10.5,15}', NULL),
	(2, 2, '2026-11-02 06:00:00+00', '2026-11-02 06:45:00+00', 24, 27, 24, 27, 2, 12, 13.5, 25.5, 12, 13.5, '{24,27}', '{"2026-11-02 06:00:00+00","2026-11-02 06:45:00+00"}', '{12,13.5}', NULL),
	(2, 1, '2026-11-02 08:15:00+00', '2026-11-02 08:15:00+00', 33, 33, 33, 33, 1, 16.5, 16.5, 16.5, 16.5, 16.5, '{33}', '{"2026-11-02 08:15:00+00"}', '{16.5}', NULL),
	(2, 2, '2026-11-02 09:00:00+00', '2026-11-02 09:45:00+00', 36, 39, 36, 39, 2, 18, 19.5, 37.5, 18, 19.5, '{36,39}', '{"2026-11-02 09:00:00+00","2026-11-02 09:45:00+00"}', '{18,19.5}', NULL),
	(2, 1, '2026-11-02 10:30:00+00', '2026-11-02 10:30:00+00', 42, 42, 42, 42, 1, 21, 21, 21, 21, 21, '{42}', '{"2026-11-02 10:30:00+00"}', '{21}', NULL),
	(2, 1, '2026-11-02 11:15:00+00', '2026-11-02 11:15:00+00', 45, 45, 45, 45, 1, 22.5, 22.5, 22.5, 22.5, 22.5, '{45}', '{"2026-11-02 11:15:00+00"}', '{22.5}', NULL),
	(2, 2, '2026-11-02 12:00:00+00', '2026-11-02 12:45:00+00', 48, 51, 48, 51, 2, 24, 25.5, 49.5, 24, 25.5, '{48,51}', '{"2026-11-02 12:00:00+00","2026-11-02 12:45:00+00"}', '{24,25.5}', NULL),
	(2, 2, '2026-11-02 13:00:00+00', '2026-11-02 13:30:00+00', 60, 54, 54, 60, 2, 27, 30, 57, 30, 27, '{60,54}', '{"2026-11-02 13:00:00+00","2026-11-02 13:30:00+00"}', '{30,27}', NULL),
	(2, 1, '2026-11-02 14:15:00+00', '2026-11-02 14:15:00+00', 57, 57, 57, 57, 1, 28.5, 28.5, 28.5, 28.5, 28.5, '{57}', '{"2026-11-02 14:15:00+00"}', '{28.5}', NULL),
	(2, 1, '2026-11-02 15:45:00+00', '2026-11-02 15:45:00+00', 63, 63, 63, 63, 1, 31.5, 31.5, 31.5, 31.5, 31.5, '{63}', '{"2026-11-02 15:45:00+00"}', '{31.5}', NULL),
	(2, 1, '2026-11-02 16:30:00+00', '2026-11-02 16:30:00+00', 66, 66, 66, 66, 1, 33, 33, 33, 33, 33, '{66}', '{"2026-11-02 16:30:00+00"}', '{33}', NULL),
	(2, 1, '2026-11-02 17:15:00+00', '2026-11-02 17:15:00+00', 69, 69, 69, 69, 1, 34.5, 34.5, 34.5, 34.5, 34.5, '{69}', '{"2026-11-02 17:15:00+00"}', '{34.5}', NULL),
	(2, 2, '2026-11-02 18:00:00+00', '2026-11-02 18:45:00+00', 72, 75, 72, 75, 2, 36, 37.5, 73.5, 36, 37.5, '{72,75}', '{"2026-11-02 18:00:00+00","2026-11-02 18:45:00+00"}', '{36,37.5}', NULL),
	(2, 1, '2026-11-02 19:30:00+00', '2026-11-02 19:30:00+00', 78, 78, 78, 78, 1, 39, 39, 39, 39, 39, '{78}', '{"2026-11-02 19:30:00+00"}', '{39}', NULL),
	(2, 2, '2026-11-02 20:15:00+00', '2026-11-02 20:30:00+00', 81, 90, 81, 90, 2, 40.5, 45, 85.5, 40.5, 45, '{81,90}', '{"2026-11-02 20:15:00+00","2026-11-02 20:30:00+00"}', '{40.5,45}', NULL),
	(2, 2, '2026-11-02 21:00:00+00', '2026-11-02 21:45:00+00', 84, 87, 84, 87, 2, 42, 43.5, 85.5, 42, 43.5, '{84,87}', '{"2026-11-02 21:00:00+00","2026-11-02 21:45:00+00"}', '{42,43.5}', NULL),
	(2, 1, '2026-11-02 23:15:00+00', '2026-11-02 23:15:00+00', 93, 93, 93, 93, 1, 46.5, 46.5, 46.5, 46.5, 46.5, '{93}', '{"2026-11-02 23:15:00+00"}', '{46.5}', NULL);
INSERT INTO unspool.sample_block_20261103 VALUES
	(1, 2, '2026-11-03 00:15:00+00', '2026-11-03 00:30:00+00', 97, 98, 97, 98, 2, 48.5, 49, 97.5, 48.5, 49, '{97,98}', '{"2026-11-03 00:15:00+00","2026-11-03 00:30:00+00"}', '{48.5,49}', NULL),
	(1, 3, '2026-11-03 01:15:00+00', '2026-11-03 01:45:00+00', 101, 103, 101, 110, 3, 50.5, 55, 157, 50.5, 51.5, '{101,110,103}', '{"2026-11-03 01:15:00+00","2026-11-03 01:30:00+00","2026-11-03 01:45:00+00"}', '{50.5,55,51.5}', NULL),
	(1, 3, '2026-11-03 02:00:00+00', '2026-11-03 02:45:00+00', 104, 107, 104, 107, 3, 52, 53.5, 158.5, 52, 53.5, '{104,106,107}', '{"2026-11-03 02:00:00+00","2026-11-03 02:30:00+00","2026-11-03 02:45:00+00"}', '{52,53,53.5}', NULL),
	(1, 1, '2026-11-03 03:15:00+00', '2026-11-03 03:15:00+00', 109, 109, 109, 109, 1, 54.5, 54.5, 54.5, 54.5, 54.5, '{109}', '{"2026-11-03 03:15:00+00"}', '{54.5}', NULL),
	(1, 3, '2026-11-03 04:00:00+00', '2026-11-03 04:45:00+00', 112, 115, 112, 115, 3, 56, 57.5, 170, 56, 57.5, '{112,113,115}', '{"2026-11-03 04:00:00+00","2026-11-03 04:15:00+00","2026-11-03 04:45:00+00"}', '{56,56.5,57.5}', NULL),
	(1, 3, '2026-11-03 05:00:00+00', '2026-11-03 05:45:00+00', 116, 119, 116, 119, 3, 58, 59.5, 176.5, 58, 59.5, '{116,118,119}', '{"2026-11-03 05:00:00+00","2026-11-03 05:30:00+00","2026-11-03 05:45:00+00"}', '{58,59,59.5}', NULL),
	(1, 3, '2026-11-03 06:15:00+00', '2026-11-03 06:30:00+00', 121, 130, 121, 130, 3, 60.5, 65, 186.5, 60.5, 65, '{121,122,130}', '{"2026-11-03 06:15:00+00","2026-11-03 06:30:00+00","2026-11-03 06:30:00+00"}', '{60.5,61,65}', NULL),
	(1, 3, '2026-11-03 07:00:00+00', '2026-11-03 07:45:00+00', 124, 127, 124, 127, 3, 62, 63.5, 188, 62, 63.5, '{124,125,127}', '{"2026-11-03 07:00:00+00","2026-11-03 07:15:00+00","2026-11-03 07:45:00+00"}', '{62,62.5,63.5}', NULL),
	(1, 2, '2026-11-03 08:00:00+00', '2026-11-03 08:45:00+00', 128, 131, 128, 131, 2, 64, 65.5, 129.5, 64, 65.5, '{128,131}', '{"2026-11-03 08:00:00+00","2026-11-03 08:45:00+00"}', '{64,65.5}', NULL),
	(1, 3, '2026-11-03 09:00:00+00', '2026-11-03 09:30:00+00', 140, 134, 133, 140, 3, 66.5, 70, 203.5, 70, 67, '{140,133,134}', '{"2026-11-03 09:00:00+00","2026-11-03 09:15:00+00","2026-11-03 09:30:00+00"}', '{70,66.5,67}', NULL),
	(1, 3, '2026-11-03 10:00:00+00', '2026-11-03 10:45:00+00', 136, 139, 136, 139, 3, 68, 69.5, 206, 68, 69.5, '{136,137,139}', '{"2026-11-03 10:00:00+00","2026-11-03 10:15:00+00","2026-11-03 10:45:00+00"}', '{68,68.5,69.5}', NULL),
	(1, 2, '2026-11-03 11:30:00+00', '2026-11-03 11:45:00+00', 142, 143, 142, 143, 2, 71, 71.5, 142.5, 71, 71.5, '{142,143}', '{"2026-11-03 11:30:00+00","2026-11-03 11:45:00+00"}', '{71,71.5}', NULL),
	(1, 2, '2026-11-03 12:15:00+00', '2026-11-03 12:30:00+00', 145, 146, 145, 146, 2, 72.5, 73, 145.5, 72.5, 73, '{145,146}', '{"2026-11-03 12:15:00+00","2026-11-03 12:30:00+00"}', '{72.5,73}', NULL),
	(1, 3, '2026-11-03 13:00:00+00', '2026-11-03 13:45:00+00', 148, 151, 148, 151, 3, 74, 75.5, 224, 74, 75.5, '{148,149,151}', '{"2026-11-03 13:00:00+00","2026-11-03 13:15:00+00","2026-11-03 13:45:00+00"}', '{74,74.5,75.5}', NULL),
	(1, 4, '2026-11-03 14:00:00+00', '2026-11-03 14:45:00+00', 152, 155, 152, 160, 4, 76, 80, 310.5, 76, 77.5, '{152,160,154,155}', '{"2026-11-03 14:00:00+00","2026-11-03 14:00:00+00","2026-11-03 14:30:00+00","2026-11-03 14:45:00+00"}', '{76,80,77,77.5}', NULL),
	(1, 2, '2026-11-03 15:15:00+00', '2026-11-03 15:30:00+00', 157, 158, 157, 158, 2, 78.5, 79, 157.5, 78.5, 79, '{157,158}', '{"2026-11-03 15:15:00+00","2026-11-03 15:30:00+00"}', '{78.5,79}', NULL),
	(1, 3, '2026-11-03 16:15:00+00', '2026-11-03 16:45:00+00', 161, 163, 161, 170, 3, 80.5, 85, 247, 80.5, 81.5, '{161,170,163}', '{"2026-11-03 16:15:00+00","2026-11-03 16:30:00+00","2026-11-03 16:45:00+00"}', '{80.5,85,81.5}', NULL),
	(1, 3, '2026-11-03 17:00:00+00', '2026-11-03 17:45:00+00', 164, 167, 164, 167, 3, 82, 83.5, 248.5, 82, 83.5, '{164,166,167}', '{"2026-11-03 17:00:00+00","2026-11-03 17:30:00+00","2026-11-03 17:45:00+00"}', '{82,83,83.5}', NULL),
	(1, 1, '2026-11-03 18:15:00+00', '2026-11-03 18:15:00+00', 169, 169, 169, 169, 1, 84.5, 84.5, 84.5, 84.5, 84.5, '{169}', '{"2026-11-03 18:15:00+00"}', '{84.5}', NULL),
	(1, 3, '2026-11-03 19:00:00+00', '2026-11-03 19:45:00+00', 172, 175, 172, 175, 3, 86, 87.5, 260, 86, 87.5, '{172,173,175}', '{"2026-11-03 19:00:00+00","2026-11-03 19:15:00+00","2026-11-03 19:45:00+00"}', '{86,86.5,87.5}', NULL),
	(1, 3, '2026-11-03 20:00:00+00', '2026-11-03 20:45:00+00', 176, 179, 176, 179, 3, 88, 89.5, 266.5, 88, 89.5, '{176,178,179}', '{"2026-11-03 20:00:00+00","2026-11-03 20:30:00+00","2026-11-03 20:45:00+00"}', '{88,89,89.5}', NULL),
	(1, 3, '2026-11-03 21:15:00+00', '2026-11-03 21:30:00+00', 181, 190, 181, 190, 3, 90.5, 95, 276.5, 90.5, 95, '{181,182,190}', '{"2026-11-03 21:15:00+00","2026-11-03 21:30:00+00","2026-11-03 21:30:00+00"}', '{90.5,91,95}', NULL),
	(1, 3, '2026-11-03 22:00:00+00', '2026-11-03 22:45:00+00', 184, 187, 184, 187, 3, 92, 93.5, 278, 92, 93.5, '{184,185,187}', '{"2026-11-03 22:00:00+00","2026-11-03 22:15:00+00","2026-11-03 22:45:00+00"}', '{92,92.5,93.5}', NULL),
	(1, 2, '2026-11-03 23:00:00+00', '2026-11-03 23:45:00+00', 188, 191, 188, 191, 2, 94, 95.5, 189.5, 94, 95.5, '{188,191}', '{"2026-11-03 23:00:00+00","2026-11-03 23:45:00+00"}', '{94,95.5}', NULL),
	(2, 2, '2026-11-03 00:00:00+00', '2026-11-03 00:45:00+00', 96, 99, 96, 99, 2, 48, 49.5, 97.5, 48, 49.5, '{96,99}', '{"2026-11-03 00:00:00+00","2026-11-03 00:45:00+00"}', '{48,49.5}', NULL),
	(2, 1, '2026-11-03 01:30:00+00', '2026-11-03 01:30:00+00', 102, 102, 102, 102, 1, 51, 51, 51, 51, 51, '{102}', '{"2026-11-03 01:30:00+00"}', '{51}', NULL),
	(2, 1, '2026-11-03 02:15:00+00', '2026-11-03 02:15:00+00', 105, 105, 105, 105, 1, 52.5, 52.5, 52.5, 52.5, 52.5, '{105}', '{"2026-11-03 02:15:00+00"}', '{52.5}', NULL),
	(2, 2, '2026-11-03 03:00:00+00', '2026-11-03 03:45:00+00', 108, 111, 108, 111, 2, 54, 55.5, 109.5, 54, 55.5, '{108,111}', '{"2026-11-03 03:00:00+00","2026-11-03 03:45:00+00"}', '{54,55.5}', NULL),
	(2, 2, '2026-11-03 04:00:00+00', '2026-11-03 04:30:00+00', 120, 114, 114, 120, 2, 57, 60, 117, 60, 57, '{120,114}', '{"2026-11-03 04:00:00+00","2026-11-03 04:30:00+00"}', '{60,57}', NULL),
	(2, 1, '2026-11-03 05:15:00+00', '2026-11-03 05:15:00+00', 117, 117, 117, 117, 1, 58.5, 58.5, 58.5, 58.5, 58.5, '{117}', '{"2026-11-03 05:15:00+00"}', '{58.5}', NULL),
	(2, 1, '2026-11-03 06:45:00+00', '2026-11-03 06:45:00+00', 123, 123, 123, 123, 1, 61.5, 61.5, 61.5, 61.5, 61.5, '{123}', '{"2026-11-03 06:45:00+00"}', '{61.5}', NULL),
	(2, 1, '2026-11-03 07:30:00+00', '2026-11-03 07:30:00+00', 126, 126, 126, 126, 1, 63, 63, 63, 63, 63, '{126}', '{"2026-11-03 07:30:00+00"}', '{63}', NULL),
	(2, 1, '2026-11-03 08:15:00+00', '2026-11-03 08:15:00+00', 129, 129, 129, 129, 1, 64.5, 64.5, 64.5, 64.5, 64.5, '{129}', '{"2026-11-03 08:15:00+00"}', '{64.5}', NULL),
	(2, 2, '2026-11-03 09:00:00+00', '2026-11-03 09:45:00+00', 132, 135, 132, 135, 2, 66, 67.5, 133.5, 66, 67.5, '{132,135}', '{"2026-11-03 09:00:00+00","2026-11-03 09:45:00+00"}', '{66,67.5}', NULL),
	(2, 1, '2026-11-03 10:30:00+00', '2026-11-03 10:30:00+00', 138, 138, 138, 138, 1, 69, 69, 69, 69, 69, '{138}', '{"2026-11-03 10:30:00+00"}', '{69}', NULL),
	(2, 2, '2026-11-03 11:15:00+00', '2026-11-03 11:30:00+00', 141, 150, 141, 150, 2, 70.5, 75, 145.5, 70.5, 75, '{141,150}', '{"2026-11-03 11:15:00+00","2026-11-03 11:30:00+00"}', '{70.5,75}', NULL),
	(2, 2, '2026-11-03 12:00:00+00', '2026-11-03 12:45:00+00', 144, 147, 144, 147, 2, 72, 73.5, 145.5, 72, 73.5, '{144,147}', '{"2026-11-03 12:00:00+00","2026-11-03 12:45:00+00"}', '{72,73.5}', NULL),
	(2, 1, '2026-11-03 14:15:00+00', '2026-11-03 14:15:00+00', 153, 153, 153, 153, 1, 76.5, 76.5, 76.5, 76.5, 76.5, '{153}', '{"2026-11-03 14:15:00+00"}', '{76.5}', NULL),
	(2, 2, '2026-11-03 15:00:00+00', '2026-11-03 15:45:00+00', 156, 159, 156, 159, 2, 78, 79.5, 157.5, 78, 79.5, '{156,159}', '{"2026-11-03 15:00:00+00","2026-11-03 15:45:00+00"}', '{78,79.5}', NULL),
	(2, 1, '2026-11-03 16:30:00+00', '2026-11-03 16:30:00+00', 162, 162, 162, 162, 1, 81, 81, 81, 81, 81, '{162}', '{"2026-11-03 16:30:00+00"}', '{81}', NULL),
	(2, 1, '2026-11-03 17:15:00+00', '2026-11-03 17:15:00+00', 165, 165, 165, 165, 1, 82.5, 82.5, 82.5, 82.5, 82.5, '{165}', '{"2026-11-03 17:15:00+00"}', '{82.5}', NULL),
	(2, 2, '2026-11-03 18:00:00+00', '2026-11-03 18:45:00+00', 168, 171, 168, 171, 2, 84, 85.5, 169.5, 84, 85.5, '{168,171}', '{"2026-11-03 18:00:00+00","2026-11-03 18:45:00+00"}', '{84,85.5}', NULL),
	(2, 2, '2026-11-03 19:00:00+00', '2026-11-03 19:30:00+00', 180, 174, 174, 180, 2, 87, 90, 177, 90, 87, '{180,174}', '{"2026-11-03 19:00:00+00","2026-11-03 19:30:00+00"}', '{90,87}', NULL),
	(2, 1, '2026-11-03 20:15:00+00', '2026-11-03 20:15:00+00', 177, 177, 177, 177, 1, 88.5, 88.5, 88.5, 88.5, 88.5, '{177}', '{"2026-11-03 20:15:00+00"}', '{88.5}', NULL),
	(2, 1, '2026-11-03 21:45:00+00', '2026-11-03 21:45:00+00', 183, 183, 183, 183, 1, 91.5, 91.5, 91.5, 91.5, 91.5, '{183}', '{"2026-11-03 21:45:00+00"}', '{91.5}', NULL),
	(2, 1, '2026-11-03 22:30:00+00', '2026-11-03 22:30:00+00', 186, 186, 186, 186, 1, 93, 93, 93, 93, 93, '{186}', '{"2026-11-03 22:30:00+00"}', '{93}', NULL),
	(2, 1, '2026-11-03 23:15:00+00', '2026-11-03 23:15:00+00', 189, 189, 189, 189, 1, 94.5, 94.5, 94.5, 94.5, 94.5, '{189}', '{"2026-11-03 23:15:00+00"}', '{94.5}', NULL);
INSERT INTO unspool.sample_block_20261104 VALUES
	(1, 3, '2026-11-04 00:00:00+00', '2026-11-04 00:30:00+00', 200, 194, 193, 200, 3, 96.5, 100, 293.5, 100, 97, '{200,193,194}', '{"2026-11-04 00:00:00+00","2026-11-04 00:15:00+00","2026-11-04 00:30:00+00"}', '{100,96.5,97}', NULL),
	(1, 3, '2026-11-04 01:00:00+00', '2026-11-04 01:45:00+00', 196, 199, 196, 199, 3, 98, 99.5, 296, 98, 99.5, '{196,197,199}', '{"2026-11-04 01:00:00+00","2026-11-04 01:15:00+00","2026-11-04 01:45:00+00"}', '{98,98.5,99.5}', NULL),
	(1, 2, '2026-11-04 02:30:00+00', '2026-11-04 02:45:00+00', 202, 203, 202, 203, 2, 101, 101.5, 202.5, 101, 101.5, '{202,203}', '{"2026-11-04 02:30:00+00","2026-11-04 02:45:00+00"}', '{101,101.5}', NULL),
	(1, 2, '2026-11-04 03:15:00+00', '2026-11-04 03:30:00+00', 205, 206, 205, 206, 2, 102.5, 103, 205.5, 102.5, 103, '{205,206}', '{"2026-11-04 03:15:00+00","2026-11-04 03:30:00+00"}', '{102.5,103}', NULL),
	(1, 3, '2026-11-04 04:00:00+00', '2026-11-04 04:45:00+00', 208, 211, 208, 211, 3, 104, 105.5, 314, 104, 105.5, '{208,209,211}', '{"2026-11-04 04:00:00+00","2026-11-04 04:15:00+00","2026-11-04 04:45:00+00"}', '{104,104.5,105.5}', NULL),
	(1, 4, '2026-11-04 05:00:00+00', '2026-11-04 05:45:00+00', 212, 215, 212, 220, 4, 106, 110, 430.5, 106, 107.5, '{212,220,214,215}', '{"2026-11-04 05:00:00+00","2026-11-04 05:00:00+00","2026-11-04 05:30:00+00","2026-11-04 05:45:00+00"}', '{106,110,107,107.5}', NULL),
	(1, 2, '2026-11-04 06:15:00+00', '2026-11-04 06:30:00+00', 217, 218, 217, 218, 2, 108.5, 109, 217.5, 108.5, 109, '{217,218}', '{"2026-11-04 06:15:00+00","2026-11-04 06:30:00+00"}', '{108.5,109}', NULL),
	(1, 3, '2026-11-04 07:15:00+00', '2026-11-04 07:45:00+00', 221, 223, 221, 230, 3, 110.5, 115, 337, 110.5, 111.5, '{221,230,223}', '{"2026-11-04 07:15:00+00","2026-11-04 07:30:00+00","2026-11-04 07:45:00+00"}', '{110.5,115,111.5}', NULL),
	(1, 3, '2026-11-04 08:00:00+00', '2026-11-04 08:45:00+00', 224, 227, 224, 227, 3, 112, 113.5, 338.5, 112, 113.5, '{224,226,227}', '{"2026-11-04 08:00:00+00","2026-11-04 08:30:00+00","2026-11-04 08:45:00+00"}', '{112,113,113.5}', NULL),
	(1, 1, '2026-11-04 09:15:00+00', '2026-11-04 09:15:00+00', 229, 229, 229, 229, 1, 114.5, 114.5, 114.5, 114.5, 114.5, '{229}', '{"2026-11-04 09:15:00+00"}', '{114.5}', NULL),
	(1, 3, '2026-11-04 10:00:00+00', '2026-11-04 10:45:00+00', 232, 235, 232, 235, 3, 116, 117.5, 350, 116, 117.5, '{232,233,235}', '{"2026-11-04 10:00:00+00","2026-11-04 10:15:00+00","2026-11-04 10:45:00+00"}', '{116,116.5,117.5}', NULL),
	(1, 3, '2026-11-04 11:00:00+00', '2026-11-04 11:45:00+00', 236, 239, 236, 239, 3, 118, 119.5, 356.5, 118, 119.5, '{236,238,239}', '{"2026-11-04 11:00:00+00","2026-11-04 11:30:00+00","2026-11-04 11:45:00+00"}', '{118,119,119.5}', NULL),
	(1, 3, '2026-11-04 12:15:00+00', '2026-11-04 12:30:00+00', 241, 250, 241, 250, 3, 120.5, 125, 366.5, 120.5, 125, '{241,242,250}', '{"2026-11-04 12:15:00+00","2026-11-04 12:30:00+00","2026-11-04 12:30:00+00"}', '{120.5,121,125}', NULL),
	(1, 3, '2026-11-04 13:00:00+00', '2026-11-04 13:45:00+00', 244, 247, 244, 247, 3, 122, 123.5, 368, 122, 123.5, '{244,245,247}', '{"2026-11-04 13:00:00+00","2026-11-04 13:15:00+00","2026-11-04 13:45:00+00"}', '{122,122.5,123.5}', NULL),
	(1, 1, '2026-11-04 14:00:00+00', '2026-11-04 14:00:00+00', 248, 248, 248, 248, 1, 124, 124, 124, 124, 124, '{248}', '{"2026-11-04 14:00:00+00"}', '{124}', NULL),
	(2, 2, '2026-11-04 00:00:00+00', '2026-11-04 00:45:00+00', 192, 195, 192, 195, 2, 96, 97.5, 193.5, 96, 97.5, '{192,195}', '{"2026-11-04 00:00:00+00","2026-11-04 00:45:00+00"}', '{96,97.5}', NULL),
	(2, 1, '2026-11-04 01:30:00+00', '2026-11-04 01:30:00+00', 198, 198, 198, 198, 1, 99, 99, 99, 99, 99, '{198}', '{"2026-11-04 01:30:00+00"}', '{99}', NULL),
	(2, 2, '2026-11-04 02:15:00+00', '2026-11-04 02:30:00+00', 201, 210, 201, 210, 2, 100.5, 105, 205.5, 100.5, 105, '{201,210}', '{"2026-11-04 02:15:00+00","2026-11-04 02:30:00+00"}', '{100.5,105}', NULL),
	(2, 2, '2026-11-04 03:00:00+00', '2026-11-04 03:45:00+00', 204, 207, 204, 207, 2, 102, 103.5, 205.5, 102, 103.5, '{204,207}', '{"2026-11-04 03:00:00+00","2026-11-04 03:45:00+00"}', '{102,103.5}', NULL),
	(2, 1, '2026-11-04 05:15:00+00', '2026-11-04 05:15:00+00', 213, 213, 213, 213, 1, 106.5, 106.5, 106.5, 106.5, 106.5, '{213}', '{"2026-11-04 05:15:00+00"}', '{106.5}', NULL),
	(2, 2, '2026-11-04 06:00:00+00', '2026-11-04 06:45:00+00', 216, 219, 216, 219, 2, 108, 109.5, 217.5, 108, 109.5, '{216,219}', '{"2026-11-04 06:00:00+00","2026-11-04 06:45:00+00"}', '{108,109.5}', NULL),
	(2, 1, '2026-11-04 07:30:00+00', '2026-11-04 07:30:00+00', 222, 222, 222, 222, 1, 111, 111, 111, 111, 111, '{222}', '{"2026-11-04 07:30:00+00"}', '{111}', NULL),
	(2, 1, '2026-11-04 08:15:00+00', '2026-11-04 08:15:00+00', 225, 225, 225, 225, 1, 112.5, 112.5, 112.5, 112.5, 112.5, '{225}', '{"2026-11-04 08:15:00+00"}', '{112.5}', NULL),
	(2, 2, '2026-11-04 09:00:00+00', '2026-11-04 09:45:00+00', 228, 231, 228, 231, 2, 114, 115.5, 229.5, 114, 115.5, '{228,231}', '{"2026-11-04 09:00:00+00","2026-11-04 09:45:00+00"}', '{114,115.5}', NULL),
	(2, 2, '2026-11-04 10:00:00+00', '2026-11-04 10:30:00+00', 240, 234, 234, 240, 2, 117, 120, 237, 120, 117, '{240,234}', '{"2026-11-04 10:00:00+00","2026-11-04 10:30:00+00"}', '{120,117}', NULL),
	(2, 1, '2026-11-04 11:15:00+00', '2026-11-04 11:15:00+00', 237, 237, 237, 237, 1, 118.5, 118.5, 118.5, 118.5, 118.5, '{237}', '{"2026-11-04 11:15:00+00"}', '{118.5}', NULL),
	(2, 1, '2026-11-04 12:45:00+00', '2026-11-04 12:45:00+00', 243, 243, 243, 243, 1, 121.5, 121.5, 121.5, 121.5, 121.5, '{243}', '{"2026-11-04 12:45:00+00"}', '{121.5}', NULL),
	(2, 1, '2026-11-04 13:30:00+00', '2026-11-04 13:30:00+00', 246, 246, 246, 246, 1, 123, 123, 123, 123, 123, '{246}', '{"2026-11-04 13:30:00+00"}', '{123}', NULL),
	(2, 1, '2026-11-04 14:15:00+00', '2026-11-04 14:15:00+00', 249, 249, 249, 249, 1, 124.5, 124.5, 124.5, 124.5, 124.5, '{249}', '{"2026-11-04 14:15:00+00"}', '{124.5}', NULL);
INSERT INTO unspool.sample_block_default VALUES
	(1, 1, '2001-09-09 01:46:40+00', '2001-09-09 01:46:40+00', 77, 77, 77, 77, 1, 38.5, 38.5, 38.5, 38.5, 38.5, '{77}', '{"2001-09-09 01:46:40+00"}', '{38.5}', NULL);
INSERT INTO unspool.series VALUES
	(1, 1, '', 1, NULL, NULL, NULL, NULL, NULL, 'receipt', 299, '2026-11-05 02:45:00+00', 149.5, NULL),
	(2, 2, '', 1, NULL, NULL, NULL, NULL, NULL, 'receipt', 300, '2026-11-05 01:00:00+00', 150, NULL);
INSERT INTO unspool.topic VALUES
	(1, 'line/1/press', 'device', '2026-11-02 00:15:00+00', '2026-11-05 02:45:00+00', 299, 200, 654, NULL),
	(2, 'line/2/oven', 'device', '2026-11-02 00:45:00+00', '2026-11-05 03:00:00+00', 300, 100, 328, NULL);
SELECT pg_catalog.setval('unspool.redecoding_id_seq', 1, false);
SELECT pg_catalog.setval('unspool.removal_id_seq', 1, false);
ALTER TABLE ONLY unspool._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY unspool.catalog
    ADD CONSTRAINT catalog_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY unspool.dead_letter
    ADD CONSTRAINT dead_letter_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY unspool.hot_slot
    ADD CONSTRAINT hot_slot_pkey PRIMARY KEY (slot);
ALTER TABLE ONLY unspool.mirror_cursor
    ADD CONSTRAINT mirror_cursor_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY unspool.missing
    ADD CONSTRAINT missing_pkey PRIMARY KEY (epoch, from_offset);
ALTER TABLE ONLY unspool.redecoding
    ADD CONSTRAINT redecoding_pkey PRIMARY KEY (id);
ALTER TABLE ONLY unspool.removal
    ADD CONSTRAINT removal_pkey PRIMARY KEY (id);
ALTER TABLE ONLY unspool.removed_topic
    ADD CONSTRAINT removed_topic_pkey PRIMARY KEY (id);
ALTER TABLE ONLY unspool.rule
    ADD CONSTRAINT rule_pkey PRIMARY KEY (filter);
ALTER TABLE ONLY unspool.series
    ADD CONSTRAINT series_pkey PRIMARY KEY (id);
ALTER TABLE ONLY unspool.topic
    ADD CONSTRAINT topic_name EXCLUDE USING hash (name WITH =);
ALTER TABLE ONLY unspool.topic
    ADD CONSTRAINT topic_pkey PRIMARY KEY (id);
CREATE INDEX dead_letter_codes ON unspool.dead_letter USING gin (codes);
CREATE INDEX dead_letter_topic_id_seq ON unspool.dead_letter USING btree (topic_id, seq);
CREATE INDEX dead_letter_whole ON unspool.dead_letter USING btree (seq) WHERE (topic_id IS NULL);
CREATE INDEX discovered_announcer ON unspool.discovered USING hash (announcer);
CREATE INDEX message_hot_seq ON ONLY unspool.message_hot USING brin (seq) WITH (pages_per_range='32');
CREATE INDEX message_hot_0_seq_idx ON unspool.message_hot_0 USING brin (seq) WITH (pages_per_range='32');
CREATE INDEX message_hot_1_seq_idx ON unspool.message_hot_1 USING brin (seq) WITH (pages_per_range='32');
CREATE INDEX message_hot_2_seq_idx ON unspool.message_hot_2 USING brin (seq) WITH (pages_per_range='32');
CREATE INDEX message_hot_3_seq_idx ON unspool.message_hot_3 USING brin (seq) WITH (pages_per_range='32');
CREATE INDEX message_sealed_seq ON ONLY unspool.message_sealed USING btree (seq);
CREATE INDEX message_sealed_20261102_seq_idx ON unspool.message_sealed_20261102 USING btree (seq);
CREATE INDEX message_sealed_topic_id_seq ON ONLY unspool.message_sealed USING btree (topic_id, seq);
CREATE INDEX message_sealed_20261102_topic_id_seq_idx ON unspool.message_sealed_20261102 USING btree (topic_id, seq);
CREATE INDEX message_sealed_20261103_seq_idx ON unspool.message_sealed_20261103 USING btree (seq);
CREATE INDEX message_sealed_20261103_topic_id_seq_idx ON unspool.message_sealed_20261103 USING btree (topic_id, seq);
CREATE INDEX message_sealed_20261104_seq_idx ON unspool.message_sealed_20261104 USING btree (seq);
CREATE INDEX message_sealed_20261104_topic_id_seq_idx ON unspool.message_sealed_20261104 USING btree (topic_id, seq);
CREATE INDEX removed_topic_removal_id ON unspool.removed_topic USING btree (removal_id, id);
CREATE INDEX sample_block_series_id_t_min ON ONLY unspool.sample_block USING btree (series_id, t_min);
CREATE INDEX sample_block_20261102_series_id_t_min_idx ON unspool.sample_block_20261102 USING btree (series_id, t_min);
CREATE INDEX sample_block_20261103_series_id_t_min_idx ON unspool.sample_block_20261103 USING btree (series_id, t_min);
CREATE INDEX sample_block_20261104_series_id_t_min_idx ON unspool.sample_block_20261104 USING btree (series_id, t_min);
CREATE INDEX sample_block_default_series_id_t_min_idx ON unspool.sample_block_default USING btree (series_id, t_min);
CREATE INDEX series_topic_id ON unspool.series USING btree (topic_id);
CREATE INDEX sparkplug_birth_node ON unspool.sparkplug_birth USING hash (node);
ALTER INDEX unspool.message_hot_seq ATTACH PARTITION unspool.message_hot_0_seq_idx;
ALTER INDEX unspool.message_hot_seq ATTACH PARTITION unspool.message_hot_1_seq_idx;
ALTER INDEX unspool.message_hot_seq ATTACH PARTITION unspool.message_hot_2_seq_idx;
ALTER INDEX unspool.message_hot_seq ATTACH PARTITION unspool.message_hot_3_seq_idx;
ALTER INDEX unspool.message_sealed_seq ATTACH PARTITION unspool.message_sealed_20261102_seq_idx;
ALTER INDEX unspool.message_sealed_topic_id_seq ATTACH PARTITION unspool.message_sealed_20261102_topic_id_seq_idx;
ALTER INDEX unspool.message_sealed_seq ATTACH PARTITION unspool.message_sealed_20261103_seq_idx;
ALTER INDEX unspool.message_sealed_topic_id_seq ATTACH PARTITION unspool.message_sealed_20261103_topic_id_seq_idx;
ALTER INDEX unspool.message_sealed_seq ATTACH PARTITION unspool.message_sealed_20261104_seq_idx;
ALTER INDEX unspool.message_sealed_topic_id_seq ATTACH PARTITION unspool.message_sealed_20261104_topic_id_seq_idx;
ALTER INDEX unspool.sample_block_series_id_t_min ATTACH PARTITION unspool.sample_block_20261102_series_id_t_min_idx;
ALTER INDEX unspool.sample_block_series_id_t_min ATTACH PARTITION unspool.sample_block_20261103_series_id_t_min_idx;
ALTER INDEX unspool.sample_block_series_id_t_min ATTACH PARTITION unspool.sample_block_20261104_series_id_t_min_idx;
ALTER INDEX unspool.sample_block_series_id_t_min ATTACH PARTITION unspool.sample_block_default_series_id_t_min_idx;
ALTER TABLE ONLY unspool.removed_topic
    ADD CONSTRAINT removed_topic_removal_id_fkey FOREIGN KEY (removal_id) REFERENCES unspool.removal(id);
ALTER TABLE ONLY unspool.series
    ADD CONSTRAINT series_topic_id_fkey FOREIGN KEY (topic_id) REFERENCES unspool.topic(id);
