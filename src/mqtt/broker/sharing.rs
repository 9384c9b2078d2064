//! Share groups: how what one member can't deal with comes to the others.

use std::sync::Arc;

use crate::message::{Offset, Topic};
use crate::mqtt::ids::GroupId;
use crate::mqtt::queued::Via;
use crate::mqtt::session::Session;
use crate::mqtt::share_group::ShareGroup;

use super::Broker;

impl Broker {
    /// Takes from a session what its client may not read. What came to it by a share group goes to
    /// the other members.
    pub(crate) fn withhold(&self, session: &Session, offsets: &[Offset]) {
        let _moving = self.moves.read();
        let withheld = session.state().outbound.withhold(offsets);
        let may_read = |member: &Session, topic: &Topic| self.member_may_read(member, topic);
        let mut dropped = 0;
        for entry in withheld {
            if let Via::Share(id) = entry.via
                && let Some(group) = self.subscriptions.group(id)
            {
                dropped += group.redispatch(vec![entry], session.id, may_read, self.bounds);
            }
        }
        self.metrics.messages_dropped.inc_by(dropped);
    }

    /// Whether a member gets what is published to `topic`.
    pub(super) fn member_may_read(&self, member: &Session, topic: &Topic) -> bool {
        self.subscriptions.may_read(member, topic) == Some(true)
    }

    /// Gives what a member of a group has not acknowledged to the others, or lets it wait for
    /// them. The caller holds the lock `moves`.
    pub(super) fn give_to_others(&self, session: &Session, group: &Arc<ShareGroup>) {
        let back = session.give_back(group.id);
        let may_read = |member: &Session, topic: &Topic| self.member_may_read(member, topic);
        let dropped = group.redispatch(back, session.id, may_read, self.bounds);
        self.metrics.messages_dropped.inc_by(dropped);
    }

    /// Lets a member that may have room fetch what waits with its groups; whether it got anything.
    pub(crate) fn fetch_shared(&self, session: &Session, groups: &[Arc<ShareGroup>]) -> bool {
        let mut has_more = false;
        for group in groups {
            let _moving = self.moves.read();
            has_more |= group.fetch(session, self.bounds);
        }
        has_more
    }

    /// A member has acknowledged a message so late that its group may have it again.
    pub(crate) fn acknowledged_late(&self, group: GroupId, offset: Offset) {
        if let Some(group) = self.subscriptions.group(group) {
            let _moving = self.moves.read();
            group.remove(offset);
        }
    }

    /// A member of the group is there. If it is the only one, it gets what the others went away
    /// with: they may never come back.
    pub(super) fn inherit(&self, group: &Arc<ShareGroup>) {
        let members = group.sessions();
        let (connected, away): (Vec<_>, Vec<_>) = members
            .iter()
            .partition(|member| member.state().link.is_some());
        if connected.len() != 1 {
            return;
        }
        let _moving = self.moves.read();
        for member in away {
            self.give_to_others(member, group);
        }
    }

    /// Gives what connected but silent members do not acknowledge to others that can send it at
    /// once; as long as there are none, it stays where it is.
    pub(super) fn hurry_shares(&self) {
        let Some(before_s) = self.now_s().checked_sub(self.config.share_silence_s) else {
            return;
        };
        for group in self.subscriptions.groups() {
            let members = group.sessions();
            if members.len() < 2 {
                continue;
            }
            for member in members {
                let _moving = self.moves.read();
                let silent = member.unacknowledged(group.id, before_s);
                if silent.is_empty() {
                    continue;
                }
                let may_read = |other: &Session, topic: &Topic| self.member_may_read(other, topic);
                let (given, dropped) = group.pass_on(silent, member.id, may_read, self.bounds);
                self.metrics.messages_dropped.inc_by(dropped);
                member.given_away(&given);
                if given.is_empty() {
                    continue;
                }
                tracing::debug!(
                    client = ?member.client.0, messages = given.len(),
                    "a member of a shared subscription is silent: others get its messages"
                );
            }
        }
    }
}
