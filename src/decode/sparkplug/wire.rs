//! The messages of Sparkplug B as they are on the wire, by the protocol buffers definition in the
//! specification (Sparkplug 3.0.0 section 6.4.1, `sparkplug_b.proto`).
//!
//! Messages inside of messages are bytes here, which are the same on the wire, and are decoded one
//! by one: two bytes may be an empty metric, for which a structure of all that it could have takes
//! two hundred. What is not read (metadata, extensions, `uuid`, `body`) has no field.

use bytes::Bytes;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WirePayload {
    /// When it was sent, in milliseconds since 1970.
    #[prost(uint64, optional, tag = "1")]
    pub(super) timestamp: Option<u64>,
    /// Each a [`WireMetric`].
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub(super) metrics: Vec<Bytes>,
    #[prost(uint64, optional, tag = "3")]
    pub(super) seq: Option<u64>,
    /// What the body is.
    #[prost(string, optional, tag = "4")]
    pub(super) uuid: Option<String>,
    #[prost(bytes = "bytes", optional, tag = "5")]
    pub(super) body: Option<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireMetric {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) alias: Option<u64>,
    #[prost(uint64, optional, tag = "3")]
    pub(super) timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "4")]
    pub(super) datatype: Option<u32>,
    #[prost(bool, optional, tag = "5")]
    pub(super) is_historical: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub(super) is_transient: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    pub(super) is_null: Option<bool>,
    /// A [`WireProperties`].
    #[prost(bytes = "bytes", optional, tag = "9")]
    pub(super) properties: Option<Bytes>,
    #[prost(oneof = "WireValue", tags = "10, 11, 12, 13, 14, 15, 16, 17, 18")]
    pub(super) value: Option<WireValue>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum WireValue {
    #[prost(uint32, tag = "10")]
    Int(u32),
    #[prost(uint64, tag = "11")]
    Long(u64),
    #[prost(float, tag = "12")]
    Float(f32),
    #[prost(double, tag = "13")]
    Double(f64),
    #[prost(bool, tag = "14")]
    Boolean(bool),
    #[prost(string, tag = "15")]
    Text(String),
    #[prost(bytes = "bytes", tag = "16")]
    Binary(Bytes),
    /// A [`WireDataSet`].
    #[prost(bytes = "bytes", tag = "17")]
    DataSet(Bytes),
    /// A [`WireTemplate`].
    #[prost(bytes = "bytes", tag = "18")]
    Template(Bytes),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireTemplate {
    /// Each a [`WireMetric`].
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub(super) metrics: Vec<Bytes>,
    /// Each a [`WireParameter`].
    #[prost(bytes = "bytes", repeated, tag = "3")]
    pub(super) parameters: Vec<Bytes>,
    #[prost(bool, optional, tag = "5")]
    pub(super) is_definition: Option<bool>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireParameter {
    #[prost(string, optional, tag = "1")]
    pub(super) name: Option<String>,
    #[prost(uint32, optional, tag = "2")]
    pub(super) datatype: Option<u32>,
    #[prost(oneof = "WireScalar", tags = "3, 4, 5, 6, 7, 8")]
    pub(super) value: Option<WireScalar>,
}

/// What parameters of templates and properties of metrics have in common.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum WireScalar {
    #[prost(uint32, tag = "3")]
    Int(u32),
    #[prost(uint64, tag = "4")]
    Long(u64),
    #[prost(float, tag = "5")]
    Float(f32),
    #[prost(double, tag = "6")]
    Double(f64),
    #[prost(bool, tag = "7")]
    Boolean(bool),
    #[prost(string, tag = "8")]
    Text(String),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireDataSet {
    #[prost(string, repeated, tag = "2")]
    pub(super) columns: Vec<String>,
    #[prost(uint32, repeated, packed = "false", tag = "3")]
    pub(super) types: Vec<u32>,
    /// Each a [`WireRow`].
    #[prost(bytes = "bytes", repeated, tag = "4")]
    pub(super) rows: Vec<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireRow {
    /// Each a [`WireCell`].
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(super) elements: Vec<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireCell {
    #[prost(oneof = "WireElement", tags = "1, 2, 3, 4, 5, 6")]
    pub(super) value: Option<WireElement>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum WireElement {
    #[prost(uint32, tag = "1")]
    Int(u32),
    #[prost(uint64, tag = "2")]
    Long(u64),
    #[prost(float, tag = "3")]
    Float(f32),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(bool, tag = "5")]
    Boolean(bool),
    #[prost(string, tag = "6")]
    Text(String),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireProperties {
    #[prost(string, repeated, tag = "1")]
    pub(super) keys: Vec<String>,
    /// Each a [`WireProperty`].
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub(super) values: Vec<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WireProperty {
    #[prost(uint32, optional, tag = "1")]
    pub(super) datatype: Option<u32>,
    #[prost(bool, optional, tag = "2")]
    pub(super) is_null: Option<bool>,
    #[prost(oneof = "WireScalar", tags = "3, 4, 5, 6, 7, 8")]
    pub(super) value: Option<WireScalar>,
}

impl From<WireScalar> for WireValue {
    fn from(scalar: WireScalar) -> Self {
        match scalar {
            WireScalar::Int(number) => Self::Int(number),
            WireScalar::Long(number) => Self::Long(number),
            WireScalar::Float(number) => Self::Float(number),
            WireScalar::Double(number) => Self::Double(number),
            WireScalar::Boolean(bool) => Self::Boolean(bool),
            WireScalar::Text(text) => Self::Text(text),
        }
    }
}

impl From<WireElement> for WireValue {
    fn from(element: WireElement) -> Self {
        match element {
            WireElement::Int(number) => Self::Int(number),
            WireElement::Long(number) => Self::Long(number),
            WireElement::Float(number) => Self::Float(number),
            WireElement::Double(number) => Self::Double(number),
            WireElement::Boolean(bool) => Self::Boolean(bool),
            WireElement::Text(text) => Self::Text(text),
        }
    }
}
