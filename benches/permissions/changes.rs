//! How long a change of accounts takes with many clients connected, and what others notice of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use unspool::auth::{
    Account, AccountChange, Action, Actor, Auth, Credentials, PermissionFilters, Principal, Role,
    Visitor,
};
use unspool::message::Topic;

use super::filters;

/// How often an account is changed.
const CHANGES: usize = 20;
/// How long it is watched before.
const CALM: Duration = Duration::from_millis(500);

/// The longest that somebody had to wait who came in, and who asked whether they may publish.
#[derive(Clone, Copy, Default)]
struct Longest {
    sign_in: Duration,
    may: Duration,
}

/// Prints a row for clients of one account each, and for clients that all have the same.
pub(super) fn measure() {
    let clients = std::env::var("CLIENTS").ok();
    let clients = clients.and_then(|text| text.parse().ok()).unwrap_or(20_000);
    println!(
        "With {clients} clients, the medians of {CHANGES} changes: how long one takes, and the \
         longest wait of somebody\nwho comes in (or asks whether they may publish), before and \
         meanwhile.\n"
    );
    println!("| accounts | change, ms | before, µs | meanwhile, µs |\n|---:|---:|---:|---:|");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for accounts in [clients, 1] {
        runtime.block_on(measure_with(accounts, clients));
    }
}

async fn measure_with(accounts: usize, clients: usize) {
    let auth = Auth::default();
    let by = Actor::rest("bench", None);
    let all = (0..accounts).map(|number| {
        let mut account = Account::new(&name(number), Role::Device);
        account.permissions = permissions(number);
        account
    });
    auth.import_accounts(&by, all.collect()).await.unwrap();
    let mut connected = Vec::new();
    for client in 0..clients {
        let visitor = visitor(client % accounts, client);
        connected.push(auth.sign_in(&visitor).await.unwrap());
    }
    let watched = &(
        visitor(accounts - 1, clients - 1),
        connected[clients - 1].clone(),
    );
    let ((), before) = watch(&auth, watched, tokio::time::sleep(CALM)).await;
    let (mut took, mut waits) = (Vec::new(), Vec::new());
    for round in 0..CHANGES {
        let mut permissions = permissions(0);
        let write = permissions.write.as_mut().unwrap();
        write.truncate(write.len() - round % 2);
        let change = AccountChange {
            permissions: Some(permissions),
            ..AccountChange::default()
        };
        let change = async {
            let began = Instant::now();
            auth.change_account(&by, &name(0), change).await.unwrap();
            took.push(began.elapsed());
        };
        waits.push(watch(&auth, watched, change).await.1);
    }
    let median = |mut all: Vec<Duration>| {
        all.sort();
        all[all.len() / 2]
    };
    let meanwhile = Longest {
        sign_in: median(waits.iter().map(|wait| wait.sign_in).collect()),
        may: median(waits.iter().map(|wait| wait.may).collect()),
    };
    let told = |wait: Longest| format!("{} ({})", wait.sign_in.as_micros(), wait.may.as_micros());
    println!(
        "| {accounts} | {:.1} | {} | {} |",
        median(took).as_secs_f64() * 1e3,
        told(before),
        told(meanwhile)
    );
}

fn name(number: usize) -> String {
    format!("press-{number}")
}

fn permissions(number: usize) -> PermissionFilters {
    let filters = filters(number);
    PermissionFilters {
        read: Some(filters.clone()),
        write: Some(filters),
        ..PermissionFilters::default()
    }
}

fn visitor(account: usize, client: usize) -> Visitor {
    Visitor {
        shown: Credentials::Certificate(name(account).into()),
        client: Some(format!("client-{client}").into()),
        from: None,
    }
}

/// What somebody notices who comes in again and again, and asks, while `work` is done.
async fn watch<T>(
    auth: &Auth,
    who: &(Visitor, Principal),
    work: impl Future<Output = T>,
) -> (T, Longest) {
    let stop = Arc::new(AtomicBool::new(false));
    let (auth, is_over) = (auth.clone(), Arc::clone(&stop));
    let (visitor, principal) = who.clone();
    let watcher = std::thread::spawn(move || {
        let topic = Topic::new("acme/plant7/line2/other/temperature").unwrap();
        let mut longest = Longest::default();
        while !is_over.load(Ordering::Relaxed) {
            let began = Instant::now();
            auth.sign_in(&visitor).now_or_never().unwrap().unwrap();
            let between = Instant::now();
            auth.may(&principal, Action::Write, &topic);
            longest.sign_in = longest.sign_in.max(between - began);
            longest.may = longest.may.max(between.elapsed());
        }
        longest
    });
    let done = work.await;
    stop.store(true, Ordering::Relaxed);
    (done, watcher.join().unwrap())
}
