//! What somebody who knows them says that payloads are.

use utoipa::ToSchema;

/// A format that somebody who knows them says the payloads of a topic are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToldFormat {
    Json,
    /// One text each, a number included.
    Text,
    LineProtocol,
    Cbor,
    #[serde(rename = "msgpack")]
    MessagePack,
    /// Bytes that are not read.
    Binary,
}
