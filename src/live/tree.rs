//! Mode `tree`: the children of some places in the topic tree, as their counts change.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::error::Refusal;
use super::frame::{Frame, begin, json};
use super::hub::Hub;
use super::limits::FRAME_BYTES;
use super::outlet::{Outlet, Unsent};
use crate::message::Sight;
use crate::store::TreeNode;
use crate::view::NodeView;

/// The most children of one place that are followed.
const CHILDREN_MAX: usize = 1000;
/// What is kept of a node that a client was told of, besides its path.
const TOLD_BYTES: usize = 96;

/// Feeds one subscription: first all children, then those that have changed.
pub(super) async fn feed(
    hub: Arc<Hub>,
    sight: Sight,
    paths: Vec<String>,
    every: Duration,
    outlet: Outlet,
) -> Result<(), Refusal> {
    let mut told = HashMap::new();
    let mut held = outlet.memory.held();
    let mut turn = interval(every);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = turn.tick() => {}
            () = outlet.frames.closed() => return Ok(()),
        }
        let began = Instant::now();
        for path in &paths {
            if let Err(unsent) = changes((&hub, &sight), path, &mut told, &outlet).await {
                return unsent.told();
            }
            held.hold(told.keys().map(|path| TOLD_BYTES + path.len()).sum())?;
        }
        // Where only parts may be read, they are counted topic by topic: that may take a tenth of
        // the time.
        turn.reset_after(every.max(began.elapsed() * 9));
    }
}

/// What a change shows in.
#[derive(Debug, PartialEq)]
struct Told {
    children: u64,
    topics: u64,
    messages: u64,
    rate: f64,
}

impl Told {
    fn new(node: &TreeNode) -> Self {
        Self {
            children: node.children,
            topics: node.topics,
            messages: node.messages,
            rate: (node.rate * 100.0).round(),
        }
    }
}

/// Sends the children of `path` that are not as they were `told`.
async fn changes(
    (hub, sight): (&Hub, &Sight),
    path: &str,
    told: &mut HashMap<String, Told>,
    outlet: &Outlet,
) -> Result<(), Unsent> {
    let epoch = hub.journal.epoch();
    let children = hub.store.children(sight, path, None, CHILDREN_MAX);
    let mut changed = children
        .into_iter()
        .filter(|node| told.get(&node.path) != Some(&Told::new(node)))
        .collect::<Vec<_>>()
        .into_iter()
        .peekable();
    while changed.peek().is_some() {
        let place = outlet.place().await?;
        let mut nodes = String::new();
        for node in changed.by_ref() {
            if !nodes.is_empty() {
                nodes.push(',');
            }
            told.insert(node.path.clone(), Told::new(&node));
            nodes += &json(&NodeView::new(epoch, node));
            if nodes.len() > FRAME_BYTES {
                break;
            }
        }
        let text = begin("tree", outlet.id);
        place.send(Frame::new(format!("{text},\"nodes\":[{nodes}]}}")));
    }
    Ok(())
}
