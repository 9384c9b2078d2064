//! From metrics to samples. The name of a metric is its path, whose slashes part levels (section
//! 6.4.6: "folders"); below it are the items of arrays, the rows and columns of data sets, and the
//! members and parameters of templates.

use std::sync::Arc;

use bytes::Bytes;

use super::births::{Births, KnownBirth};
use super::datatype::{INT64, Scalar, items, scalar};
use super::wire::{
    WireCell, WireDataSet, WireMetric, WireParameter, WirePayload, WireProperties, WireProperty,
    WireRow, WireTemplate, WireValue,
};
use crate::decode::bounds::{PATH_BYTES_MAX, TEXT_BYTES_MAX};
use crate::decode::event_time;
use crate::decode::reading::PayloadReading;
use crate::decode::sample::Value;
use crate::decode::walk::Walk;
use crate::message::{DefectCode, Message, Timestamp};

/// The metric that says which connection a birth or a death is of.
const BD_SEQ: &str = "bdSeq";

/// The properties that name a unit, in whatever case, the first one first.
const UNITS: [&str; 4] = ["engUnit", "engUnits", "unit", "units"];

/// The longest unit, in bytes.
const UNIT_BYTES_MAX: usize = 64;

/// The property that says how good a value is, and the level below the metric's own that it has.
const QUALITY: &str = "Quality";

/// So many aliases that nobody knows are named.
const NAMED_MAX: usize = 5;

/// One pass over the metrics of a payload.
pub(super) struct MetricReader<'a> {
    pub(super) walk: Walk,
    /// What says which metric an alias means, and of which type it is.
    known: Option<&'a KnownBirth>,
    /// What a birth says, if this is one.
    pub(super) births: Option<Births>,
    /// The units of samples, by their places.
    pub(super) units: Vec<(usize, Arc<str>)>,
    /// The places of samples of the past.
    pub(super) historical: Vec<usize>,
    /// Aliases that nobody knows.
    unknown: Vec<u64>,
    unknown_count: usize,
    /// Whether there was a number that a birth would have given its type.
    has_untyped: bool,
    pub(super) bd_seq: Option<u64>,
}

impl<'a> MetricReader<'a> {
    /// Over the metrics of `message`, as far as they need it by what is `known`.
    pub(super) fn new(message: &Message, known: Option<&'a KnownBirth>) -> Self {
        let reading = PayloadReading {
            message,
            payload: &message.payload,
            told: None,
            is_claimed: true,
            wanted: None,
        };
        Self {
            walk: Walk::new(&reading),
            known,
            births: None,
            units: Vec::new(),
            historical: Vec::new(),
            unknown: Vec::new(),
            unknown_count: 0,
            has_untyped: false,
            bd_seq: None,
        }
    }

    /// Over the metrics of a birth.
    pub(super) fn of_birth(message: &Message) -> Self {
        Self {
            births: Some(Births::of(message.payload.len())),
            ..Self::new(message, None)
        }
    }

    pub(super) fn read(&mut self, payload: &WirePayload, received_at: Timestamp) {
        let sent_at = self.time(payload.timestamp, received_at);
        for metric in &payload.metrics {
            if self.is_done() {
                break;
            }
            if let Some(metric) = self.decoded::<WireMetric>(metric) {
                self.metric(&metric, sent_at);
            }
        }
        if self.unknown_count > 0 {
            let (named, count) = (&self.unknown, self.unknown_count);
            self.walk.note(DefectCode::UnknownAlias, || {
                let named: Vec<_> = named.iter().map(u64::to_string).collect();
                let named = named.join(", ");
                match count.saturating_sub(NAMED_MAX) {
                    0 => format!("no birth defines the alias {named}"),
                    more => format!("no birth defines the aliases {named} and {more} more"),
                }
            });
        }
    }

    /// Whether something was not understood that the birth should have said.
    pub(super) fn has_missed_birth(&self) -> bool {
        self.unknown_count > 0 || self.has_untyped
    }

    /// Whether the rest of the metrics can change nothing.
    fn is_done(&mut self) -> bool {
        let is_full = self.walk.is_full();
        if is_full {
            self.walk.note_full();
        }
        is_full && self.births.as_ref().is_none_or(|births| births.is_full)
    }

    fn decoded<M: prost::Message + Default>(&mut self, bytes: &Bytes) -> Option<M> {
        match M::decode(bytes.clone()) {
            Ok(message) => Some(message),
            Err(error) => {
                self.unreadable(|| format!("not Sparkplug B: {error}"));
                None
            }
        }
    }

    fn unreadable(&mut self, text: impl FnOnce() -> String) {
        self.walk.note_here(DefectCode::NotSparkplug, text);
    }

    /// A metric of the payload itself.
    fn metric(&mut self, metric: &WireMetric, sent_at: Timestamp) {
        let known = self.known;
        let given = metric.name.as_deref().filter(|name| !name.is_empty());
        let datatype = given_type(metric.datatype);
        let (name, born) = match (given, metric.alias) {
            // What it says itself needs no birth.
            (Some(name), _) if datatype.is_some() => (name, None),
            (Some(name), _) => (name, known.and_then(|known| known.by_name(name))),
            (None, Some(alias)) => match known.and_then(|known| known.by_alias(alias)) {
                Some(born) => (&*born.name, Some(born)),
                None => return self.unknown_alias(alias),
            },
            (None, None) => {
                return self.unreadable(|| "a metric with neither name nor alias".to_owned());
            }
        };
        if name == BD_SEQ {
            self.bd_seq = match &metric.value {
                Some(WireValue::Int(number)) => Some(u64::from(*number)),
                Some(WireValue::Long(number)) => Some(*number),
                _ => None,
            };
        }
        let datatype = datatype
            .or(born.map(|born| born.datatype))
            .or((name == BD_SEQ).then_some(INT64));
        self.named((name, name), datatype, metric, sent_at);
    }

    fn unknown_alias(&mut self, alias: u64) {
        self.unknown_count += 1;
        if self.unknown.len() < NAMED_MAX {
            self.unknown.push(alias);
        }
    }

    /// A metric whose `whole` name is known, and what of it comes below where the walk is.
    fn named(
        &mut self,
        (whole, name): (&str, &str),
        datatype: Option<u32>,
        metric: &WireMetric,
        sent_at: Timestamp,
    ) {
        if let Some(births) = &mut self.births {
            births.add(whole, metric.alias, datatype.unwrap_or_default());
        }
        let above = self.walk.down_to_levels(name);
        let time = self.time(metric.timestamp, sent_at);
        self.walk.be_at(time);
        let from = self.walk.count();
        let is_shown = metric.is_transient != Some(true);
        if let Some(value) = &metric.value
            && is_shown
            && metric.is_null != Some(true)
        {
            self.value(whole, datatype, value, time);
        }
        if let Some(properties) = &metric.properties
            && is_shown
        {
            self.walk.be_at(time);
            self.properties(properties, from);
        }
        self.walk.up(above);
        if metric.is_historical == Some(true) {
            self.historical.extend(from..self.walk.count());
        }
    }

    /// The time that is `given` in milliseconds, or else what stands where there is none.
    pub(super) fn time(&mut self, given: Option<u64>, otherwise: Timestamp) -> Timestamp {
        let Some(given) = given else {
            return otherwise;
        };
        event_time::from_millis(given).unwrap_or_else(|| {
            self.walk.note_here(DefectCode::ImplausibleTime, || {
                "not a plausible time; that of the message or of its receipt stands".to_owned()
            });
            otherwise
        })
    }

    fn value(&mut self, whole: &str, datatype: Option<u32>, value: &WireValue, time: Timestamp) {
        match value {
            WireValue::DataSet(bytes) => self.data_set(bytes),
            WireValue::Template(bytes) => self.template(whole, bytes, time),
            WireValue::Binary(bytes) => {
                let items = datatype.and_then(|datatype| items(datatype, bytes));
                match items {
                    Some(items) => self.array(items),
                    None => self.walk.note_here(DefectCode::BinaryValue, || {
                        format!("{} bytes, which are in the raw payload only", bytes.len())
                    }),
                }
            }
            value => self.scalar(scalar(datatype, value)),
        }
    }

    fn scalar(&mut self, scalar: Scalar) {
        match scalar {
            Scalar::Value(Value::Text(text)) if text.len() > TEXT_BYTES_MAX => {}
            Scalar::Value(value) => self.walk.value(value),
            Scalar::NoNumber => self.walk.no_number(),
            Scalar::Untyped => {
                self.has_untyped = true;
                self.walk.note_here(DefectCode::NoBirth, || {
                    "an integer whose type neither it nor a birth says".to_owned()
                });
            }
            Scalar::Other => self.unreadable(|| "a value that can't be read".to_owned()),
        }
    }

    fn array(&mut self, items: impl Iterator<Item = Scalar>) {
        if self.walk.is_too_deep() {
            return;
        }
        for (index, item) in items.enumerate() {
            if self.walk.is_full() {
                return self.walk.note_full();
            }
            let above = self.walk.down_to_item(index);
            self.scalar(item);
            self.walk.up(above);
        }
    }

    fn data_set(&mut self, bytes: &Bytes) {
        let Some(set) = self.decoded::<WireDataSet>(bytes) else {
            return;
        };
        if self.walk.is_too_deep() {
            return;
        }
        for (index, row) in set.rows.iter().enumerate() {
            if self.walk.is_full() {
                return self.walk.note_full();
            }
            let Some(row) = self.decoded::<WireRow>(row) else {
                continue;
            };
            let above = self.walk.down_to_item(index);
            if !self.walk.is_too_deep() {
                for (column, cell) in row.elements.iter().enumerate() {
                    self.cell(&set, column, cell);
                }
            }
            self.walk.up(above);
        }
    }

    fn cell(&mut self, set: &WireDataSet, column: usize, cell: &Bytes) {
        if self.walk.is_full() {
            return;
        }
        let above = match set.columns.get(column) {
            Some(name) => self.walk.down_to_levels(name),
            None => self.walk.down_to_item(column),
        };
        let value = self.decoded::<WireCell>(cell).and_then(|cell| cell.value);
        if let Some(value) = value {
            let datatype = set.types.get(column).copied();
            self.scalar(scalar(datatype, &value.into()));
        }
        self.walk.up(above);
    }

    /// The members of a template are metrics of their own; a definition has no values.
    fn template(&mut self, whole: &str, bytes: &Bytes, time: Timestamp) {
        let Some(template) = self.decoded::<WireTemplate>(bytes) else {
            return;
        };
        let is_definition = template.is_definition == Some(true);
        if is_definition || self.walk.is_too_deep() || whole.len() > PATH_BYTES_MAX {
            return;
        }
        for member in &template.metrics {
            if self.is_done() {
                return;
            }
            if let Some(member) = self.decoded::<WireMetric>(member) {
                self.member(whole, &member, time);
            }
        }
        self.walk.be_at(time);
        for parameter in &template.parameters {
            if self.walk.is_full() {
                return self.walk.note_full();
            }
            let Some(parameter) = self.decoded::<WireParameter>(parameter) else {
                continue;
            };
            if let (Some(name), Some(value)) = (&parameter.name, parameter.value) {
                let above = self.walk.down_to_levels(name);
                self.scalar(scalar(parameter.datatype, &value.into()));
                self.walk.up(above);
            }
        }
    }

    fn member(&mut self, whole: &str, member: &WireMetric, time: Timestamp) {
        let known = self.known;
        let given = member.name.as_deref().filter(|name| !name.is_empty());
        let by_alias = || known?.by_alias(member.alias?);
        let name = if let Some(name) = given {
            name
        } else {
            let born = by_alias().and_then(|born| born.name.strip_prefix(whole)?.strip_prefix('/'));
            match (born, member.alias) {
                (Some(name), _) => name,
                (None, Some(alias)) => return self.unknown_alias(alias),
                (None, None) => {
                    return self.unreadable(|| "a member without a name".to_owned());
                }
            }
        };
        if name.len() > PATH_BYTES_MAX {
            let above = self.walk.down_to_levels(name);
            return self.walk.up(above);
        }
        let whole = format!("{whole}/{name}");
        let born = known.and_then(|known| known.by_name(&whole));
        let datatype = given_type(member.datatype).or(born.map(|born| born.datatype));
        self.named((&whole, name), datatype, member, time);
    }

    /// The unit of the samples that begin at `from`, and the quality beside them.
    fn properties(&mut self, bytes: &Bytes, from: usize) {
        let Some(properties) = self.decoded::<WireProperties>(bytes) else {
            return;
        };
        if let Some(WireValue::Text(unit)) = UNITS
            .iter()
            .find_map(|name| self.property(&properties, name))
        {
            let unit = unit.trim();
            if !unit.is_empty() && unit.len() <= UNIT_BYTES_MAX && !unit.contains('\0') {
                let unit: Arc<str> = unit.into();
                let places = from..self.walk.count();
                self.units
                    .extend(places.map(|place| (place, Arc::clone(&unit))));
            }
        }
        if let Some(quality) = self.property(&properties, QUALITY) {
            let above = self.walk.down_to_levels(QUALITY);
            self.scalar(match &quality {
                WireValue::Int(code) => Scalar::Value(Value::from_u64(u64::from(*code))),
                quality => scalar(None, quality),
            });
            self.walk.up(above);
        }
    }

    /// The value of the first property of that name that has one.
    fn property(&mut self, properties: &WireProperties, name: &str) -> Option<WireValue> {
        let mut named = properties.keys.iter().zip(&properties.values);
        let (_, bytes) = named.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        let property = self.decoded::<WireProperty>(bytes)?;
        let value = property.value.filter(|_| property.is_null != Some(true))?;
        Some(value.into())
    }
}

/// A type that says something: 0 is "unknown".
fn given_type(datatype: Option<u32>) -> Option<u32> {
    datatype.filter(|datatype| *datatype != 0)
}
