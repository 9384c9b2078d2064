//! Metrics of Sparkplug, whose births and data come on topics of their own: who asks for the data
//! is shown what the births said, too, as far as they may read it.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::data::CatalogData;
use super::lookup::FoundSeries;
use super::state::{SeriesState, TopicState};
use crate::message::{Scope, SparkplugTopic, Timestamp, Topic};
use crate::store::answer::Latest;

impl CatalogData {
    /// The topic of the births of what this topic has the data of.
    fn birth_of(&self, state: &TopicState) -> Option<&TopicState> {
        self.named(&SparkplugTopic::birth_of_data(&state.topic)?)
    }

    /// The topic of the data of what this topic has the births of.
    fn data_of(&self, state: &TopicState) -> Option<&TopicState> {
        self.named(&SparkplugTopic::data_of_birth(&state.topic)?)
    }

    /// A topic as it is shown to somebody who may read what `shows` says.
    pub(super) fn latest(
        &self,
        state: &TopicState,
        now: Timestamp,
        shows: impl Fn(&Topic) -> bool,
    ) -> Latest {
        let mut latest = state.latest(now);
        let birth = self.birth_of(state).filter(|birth| shows(&birth.topic));
        let Some(birth) = birth else {
            return latest;
        };
        let own = latest.series.iter().enumerate();
        let own: HashMap<Arc<str>, usize, FixedState> = own
            .map(|(at, series)| (Arc::clone(&series.path), at))
            .collect();
        for born in birth.latest(now).series {
            let known = own
                .get(&born.path)
                .and_then(|at| latest.series.get_mut(*at));
            match known {
                None => latest.series.push(born),
                Some(series) => {
                    series.unit = series.unit.take().or(born.unit);
                    if born.sample.seq > series.sample.seq {
                        series.sample = born.sample;
                    }
                }
            }
        }
        latest
    }

    /// Finds the series of a topic at `path`, or all of them, those of the births among them; none
    /// of a topic of births whose data is in the scope.
    pub(super) fn find_series(
        &self,
        state: &TopicState,
        scope: &Scope,
        path: Option<&str>,
        to: &mut Vec<FoundSeries>,
    ) {
        let is_asked = |series: &&SeriesState| path.is_none_or(|path| *series.path == *path);
        let data = self.data_of(state);
        if data.is_some_and(|data| scope.holds(&data.topic)) {
            return;
        }
        self.find_series_of(state, scope, is_asked, to);
    }

    /// Finds the series of a topic, those of the births among them.
    pub(super) fn find_series_of(
        &self,
        state: &TopicState,
        scope: &Scope,
        is_asked: impl Fn(&&SeriesState) -> bool + Copy,
        to: &mut Vec<FoundSeries>,
    ) {
        let own = state.series.iter().filter(is_asked);
        let birth = self.birth_of(state);
        let Some(birth) = birth.filter(|birth| scope.shows(&birth.topic)) else {
            to.extend(own.map(|series| found(state, (state, series))));
            return;
        };
        let born = birth.series.iter().filter(is_asked);
        let mut born: HashMap<&str, &SeriesState, FixedState> =
            born.map(|series| (&*series.path, series)).collect();
        to.extend(own.map(|series| {
            let born = born.remove(&*series.path);
            let own = found(state, (state, series));
            FoundSeries {
                unit: own.unit.or_else(|| born?.shown_unit()),
                also: born.map(|born| (born.id, birth.id)),
                ..own
            }
        }));
        to.extend(born.into_values().map(|born| found(state, (birth, born))));
    }
}

/// A series of its own topic, as one of `shown`.
fn found(shown: &TopicState, (topic, series): (&TopicState, &SeriesState)) -> FoundSeries {
    FoundSeries {
        id: series.id,
        topic_id: topic.id,
        also: None,
        topic: shown.topic.clone(),
        path: Arc::clone(&series.path),
        kind: series.kind,
        unit: series.shown_unit(),
        description: series.description(),
        time_source: series.time_source,
    }
}
