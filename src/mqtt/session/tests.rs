use std::sync::Arc;

use bytes::Bytes;

use crate::message::{ClientId, Message, Offset, Properties, Qos, Timestamp, Topic};
use crate::mqtt::codec::PacketId;
use crate::mqtt::queued::Via;

use super::*;
use crate::mqtt::memory::tests::plenty;

const WIDE: Bounds = Bounds {
    messages: 1000,
    bytes: 1 << 20,
};

fn message(offset: u64, expiry_s: Option<u32>) -> Arc<Message> {
    Arc::new(Message {
        offset: Offset(offset),
        client: ClientId("p".into()),
        qos: Qos::ExactlyOnce,
        properties: expiry_s.map(|expiry_s| {
            Box::new(Properties {
                message_expiry_s: Some(expiry_s),
                ..Properties::default()
            })
        }),
        ..Message::new(Topic::new("t").unwrap(), Bytes::from_static(&[0; 100]))
    })
}

fn entry(offset: u64, qos: u8) -> Queued {
    Queued {
        offset: Offset(offset),
        message: Some(message(offset, None).into()),
        ids: None,
        via: Via::Subscription,
        qos: Qos::from_u8(qos).unwrap(),
        retain: false,
        saved: false,
    }
}

/// A session that is kept and connected.
fn session(window: u16) -> Session {
    let session = Session::new(
        SessionId(16),
        ClientId("c".into()),
        "press".into(),
        60,
        plenty(),
    );
    connect(&session, window);
    session
}

fn connect(session: &Session, window: u16) {
    session.claim(1);
    let mut state = session.state();
    let since = Timestamp(0);
    session.attach(&mut state, Link { window, since }, 60);
}

fn push(session: &Session, entries: impl IntoIterator<Item = Queued>) -> u64 {
    push_within(session, entries, WIDE)
}

fn push_within(
    session: &Session,
    entries: impl IntoIterator<Item = Queued>,
    bounds: Bounds,
) -> u64 {
    let entries: Vec<_> = entries.into_iter().zip(0..).collect();
    let mut memory = BatchMemory::new(entries.len());
    let none = std::iter::empty();
    session
        .push_all(entries.into_iter(), none, bounds, &mut memory)
        .0
}

/// What is sent now: the offset, the packet identifier, and whether it is a duplicate.
fn take(session: &Session) -> (Vec<(u64, u16, bool)>, TakeOutcome) {
    let mut out = Vec::new();
    let mut state = session.state();
    let mut budget = Budget {
        bytes: 1 << 20,
        window: state.link.unwrap().window,
        now: Timestamp(10_000_000),
        now_s: 0,
    };
    let taken = state.take(&mut out, &mut budget, None, &session.client, &|_| true);
    let sent = out
        .into_iter()
        .map(|it| match it {
            Outgoing::Publish(it) => (it.message.offset.0, it.id.map_or(0, PacketId::get), it.dup),
            Outgoing::Pubrel(id) => (0, id.get(), false),
        })
        .collect();
    (sent, taken)
}

fn id(id: u16) -> PacketId {
    PacketId::new(id).unwrap()
}

#[test]
fn messages_are_sent_in_order_as_far_as_the_window_allows() {
    let session = session(2);
    push(
        &session,
        [
            entry(1, 1),
            entry(2, 0),
            entry(3, 2),
            entry(4, 1),
            entry(5, 0),
        ],
    );
    let (sent, _) = take(&session);
    assert_eq!(
        sent,
        [(1, 1, false), (2, 0, false), (3, 2, false), (5, 0, false)]
    );
    assert!(session.state().puback(id(1)).is_some());
    assert_eq!(take(&session).0, [(4, 3, false)]);
}

#[test]
fn a_publisher_that_was_overtaken_is_put_in_its_place() {
    let session = session(10);
    push(
        &session,
        [entry(2, 1), entry(4, 1), entry(1, 1), entry(3, 1)],
    );
    let offsets: Vec<_> = take(&session).0.into_iter().map(|it| it.0).collect();
    assert_eq!(offsets, [1, 2, 3, 4]);
}

#[test]
fn packet_identifiers_that_are_taken_are_left_out() {
    let session = session(u16::MAX);
    push(&session, (1..=3).map(|offset| entry(offset, 1)));
    take(&session);
    session.state().puback(id(1)).unwrap();
    for lap in 0..70_u64 {
        push(&session, (0..1000).map(|at| entry(10 + lap * 1000 + at, 1)));
        for (_, taken, _) in take(&session).0 {
            assert!(![0, 2, 3].contains(&taken));
            session.state().puback(id(taken)).unwrap();
        }
    }
}

#[test]
fn each_acknowledgement_does_what_it_must_in_each_state() {
    #[derive(Debug, PartialEq)]
    enum Does {
        Release,
        Again,
        Refused,
        Unknown,
        Settled,
        Nothing,
    }
    use Does::*;
    // Steps: (what the client sends, what it comes to).
    type Steps = &'static [(&'static str, Does)];
    let cases: &[(u8, Steps)] = &[
        (1, &[("puback", Settled), ("puback", Nothing)]),
        (
            1,
            &[
                ("pubrec", Unknown),
                ("pubcomp", Nothing),
                ("puback", Settled),
            ],
        ),
        (
            2,
            &[
                ("puback", Nothing),
                ("pubcomp", Nothing),
                ("pubrec", Release),
            ],
        ),
        (
            2,
            &[
                ("pubrec", Release),
                ("pubrec", Again),
                ("pubcomp", Settled),
                ("pubcomp", Nothing),
            ],
        ),
        (
            2,
            &[
                ("pubrec", Release),
                ("pubcomp", Settled),
                ("pubrec", Unknown),
            ],
        ),
        (
            2,
            &[
                ("refuse", Refused),
                ("pubcomp", Nothing),
                ("pubrec", Unknown),
            ],
        ),
    ];
    for (qos, steps) in cases {
        let session = session(10);
        push(&session, [entry(1, *qos)]);
        take(&session);
        for (step, wanted) in *steps {
            let mut state = session.state();
            let settled = |it: Option<super::Settled>| it.map_or(Nothing, |_| Settled);
            let received = |it| match it {
                PubrecOutcome::Pubrel(_) => Release,
                PubrecOutcome::PubrelAgain => Again,
                PubrecOutcome::Refused(_) => Refused,
                PubrecOutcome::Unknown => Unknown,
            };
            let does = match *step {
                "puback" => settled(state.puback(id(1)).map(|it| it.settled)),
                "pubcomp" => settled(state.pubcomp(id(1))),
                "pubrec" => received(state.pubrec(id(1), false)),
                _ => received(state.pubrec(id(1), true)),
            };
            assert_eq!(does, *wanted, "QoS {qos}: {step} of {steps:?}");
        }
    }
}

#[test]
fn what_was_in_flight_is_sent_again_first_and_in_order() {
    let session = session(10);
    push(
        &session,
        [entry(1, 1), entry(2, 2), entry(3, 2), entry(4, 1)],
    );
    take(&session);
    session.state().pubrec(id(2), false);
    session.detach(&mut session.state(), Timestamp(0));
    push(&session, [entry(5, 1), entry(6, 0)]);
    connect(&session, 10);
    // The messages are no longer in memory.
    let (sent, taken) = take(&session);
    assert!(sent.is_empty() && taken.load);
    let wanted = session.state().outbound.wanted(100);
    assert_eq!(wanted, [Offset(1), Offset(3), Offset(4), Offset(5)]);
    let found: Vec<_> = wanted
        .iter()
        .map(|offset| message(offset.0, None).into())
        .collect();
    let lost = session.state().outbound.fill(&wanted, &found, Offset(6));
    assert_eq!(lost, 0);
    let (sent, _) = take(&session);
    let expected = [
        (1, 1, true),
        (0, 2, false),
        (3, 3, true),
        (4, 4, true),
        (5, 5, false),
    ];
    assert_eq!(sent, expected);
}

#[test]
fn what_the_journal_no_longer_has_is_given_up() {
    let session = session(10);
    push(&session, [entry(1, 1), entry(2, 2), entry(3, 1)]);
    take(&session);
    session.detach(&mut session.state(), Timestamp(0));
    push(&session, [entry(4, 1), entry(5, 1)]);
    connect(&session, 10);
    let wanted = session.state().outbound.wanted(100);
    let lost = session
        .state()
        .outbound
        .fill(&wanted, &[message(5, None).into()], Offset(6));
    assert_eq!(lost, 4);
    // The identifier that the client may have kept is released.
    assert_eq!(take(&session).0, [(0, 2, false), (5, 4, false)]);
}

#[test]
fn beyond_its_bounds_the_queue_drops_and_counts() {
    let narrow = Bounds {
        messages: 3,
        bytes: 600,
    };
    let session = session(10);
    // Two messages fit into memory; the third QoS 0 one is dropped, and QoS 1 stays by its offset.
    let entries = [
        entry(1, 0),
        entry(2, 1),
        entry(3, 0),
        entry(4, 0),
        entry(5, 1),
    ];
    assert_eq!(push_within(&session, entries, narrow), 2);
    let (sent, taken) = take(&session);
    assert_eq!(sent, [(1, 0, false), (2, 1, false)]);
    assert!(taken.load);
    // Of the messages that wait, the oldest goes.
    let more = (6..=9).map(|offset| entry(offset, 1));
    assert_eq!(push_within(&session, more, narrow), 2);
    assert_eq!(
        session.state().outbound.wanted(100).first(),
        Some(&Offset(7))
    );
}

#[test]
fn expired_messages_are_not_sent() {
    let session = session(10);
    let expiring = |offset, expiry_s| Queued {
        message: Some(message(offset, Some(expiry_s)).into()),
        ..entry(offset, 1)
    };
    push(&session, [expiring(1, 5), expiring(2, 15), expiring(3, 10)]);
    let (sent, taken) = take(&session);
    // The first one has taken the first identifier with it.
    assert_eq!(sent, [(2, 2, false)]);
    assert_eq!(taken.expired, 2);
}

#[test]
fn only_what_waits_for_long_is_saved() {
    let session = session(2);
    push(&session, (1..=4).map(|offset| entry(offset, 1)));
    take(&session);
    let rows = |saved: &save::SavedSession| {
        let mut rows: Vec<_> = saved.rows.put.iter().map(|entry| entry.offset.0).collect();
        rows.sort_unstable();
        rows
    };
    let saved = session.save(Offset(1)).unwrap();
    assert!(rows(&saved).is_empty() && saved.rows.removed.is_empty());
    session.state().puback(id(1)).unwrap();
    let saved = session.save(Offset(4)).unwrap();
    assert_eq!(rows(&saved), [2, 3]);
    assert!(saved.rows.removed.is_empty());
    session.state().puback(id(2)).unwrap();
    let saved = session.save(Offset(5)).unwrap();
    assert_eq!(rows(&saved), [4]);
    assert_eq!(saved.rows.removed.len(), 1);
    assert_eq!(saved.rows.removed[0].offset, Offset(2));
}
