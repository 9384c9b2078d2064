//! Mode `tree`: the children of some places in the topic tree, as their counts change.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::frame::{Frame, begin, json};
use super::hub::Hub;
use super::outlet::{Gone, Outlet};
use crate::message::Sight;
use crate::store::TreeNode;
use crate::view::NodeView;

/// The most children of one place that are followed.
const CHILDREN_MAX: usize = 1000;
/// A frame ends with the node that takes it beyond this.
const FRAME_BYTES: usize = 128 * 1024;

/// Feeds one subscription: first all children, then those that have changed.
pub(super) async fn feed(
    hub: Arc<Hub>,
    sight: Sight,
    paths: Vec<String>,
    every: Duration,
    mut outlet: Outlet,
) {
    let mut told = HashMap::new();
    let mut turn = interval(every);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = turn.tick() => {}
            () = outlet.frames.closed() => return,
        }
        let began = Instant::now();
        for path in &paths {
            if changes((&hub, &sight), path, &mut told, &mut outlet)
                .await
                .is_err()
            {
                return;
            }
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
    outlet: &mut Outlet,
) -> Result<(), Gone> {
    let epoch = hub.journal.epoch();
    let children = hub.store.children(sight, path, None, CHILDREN_MAX);
    let mut changed = children
        .into_iter()
        .filter(|node| told.get(&node.path) != Some(&Told::new(node)))
        .collect::<Vec<_>>()
        .into_iter()
        .peekable();
    while changed.peek().is_some() {
        let permit = outlet.permit().await?;
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
        permit.send(Frame::new(format!("{text},\"nodes\":[{nodes}]}}")));
    }
    Ok(())
}
