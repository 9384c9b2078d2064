//! Payloads whose body is another payload, compressed, as Eclipse Tahu makes them: the `uuid` says
//! so, and a metric `algorithm` says how.

use bytes::Bytes;
use prost::Message as _;

use super::super::compression::{Compression, Inside};
use super::wire::{WireMetric, WirePayload, WireValue};

/// What such a payload calls its body.
const COMPRESSED: &str = "SPBV1.0_COMPRESSED";
const ALGORITHM: &str = "algorithm";

/// A payload, or the one inside it and what that is compressed with; else what is wrong.
pub(super) fn read(bytes: Bytes) -> Result<(WirePayload, Option<Compression>), String> {
    let payload = decoded(bytes)?;
    if payload.uuid.as_deref() != Some(COMPRESSED) {
        return Ok((payload, None));
    }
    let compression = algorithm(&payload)?;
    let body = payload.body.as_deref().unwrap_or_default();
    let plain = match compression.unpack(body) {
        Inside::Plain(plain) => plain,
        Inside::TooLarge => return Err("a body that becomes too large".into()),
        Inside::Broken(why) | Inside::NotAtAll(why) => {
            return Err(format!("a body that is not {}: {why}", compression.name()));
        }
    };
    let inner = decoded(plain.into())?;
    let seq = inner.seq.or(payload.seq);
    Ok((WirePayload { seq, ..inner }, Some(compression)))
}

/// Where none is named it is DEFLATE.
fn algorithm(payload: &WirePayload) -> Result<Compression, String> {
    let metrics = payload.metrics.iter().take(1);
    let metric = metrics.filter_map(|metric| WireMetric::decode(metric.clone()).ok());
    let mut named = metric.filter(|metric| metric.name.as_deref() == Some(ALGORITHM));
    match named.find_map(|metric| metric.value) {
        Some(WireValue::Text(name)) => Compression::by_name(&name)
            .ok_or_else(|| "a body in a compression that is not known".to_owned()),
        _ => Ok(Compression::Deflate),
    }
}

fn decoded(bytes: Bytes) -> Result<WirePayload, String> {
    WirePayload::decode(bytes).map_err(|error| error.to_string())
}
