//! MQTT 3.1, 3.1.1 and 5.0 on the wire.

mod packet;
mod reason;

pub use packet::*;
pub use reason::ReasonCode;
