//! What a permission costs on the way of a message: 1,000 accounts, each with 10 filters.
//!
//!     cargo bench --bench permissions
//!
//! A message that comes in or goes out costs the broker 2 to 14 µs of processor time
//! (`cargo bench --bench broker`). A publisher's last topics are remembered by its connection, and
//! routes remember who may read: what is measured here is paid once for each of them, until
//! something changes. What that comes to, all in all, measures
//! `cargo bench --bench broker -- permissions`.
//!
//!     cargo bench --bench permissions -- changes
//!
//! measures how long a change of accounts takes with 20,000 (`CLIENTS`) clients connected, and how
//! long others have to wait for it who come in or publish meanwhile.

#![allow(clippy::unwrap_used)] // a benchmark, like a test, ends at the first surprise

mod changes;

use divan::{Bencher, black_box};
use unspool::auth::{
    Action, Actor, Auth, Credentials, NewAccount, PermissionFilters, Principal, Role, Visitor,
};
use unspool::message::{Topic, TopicFilter};

const ACCOUNTS: usize = 1000;
const FILTERS: usize = 10;

fn main() {
    if std::env::args().any(|word| word == "changes") {
        return changes::measure();
    }
    divan::main();
}

/// Nine filters of other places than the last one, which names the account's own topics.
fn filters(number: usize) -> Vec<TopicFilter> {
    let others = (1..FILTERS).map(|line| format!("acme/plant7/line{line}/+/press/{number}/#"));
    let all = others.chain(["acme/plant7/%c/#".to_owned()]);
    all.map(|filter| TopicFilter::new(filter).unwrap())
        .collect()
}

/// Everybody has come in, each as a client of its own.
struct Plant {
    auth: Auth,
    principals: Vec<Principal>,
    /// Each one's own topic, by the last of its filters.
    own: Vec<Topic>,
    /// One that nobody may publish to.
    other: Topic,
}

fn plant(role: Role) -> Plant {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let auth = Auth::default();
        let mut plant = Plant {
            auth: auth.clone(),
            principals: Vec::new(),
            own: Vec::new(),
            other: Topic::new("acme/plant7/line2/other/temperature").unwrap(),
        };
        for number in 0..ACCOUNTS {
            let name = format!("press-{number}");
            let filters = filters(number);
            let mut account = NewAccount::new(&*name, role);
            if role == Role::Device {
                account.permissions = PermissionFilters {
                    read: Some(filters.clone()),
                    write: Some(filters),
                    ..PermissionFilters::default()
                };
            }
            let by = Actor::rest("bench", None);
            auth.add_account(&by, account).await.unwrap();
            let visitor = Visitor {
                shown: Credentials::Certificate(name.as_str().into()),
                client: Some(name.as_str().into()),
                from: None,
            };
            plant.principals.push(auth.sign_in(&visitor).await.unwrap());
            let topic = format!("acme/plant7/{name}/temperature");
            plant.own.push(Topic::new(topic).unwrap());
        }
        plant
    })
}

fn ask(bencher: Bencher<'_, '_>, role: Role, own: bool) {
    let plant = plant(role);
    let mut turn = 0;
    bencher.bench_local(|| {
        turn = (turn + 1) % ACCOUNTS;
        let topic = if own { &plant.own[turn] } else { &plant.other };
        plant.auth.may(
            black_box(&plant.principals[turn]),
            Action::Write,
            black_box(topic),
        )
    });
}

/// An operator, who has no filters: what it costs at least.
#[divan::bench]
fn without_filters(bencher: Bencher<'_, '_>) {
    ask(bencher, Role::Operator, true);
}

/// A device, whose last filter names the topic.
#[divan::bench]
fn by_the_last_filter(bencher: Bencher<'_, '_>) {
    ask(bencher, Role::Device, true);
}

/// A device on a topic that none of its filters names.
#[divan::bench]
fn refused(bencher: Bencher<'_, '_>) {
    ask(bencher, Role::Device, false);
}
