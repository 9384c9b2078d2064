use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::message::{Message, Qos, Topic};
use crate::mqtt::ids::GroupId;
use crate::mqtt::memory::Memory;
use crate::mqtt::memory::tests::plenty;

fn entry(offset: u64, seed: u64) -> Queued {
    Queued {
        offset: Offset(offset),
        message: None,
        ids: match seed % 3 {
            0 => None,
            n => Some(Arc::new(vec![7, u32::try_from(n).unwrap()])),
        },
        via: match seed % 5 {
            0 => Via::Share(GroupId(16 + seed)),
            _ => Via::Subscription,
        },
        qos: if seed.is_multiple_of(2) {
            Qos::AtLeastOnce
        } else {
            Qos::ExactlyOnce
        },
        retain: seed.is_multiple_of(7),
        saved: false,
    }
}

fn same(one: &Queued, other: &Queued) -> bool {
    one.name() == other.name()
        && one.ids == other.ids
        && (one.qos, one.retain) == (other.qos, other.retain)
}

#[derive(Debug, Clone)]
enum Action {
    Push(u64, u64),
    PushLate(u64, u64),
    PassOn,
    Remove(usize),
    Pause,
    Resume,
    Save(u64),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        20 => (1..1000_u64, any::<u64>()).prop_map(|(d, s)| Action::Push(d, s >> 8)),
        1 => (1..5000_u64, any::<u64>()).prop_map(|(d, s)| Action::PushLate(d, s >> 8)),
        4 => Just(Action::PassOn),
        1 => any::<usize>().prop_map(Action::Remove),
        1 => Just(Action::Pause),
        1 => Just(Action::Resume),
        2 => (0..3000_u64).prop_map(Action::Save),
    ]
}

proptest! {
    #[test]
    fn a_backlog_gives_back_what_a_plain_list_does(
        actions in prop::collection::vec(action(), 1..1500)
    ) {
        let mut backlog = Backlog::new(OwnerId(16), &plenty());
        let mut model: Vec<Queued> = Vec::new();
        let mut last = 10_000;
        let push = |model: &mut Vec<Queued>, entry: Queued| {
            let at = model.partition_point(|other| other.offset <= entry.offset);
            model.insert(at, entry);
        };
        for action in actions {
            match action {
                Action::Push(by, seed) => {
                    last += by;
                    backlog.push(entry(last, seed));
                    push(&mut model, entry(last, seed));
                }
                Action::PushLate(by, seed) => {
                    backlog.push(entry(last - by.min(last), seed));
                    push(&mut model, entry(last - by.min(last), seed));
                }
                Action::PassOn if model.is_empty() => {
                    prop_assert!(backlog.pass_on().is_none());
                }
                Action::PassOn => {
                    let (one, other) = (backlog.pass_on().unwrap(), model.remove(0));
                    prop_assert!(same(&one, &other), "{one:?} {other:?}");
                    prop_assert_eq!(one.saved, other.saved);
                }
                Action::Remove(_) if model.is_empty() => {}
                Action::Remove(at) => {
                    let other = model.remove(at % model.len());
                    let first = model.iter().position(|it| it.name() == other.name());
                    prop_assume!(first.is_none());
                    let one = backlog.remove(other.name()).unwrap();
                    prop_assert!(same(&one, &other));
                }
                Action::Pause => backlog.pause(),
                Action::Resume => backlog.resume(),
                Action::Save(before) => {
                    let until = Offset(last.saturating_sub(before));
                    let mut rows = SavedRows::default();
                    backlog.save(until, &mut rows);
                    let mut saved: Vec<_> = rows.put.iter().map(Queued::name).collect();
                    let unsaved = model.iter_mut().filter(|it| !it.saved && it.offset < until);
                    let mut wanted: Vec<_> = unsaved.map(|it| {
                        it.saved = true;
                        it.name()
                    }).collect();
                    saved.sort_by_key(|name| (name.offset, name.via));
                    wanted.sort_by_key(|name| (name.offset, name.via));
                    prop_assert_eq!(saved, wanted);
                }
            }
            prop_assert_eq!(backlog.len(), model.len());
            prop_assert_eq!(
                backlog.front().map(|it| it.offset),
                model.first().map(|it| it.offset)
            );
        }
        let all = backlog.remove_all(|_| true);
        prop_assert!(all.len() == model.len());
        prop_assert!(all.iter().zip(&model).all(|(one, other)| same(one, other)));
    }
}

#[test]
fn fifty_thousand_messages_of_a_client_that_is_away_take_a_few_bytes_each() {
    let memory = plenty();
    let mut backlog = Backlog::new(OwnerId(16), &memory);
    for offset in 0..50_000 {
        let message = Message::new(Topic::new("t").unwrap(), vec![0; 100]);
        let mut entry = Queued {
            message: Some(Arc::new(message).into()),
            ids: None,
            via: Via::Subscription,
            ..entry(1_000_000 + offset * 200, 1)
        };
        entry.unload();
        backlog.push(entry);
    }
    assert_eq!(backlog.len(), 50_000);
    let bytes = backlog.packed.bytes();
    assert!(bytes < 4 * 50_000, "{bytes}");
    assert!((bytes..bytes + 2 * CHUNK_BYTES).contains(&backlog.memory.bytes()));
}

#[test]
fn without_memory_for_more_the_oldest_go_and_are_counted() {
    let all = Arc::new(Memory::new(8 << 10, 4 << 10, Arc::default()));
    let mut backlog = Backlog::new(OwnerId(16), &all.client());
    let mut dropped = 0;
    for offset in 0..50_000 {
        dropped += backlog.push(entry(offset, 1));
    }
    assert!(dropped > 10_000, "{dropped}");
    assert_eq!(backlog.len() as u64, 50_000 - dropped);
    assert_eq!(backlog.front().unwrap().offset, Offset(dropped));
}
