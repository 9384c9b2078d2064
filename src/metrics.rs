//! Every metric name once. Counters are plain atomics: counting costs nothing worth measuring.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A gauge of what is no whole number.
type FloatGauge = Gauge<f64, AtomicU64>;

/// Declares the metrics: field, kind, name (Prometheus adds `_total` to counters), help.
macro_rules! metrics {
    ($($name:ident: $kind:ident, $text:literal, $help:literal;)+) => {
        /// The server's metrics; shared as an `Arc`.
        #[derive(Debug)]
        pub struct Metrics {
            registry: Registry,
            $(#[doc = $help] pub $name: $kind,)+
        }

        impl Default for Metrics {
            fn default() -> Self {
                let mut registry = Registry::default();
                $(let $name = $kind::default();
                registry.register($text, $help, $name.clone());)+
                Self { registry, $($name,)+ }
            }
        }
    };
}

metrics! {
    mqtt_connections: Gauge, "unspool_mqtt_connections", "MQTT clients that are connected";
    mqtt_sessions: Gauge, "unspool_mqtt_sessions", "MQTT sessions, connected or not";
    mqtt_subscriptions: Gauge, "unspool_mqtt_subscriptions", "Subscriptions of all sessions";
    mqtt_retained: Gauge, "unspool_mqtt_retained", "Topics with a retained message";
    mqtt_connects: Counter, "unspool_mqtt_connects", "CONNECT packets that were accepted";
    mqtt_refused: Counter, "unspool_mqtt_refused", "Connections and CONNECT packets that were refused";
    mqtt_denied: Counter, "unspool_mqtt_denied", "CONNECT, PUBLISH and SUBSCRIBE packets, and deliveries, refused because the client may not do that";
    tls_handshakes_failed: Counter, "unspool_tls_handshakes_failed", "TLS handshakes that failed or took too long";
    tls_certificate_expires: Gauge, "unspool_tls_certificate_expires_timestamp_seconds", "When the server's certificate expires, in seconds since 1970; 0 without TLS";
    tls_reloads: Counter, "unspool_tls_reloads", "Times that certificates, keys or revocation lists were read again because they had changed";
    tls_reloads_failed: Counter, "unspool_tls_reloads_failed", "Times that changed files of TLS could not be used: what was read before stays in force";
    tls_clients_cut: Counter, "unspool_tls_clients_cut", "Connections cut because their client certificates were revoked or are no longer trusted";
    mqtt_rate_held_back: Counter, "unspool_mqtt_rate_held_back", "Times a publisher was held back since its account publishes faster than it may";
    mqtt_rate_dropped: Counter, "unspool_mqtt_rate_dropped", "QoS 0 messages dropped at the entrance since their account publishes faster than it may";
    mqtt_protocol_errors: Counter, "unspool_mqtt_protocol_errors", "Connections closed because of a malformed packet or a protocol error";
    mqtt_memory_bytes: Gauge, "unspool_mqtt_memory_bytes", "Bytes of the memory that all MQTT clients together may make the server hold";
    mqtt_memory_refused: Counter, "unspool_mqtt_memory_refused", "Times an MQTT client got no memory for a packet, a Will, a subscription or a message that waits";
    mqtt_held_back: Counter, "unspool_mqtt_held_back", "Times a publisher was held back for a moment, since a subscriber got more at QoS 0 than it could take at once";
    mqtt_timeouts: Counter, "unspool_mqtt_timeouts", "Connections closed because the client was silent or did not read";
    mqtt_bytes_received: Counter, "unspool_mqtt_bytes_received", "Bytes read from MQTT clients";
    mqtt_bytes_sent: Counter, "unspool_mqtt_bytes_sent", "Bytes written to MQTT clients";
    auth_hashes: Counter, "unspool_auth_hashes", "Passwords that were hashed, to look at one or to set one";
    auth_failed: Counter, "unspool_auth_failed", "Sign-ins with a name, a password or a token that was wrong";
    auth_throttled: Counter, "unspool_auth_throttled", "Sign-ins put off because too many had failed from their address or for their account";
    auth_crowded: Counter, "unspool_auth_crowded", "Sign-ins put off because as many passwords were waiting to be looked at as may wait";
    messages_received: Counter, "unspool_messages_received", "Messages that clients published and the journal took";
    messages_received_bytes: Counter, "unspool_messages_received_bytes", "Payload bytes of the messages received";
    messages_acknowledged: Counter, "unspool_messages_acknowledged", "QoS 1 and 2 messages acknowledged to their publishers";
    messages_shed: Counter, "unspool_messages_shed", "QoS 0 messages dropped at the entrance because the journal was full";
    messages_sent: Counter, "unspool_messages_sent", "Messages sent to MQTT subscribers";
    messages_sent_bytes: Counter, "unspool_messages_sent_bytes", "Payload bytes of the messages sent to MQTT subscribers";
    messages_dropped: Counter, "unspool_messages_dropped", "Messages not delivered to a subscriber because its queue was full or they had expired";
    journal_bytes: Gauge, "unspool_journal_bytes", "Size of the journal on disk";
    journal_head: Gauge, "unspool_journal_head", "Offset that the next record will get";
    journal_durable: Gauge, "unspool_journal_durable", "Offset up to which records are durable";
    journal_syncs: Counter, "unspool_journal_syncs", "Times the journal was synced to disk";
    journal_full: Gauge, "unspool_journal_full", "1 while the journal takes no more records";
    mirror_cursor: Gauge, "unspool_mirror_cursor", "Offset up to which records are in the database";
    mirror_backlog: Gauge, "unspool_mirror_backlog_records", "Durable records that are not yet in the database";
    mirror_lag_ms: Gauge, "unspool_mirror_lag_milliseconds", "Age of the oldest durable message that is not yet in the database";
    mirror_up: Gauge, "unspool_mirror_up", "1 while the database takes what the mirror writes";
    messages_stored: Counter, "unspool_messages_stored", "Messages committed to the database since the server started";
    messages_dead_lettered: Counter, "unspool_messages_dead_lettered", "Messages with a dead letter committed to the database since the server started";
    messages_left_out: Counter, "unspool_messages_left_out", "Messages of which nothing is stored, since a rule says so, since the server started";
    messages_redecoded: Counter, "unspool_messages_redecoded", "Messages decoded again since the server started";
    samples_left_out: Counter, "unspool_samples_left_out", "Samples that are not stored, since a rule says so, since the server started";
    samples_stored: Counter, "unspool_samples_stored", "Samples committed to the database since the server started";
    messages_expired: Counter, "unspool_messages_expired", "Messages that are gone since they had been kept long enough, since the server started";
    samples_expired: Counter, "unspool_samples_expired", "Samples that are gone since they had been kept long enough, since the server started";
    message_bytes: FloatGauge, "unspool_sealed_message_bytes", "What one message takes on the database's disk once it is sealed, indexes included";
    sample_bytes: FloatGauge, "unspool_sealed_sample_bytes", "What one sample takes there, once the hour that it is in has been merged";
    storage_bytes: Gauge, "unspool_storage_bytes", "What history takes on the database's disk";
    storage_free_bytes: Gauge, "unspool_storage_free_bytes", "What is free on the disk of the embedded database; 0 for another one";
    storage_growth_bytes_per_day: Gauge, "unspool_storage_growth_bytes_per_day", "How much history grows in a day, as it did in the last seven";
    storage_lasts_days: Gauge, "unspool_storage_lasts_days", "For how many days the disk lasts at this rate; -1 where nothing will fill it, or it is not known";
    blocks_merged: Counter, "unspool_sample_blocks_merged", "Blocks of samples that are gone since they are one with others, since the server started";
    hours_unmerged: Gauge, "unspool_hours_unmerged", "Hours of samples whose blocks are still to be merged, those that are not over yet included";
    sealing_bytes_max: Gauge, "unspool_sealing_bytes_max", "The most bytes of samples that sealing has held in memory since the server started";
    ledger_received: Gauge, "unspool_ledger_received", "Messages that came in since the journal was created, and those shed since the server started";
    ledger_shed: Gauge, "unspool_ledger_shed", "Of these, shed because the journal was full";
    ledger_pending: Gauge, "unspool_ledger_pending", "Of these, on their way to the disk";
    ledger_acknowledged: Gauge, "unspool_ledger_acknowledged", "Of these, durable, and so acknowledged where their publishers asked for that";
    ledger_waiting: Gauge, "unspool_ledger_waiting", "Of the acknowledged, not yet in the database";
    ledger_stored: Gauge, "unspool_ledger_stored", "Of the acknowledged, in the database as they should be";
    ledger_dead_lettered: Gauge, "unspool_ledger_dead_lettered", "Of the acknowledged, in the database as dead letters";
    ledger_removed: Gauge, "unspool_ledger_removed", "Of the acknowledged, those whose topics somebody removed from the database";
    ledger_expired: Gauge, "unspool_ledger_expired", "Of the acknowledged, those that were in the database until they had been kept long enough";
    ledger_left_out: Gauge, "unspool_ledger_left_out", "Of the acknowledged, those of which a rule says that nothing is stored";
    ledger_missing: Gauge, "unspool_ledger_missing", "Of the acknowledged, those that the database will never get: it is empty or an older copy, and the journal no longer has them";
    ledger_balanced: Gauge, "unspool_ledger_balanced", "1 while every message received is accounted for";
    sparkplug_births_missed: Counter, "unspool_sparkplug_births_missed", "Times that an edge node of Sparkplug should have been born again: a gap in its sequence, an alias that no birth defines, or data before a birth";
    sparkplug_rebirths: Counter, "unspool_sparkplug_rebirths", "Commands to edge nodes of Sparkplug to be born again";
    sparkplug_certificates_refused: Counter, "unspool_sparkplug_certificates_refused", "Births of Sparkplug that are not kept for late subscribers, since no more messages can be retained";
    topics: Gauge, "unspool_topics", "Topics known";
    names_bytes: Gauge, "unspool_names_bytes", "Bytes that the names of all topics and the paths of their series come to";
    topics_max: Gauge, "unspool_topics_max", "Topics that are kept apart at most";
    topics_refused: Counter, "unspool_topics_refused", "Messages that are only dead letters, since no more topics are kept apart";
    discovered_refused: Counter, "unspool_discovered_refused", "Series that announcements of Home Assistant and Zigbee2MQTT describe and that stay without, since as many are described as may be";
    series: Gauge, "unspool_series", "Series known";
    live_connections: Gauge, "unspool_live_connections", "WebSocket and SSE clients";
    live_memory_bytes: Gauge, "unspool_live_memory_bytes", "What WebSocket and SSE clients have not taken yet";
    live_memory_refused: Counter, "unspool_live_memory_refused", "Live subscriptions that ended since there was no memory for more";
    live_messages_sent: Counter, "unspool_live_messages_sent", "Messages sent to WebSocket and SSE clients";
    http_connections: Gauge, "unspool_http_connections", "HTTP connections, those of WebSocket included";
    http_refused: Counter, "unspool_http_refused", "HTTP connections for which another, idle one had to be closed, or that were closed at once since none was idle";
    http_timeouts: Counter, "unspool_http_timeouts", "HTTP connections closed because the client was silent or did not read";
    http_requests: Counter, "unspool_http_requests", "HTTP requests answered";
    http_busy: Counter, "unspool_http_busy", "Questions over HTTP refused because as much was being asked as may be at a time";
    http_slow_readers: Counter, "unspool_http_slow_readers", "Answers over HTTP broken off because nobody took them";
}

impl Metrics {
    /// The metrics in the text format of OpenMetrics.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
