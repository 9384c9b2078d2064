//! Walks through the normative statements of MQTT 3.1.1 and 5.0 that concern a server.
//!
//! `statements.tsv` names every one of them, in our own words. Each case below says which it
//! proves; what no case proves stands in `untested.tsv` with the reason. The cases run side by
//! side against one server, each with client identifiers and topics of its own.
//! `UNSPOOL_TEST_CASE` picks those whose name contains it, and `UNSPOOL_TEST_BROKER` names
//! another broker to try them on: the address of MQTT and, behind a comma, that of WebSocket.

mod auth;
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
mod statements;
mod subscribe;
mod takeover;
mod topics;
mod unsubscribe;
mod websocket;
mod will;

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use unspool::mqtt::codec::Version;

use crate::support::settings::Settings;

/// One case: what it proves, and how.
struct Case {
    name: &'static str,
    /// Statements of 3.1.1, without `MQTT-`.
    v4: &'static [&'static str],
    /// Statements of 5.0.
    v5: &'static [&'static str],
    run: fn(Broker) -> Pin<Box<dyn Future<Output = ()>>>,
}

/// What the cases are tried on.
#[derive(Debug, Clone, Copy)]
struct Broker {
    mqtt: SocketAddr,
    /// Where MQTT over WebSocket is, if known.
    http: Option<SocketAddr>,
}

/// Lists a file's cases: `name: [statements of 3.1.1], [statements of 5.0];`.
macro_rules! cases {
    ($($name:ident: [$($v4:literal),*], [$($v5:literal),*];)+) => {
        pub(super) const CASES: &[super::Case] = &[$(super::Case {
            name: concat!(module_path!(), "::", stringify!($name)),
            v4: &[$($v4),*],
            v5: &[$($v5),*],
            run: |broker| Box::pin($name(broker)),
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

/// How many cases run side by side.
const AT_ONCE: usize = 16;

/// How long one case may take.
const CASE_DEADLINE: Duration = Duration::from_secs(40);

#[tokio::test]
async fn every_statement_about_a_server_holds() {
    let other = std::env::var("UNSPOOL_TEST_BROKER").ok();
    let server = other.is_none().then(|| Settings::default().start());
    let broker = match (&server, other) {
        (Some(server), _) => Broker {
            mqtt: server.mqtt,
            http: Some(server.http),
        },
        (None, other) => {
            let mut addresses = other.iter().flat_map(|other| other.split(','));
            Broker {
                mqtt: addresses.next().unwrap().parse().unwrap(),
                http: addresses.next().map(|http| http.parse().unwrap()),
            }
        }
    };
    let picked = std::env::var("UNSPOOL_TEST_CASE").unwrap_or_default();
    let cases = CASES.iter().flat_map(|cases| cases.iter());
    let cases = cases.filter(|case| case.name.contains(&picked));
    let failed: Vec<String> = futures_util::stream::iter(cases)
        .map(|case| async move {
            let run = tokio::time::timeout(CASE_DEADLINE, (case.run)(broker));
            let why = match AssertUnwindSafe(run).catch_unwind().await {
                Ok(Ok(())) => return None,
                Ok(Err(_)) => format!("not done within {CASE_DEADLINE:?}"),
                Err(panic) => match panic.downcast::<String>() {
                    Ok(text) => *text,
                    Err(panic) => (*panic.downcast::<&str>().unwrap_or_default()).to_owned(),
                },
            };
            Some(format!(
                "{} (3.1.1 {:?}, 5.0 {:?}): {why}\n",
                case.name, case.v4, case.v5
            ))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(|failed| async { failed })
        .collect()
        .await;
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.concat()
    );
}
