//! What it costs to keep what a client has sent, and how it is kept without its read buffer.

use bytes::Bytes;

use crate::message::Properties;

use super::codec::Will;

/// What a Will takes beside its texts and bytes, about.
const WILL_FIXED_BYTES: usize = 256;

/// What properties take in memory, about.
pub(crate) fn properties_bytes(properties: Option<&Properties>) -> usize {
    let Some(all) = properties else { return 0 };
    let user = all.user.iter();
    let user = user.map(|(name, value)| 64 + name.len() + value.len());
    let data = all.correlation_data.as_ref().map_or(0, Bytes::len);
    let content_type = all.content_type.as_ref().map_or(0, |text| text.len());
    let response = all.response_topic.as_ref();
    let response = response.map_or(0, |topic| topic.as_str().len());
    size_of::<Properties>() + user.sum::<usize>() + data + content_type + response
}

/// What a Will takes in memory, about.
pub(crate) fn will_bytes(will: &Will) -> usize {
    let properties = properties_bytes(will.properties.as_deref());
    WILL_FIXED_BYTES + will.topic.as_str().len() + will.payload.len() + properties
}

/// The properties with data of their own: a slice of what was read would keep all of it.
pub(crate) fn own_properties(properties: Option<Box<Properties>>) -> Option<Box<Properties>> {
    let mut properties = properties?;
    if let Some(data) = &mut properties.correlation_data {
        *data = Bytes::copy_from_slice(data);
    }
    Some(properties)
}
