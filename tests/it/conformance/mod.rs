//! Walks through the normative statements of MQTT 3.1.1 and 5.0 that concern a server.
//!
//! `statements.tsv` names every one of them, in our own words. Each file says above its tests which
//! of them each one proves; what no test proves stands in `untested.tsv` with the reason. Client
//! identifiers and topics are a test's own, so that the tests can also run against another broker:
//! `UNSPOOL_TEST_BROKER` names the address of its MQTT and, behind a comma, that of its WebSocket.

mod auth;
mod broker;
mod connect;
mod data;
mod flow;
mod keep_alive;
mod order;
mod properties;
mod publish;
mod qos;
mod refusals;
mod retained;
mod session;
mod shared;
mod sparkplug;
mod statements;
mod subscribe;
mod takeover;
mod topics;
mod unsubscribe;
mod websocket;
mod will;

use unspool::mqtt::codec::Version;

use broker::Broker;

/// The statements that a test proves, without `MQTT-`.
struct Case {
    v4: &'static [&'static str],
    v5: &'static [&'static str],
}

/// Lists a file's tests: `name: [statements of 3.1.1], [statements of 5.0];`.
macro_rules! cases {
    ($($test:ident: [$($v4:literal),*], [$($v5:literal),*];)+) => {
        pub(super) const CASES: &[super::Case] = &[$({
            let _: fn() = $test;
            super::Case { v4: &[$($v4),*], v5: &[$($v5),*] }
        },)+];
    };
}
use cases;

const BOTH: [Version; 2] = [Version::V4, Version::V5];

const CASES: &[&[Case]] = &[
    auth::CASES,
    connect::CASES,
    data::CASES,
    flow::CASES,
    keep_alive::CASES,
    order::CASES,
    properties::CASES,
    publish::CASES,
    qos::CASES,
    refusals::CASES,
    retained::CASES,
    session::CASES,
    shared::CASES,
    subscribe::CASES,
    takeover::CASES,
    topics::CASES,
    unsubscribe::CASES,
    websocket::CASES,
    will::CASES,
];
