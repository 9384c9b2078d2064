//! What messages say of their series, to be shown when their topic is done.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::message::{SeriesText, TimeSource};
use crate::store::batch::MessageRow;

/// What messages said last of the series that they have values of.
#[derive(Debug, Default)]
pub(super) struct LastTexts(HashMap<i32, LastText, FixedState>);

#[derive(Debug, Clone)]
pub(in crate::store) struct LastText {
    pub(in crate::store) time_source: TimeSource,
    pub(in crate::store) said_unit: Option<Arc<str>>,
    pub(in crate::store) ruled: Option<SeriesText>,
}

impl LastTexts {
    /// What was said of a series.
    pub(super) fn of(&self, series: i32) -> Option<&LastText> {
        self.0.get(&series)
    }

    /// Notes what a row says, whose samples are of these series.
    pub(super) fn note(&mut self, row: &MessageRow, series: &[i32]) {
        let remarks = row.remarks.as_deref();
        for (place, (series, sample)) in series.iter().zip(&row.samples).enumerate() {
            let said = remarks.and_then(|remarks| {
                let mut said = remarks.said_units.iter();
                said.find(|(at, _)| *at == place)
            });
            let ruled = remarks.and_then(|remarks| {
                let mut ruled = remarks.ruled.iter();
                ruled.find(|(at, _)| *at == place)
            });
            let text = LastText {
                time_source: sample.time_source,
                said_unit: said.map(|(_, unit)| Arc::clone(unit)),
                ruled: ruled.map(|(_, text)| text.clone()),
            };
            self.0.insert(*series, text);
        }
    }
}
