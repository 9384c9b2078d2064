//! What announcements say of series, as the writer knows it, whether there are such series or not.
//!
//! A batch that does not come to be is taken back with [`Discoveries::undo`], as names are.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use futures_util::TryStreamExt as _;
use sqlx::{PgConnection, Row as _};

use super::error::StoreError;
use crate::message::{DescribedSeries, Offset, SeriesText, Topic};

/// How many series all announcements together may describe, each counted as often as it is.
const DISCOVERED_MAX: usize = 20_000;

/// How many announcements may describe one series.
const ANNOUNCEMENTS_OF_SERIES_MAX: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Discoveries {
    /// What each announcement describes.
    announced: HashMap<Topic, Vec<SeriesName>, FixedState>,
    /// The announcements of each series.
    series: HashMap<SeriesName, Vec<AnnouncedText>, FixedState>,
    /// How many there are in all.
    count: usize,
    /// What was there before what was changed last, in the order of the changes.
    before: Vec<Announcement>,
}

/// The topic and the path of a series.
pub(super) type SeriesName = (Topic, Arc<str>);

/// What a message on a topic of announcements says.
#[derive(Debug, Clone)]
pub(super) struct Announcement {
    /// Its topic.
    pub(super) announcer: Topic,
    pub(super) seq: Offset,
    pub(super) series: Vec<DescribedSeries>,
}

#[derive(Debug)]
struct AnnouncedText {
    announcer: Topic,
    seq: Offset,
    text: SeriesText,
}

impl Discoveries {
    /// Takes what is said in place of what was said on the same topic before, as far as there is
    /// room; answers which series that concerns, and how many had no room.
    pub(super) fn announce(&mut self, announcement: Announcement) -> (Vec<SeriesName>, u64) {
        let before = self.take(&announcement.announcer);
        let names = |announcement: &Announcement| {
            let series = announcement.series.iter();
            let name = |one: &DescribedSeries| (one.topic.clone(), Arc::clone(&one.path));
            series.map(name).collect::<Vec<_>>()
        };
        let mut concerned = names(&before);
        concerned.extend(names(&announcement));
        self.before.push(before);
        (concerned, self.put(announcement))
    }

    /// Reads what was noted.
    pub(super) async fn load(connection: &mut PgConnection) -> Result<Self, StoreError> {
        let failed = StoreError::while_doing("read announcements");
        let mut all = Self::default();
        let mut rows = sqlx::query(
            "select announcer, seq, topic, path, unit, description from unspool.discovered",
        )
        .fetch(connection);
        while let Some(row) = rows.try_next().await.map_err(&failed)? {
            let (announcer, topic) = (Topic::new(row.get::<&str, _>(0)), row.get::<&str, _>(2));
            let (Ok(announcer), Ok(topic)) = (announcer, Topic::new(topic)) else {
                continue;
            };
            let text = SeriesText {
                unit: row.get::<Option<&str>, _>(4).map(Into::into),
                description: row.get::<Option<&str>, _>(5).map(Into::into),
            };
            let path = row.get::<&str, _>(3).into();
            all.put(Announcement {
                announcer,
                seq: Offset(row.get::<i64, _>(1).cast_unsigned()),
                series: vec![DescribedSeries { topic, path, text }],
            });
        }
        Ok(all)
    }

    /// Whether anybody says something of a series.
    pub(super) fn says(&self, name: &SeriesName) -> bool {
        self.series.contains_key(name)
    }

    /// What is said of a series: of its unit and of its description what is the newest; `None`
    /// where nobody says anything.
    pub(super) fn text(&self, name: &SeriesName) -> Option<SeriesText> {
        let texts = self.series.get(name)?;
        let newest = |part: fn(&SeriesText) -> &Option<Arc<str>>| {
            let those = texts.iter().filter(|one| part(&one.text).is_some());
            let newest = those.max_by_key(|one| one.seq);
            newest.and_then(|one| part(&one.text).clone())
        };
        Some(SeriesText {
            unit: newest(|text| &text.unit),
            description: newest(|text| &text.description),
        })
    }

    /// What is noted of what was said on a topic.
    pub(super) fn of(&self, announcer: &Topic) -> Announcement {
        let names = self.announced.get(announcer).map_or(&[][..], Vec::as_slice);
        let mut announcement = Announcement::nothing(announcer);
        for name in names {
            let texts = self.series.get(name).map_or(&[][..], Vec::as_slice);
            if let Some(one) = texts.iter().find(|one| one.announcer == *announcer) {
                announcement.add(name.clone(), one);
            }
        }
        announcement
    }

    /// Notes what is said, as far as there is room; answers how many series had none.
    fn put(&mut self, announcement: Announcement) -> u64 {
        let Announcement {
            announcer,
            seq,
            series,
        } = announcement;
        let mut refused = 0;
        for DescribedSeries { topic, path, text } in series {
            let name = (topic, path);
            let texts = self.series.get(&name).map_or(&[][..], Vec::as_slice);
            if texts.iter().any(|one| one.announcer == announcer) {
                // The first that an announcement says counts.
                continue;
            }
            if self.count >= DISCOVERED_MAX || texts.len() >= ANNOUNCEMENTS_OF_SERIES_MAX {
                refused += 1;
                continue;
            }
            self.count += 1;
            let announced = self.announced.entry(announcer.clone()).or_default();
            announced.push(name.clone());
            self.series.entry(name).or_default().push(AnnouncedText {
                announcer: announcer.clone(),
                seq,
                text,
            });
        }
        refused
    }

    /// Takes out what was said on a topic.
    fn take(&mut self, announcer: &Topic) -> Announcement {
        let names = self.announced.remove(announcer).unwrap_or_default();
        self.count -= names.len();
        let mut announcement = Announcement::nothing(announcer);
        for name in names {
            let Some(texts) = self.series.get_mut(&name) else {
                continue;
            };
            if let Some(at) = texts.iter().position(|one| one.announcer == *announcer) {
                let one = texts.swap_remove(at);
                if texts.is_empty() {
                    self.series.remove(&name);
                }
                announcement.add(name, &one);
            }
        }
        announcement
    }

    /// What was changed is in the database now.
    pub(super) fn settle(&mut self) {
        self.before.clear();
    }

    /// Takes back what was changed since.
    pub(super) fn undo(&mut self) {
        while let Some(before) = self.before.pop() {
            self.take(&before.announcer);
            self.put(before);
        }
    }
}

impl Announcement {
    fn nothing(announcer: &Topic) -> Self {
        Self {
            announcer: announcer.clone(),
            seq: Offset(0),
            series: Vec::new(),
        }
    }

    fn add(&mut self, (topic, path): SeriesName, one: &AnnouncedText) {
        self.seq = one.seq;
        let text = one.text.clone();
        self.series.push(DescribedSeries { topic, path, text });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(name: &str) -> Topic {
        Topic::new(name).unwrap()
    }

    fn announcement(announcer: &str, seq: u64, series: &[(&str, &str, &str)]) -> Announcement {
        let text = |text: &str| (!text.is_empty()).then(|| text.into());
        let described = |(path, unit, description): &(&str, &str, &str)| DescribedSeries {
            topic: topic("t"),
            path: (*path).into(),
            text: SeriesText {
                unit: text(unit),
                description: text(description),
            },
        };
        Announcement {
            announcer: topic(announcer),
            seq: Offset(seq),
            series: series.iter().map(described).collect(),
        }
    }

    fn shown(discoveries: &Discoveries, path: &str) -> String {
        let text = discoveries.text(&(topic("t"), path.into()));
        text.map_or(String::new(), |text| {
            let [unit, description] = [text.unit, text.description];
            let shown = |part: Option<Arc<str>>| part.as_deref().unwrap_or("-").to_owned();
            format!("{} {}", shown(unit), shown(description))
        })
    }

    #[test]
    fn the_newest_that_is_said_counts_until_it_is_taken_back() {
        let mut all = Discoveries::default();
        for (announcer, seq, says, expected) in [
            (
                "a",
                1,
                &[("/x", "V", "old"), ("/x", "A", "no")][..],
                "V old",
            ),
            ("b", 2, &[("/x", "", "new")], "V new"),
            (
                "a",
                3,
                &[("/x", "mV", "newer"), ("/y", "s", "")],
                "mV newer",
            ),
            ("a", 4, &[("/y", "s", "")], "- new"),
            ("b", 5, &[], ""),
        ] {
            let before = shown(&all, "/x");
            all.announce(announcement(announcer, seq, says));
            assert_eq!(shown(&all, "/x"), expected, "{seq}");
            all.undo();
            assert_eq!(shown(&all, "/x"), before, "{seq}, taken back");
            all.announce(announcement(announcer, seq, says));
            all.settle();
        }
        assert_eq!(all.of(&topic("a")).series.len(), 1);
        all.announce(announcement("a", 6, &[]));
        assert!(all.count == 0 && all.series.is_empty() && all.announced.is_empty());
    }

    #[test]
    fn what_is_said_is_bounded_and_what_was_there_stays() {
        let mut all = Discoveries::default();
        let paths: Vec<String> = (0..DISCOVERED_MAX).map(|n| format!("/{n}")).collect();
        let many: Vec<_> = paths.iter().map(|path| (&**path, "V", "")).collect();
        assert_eq!(all.announce(announcement("a", 1, &many[1..])).1, 0);
        assert_eq!(all.announce(announcement("b", 2, &many[..3])).1, 2);
        all.undo();
        assert_eq!(all.count, 0);
        assert_eq!(all.announce(announcement("a", 1, &many)).1, 0);
        // In place of its own there is room.
        assert_eq!(all.announce(announcement("a", 2, &many)).1, 0);
        all.announce(announcement("a", 3, &[]));
        let announced =
            (0..10).map(|n| all.announce(announcement(&n.to_string(), n, &many[..1])).1);
        assert_eq!(announced.sum::<u64>(), 2);
    }
}
