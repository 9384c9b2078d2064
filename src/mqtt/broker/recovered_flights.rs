//! What was in flight to a client when the server went down.

use crate::message::Qos;
use crate::mqtt::queued::{Queued, Settled, Via};
use crate::mqtt::session::{Session, SessionState};
use crate::mqtt::state::{InFlightRow, Stage};

/// What was in flight and has no row: PUBREC was received, or it is to come from the journal.
pub(super) fn restore_in_flight(session: &Session, row: InFlightRow) {
    let mut state = session.state();
    if row.stage == Stage::PubrecReceived {
        let entry = pubrec_received(&row);
        state.outbound.restore_in_flight(&row, entry);
    } else {
        state.pending.push(row);
    }
}

/// What is left of a message whose PUBREC was received.
fn pubrec_received(row: &InFlightRow) -> Queued {
    Queued {
        offset: row.offset,
        message: None,
        ids: None,
        via: Via::Subscription,
        qos: row.qos,
        retain: false,
        saved: true,
    }
}

/// A retained message that was in flight, and has been replaced since: the newer one has taken
/// its way to the session, and at QoS 2 the packet identifier is given back properly.
pub(super) fn drop_lost(state: &mut SessionState, row: InFlightRow) {
    state.outbound.remove_row(name_of(&row));
    if row.qos == Qos::ExactlyOnce {
        let row = InFlightRow {
            stage: Stage::PubrecReceived,
            ..row
        };
        let entry = pubrec_received(&row);
        state.outbound.restore_in_flight(&row, entry);
    }
}

pub(super) fn name_of(row: &InFlightRow) -> Settled {
    Settled {
        offset: row.offset,
        via: row.via,
    }
}
