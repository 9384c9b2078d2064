//! Classes of retention: which there are, which topics they are for, and from when on they have
//! everything.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::fast::FixedState;
use parking_lot::RwLock;
use sqlx::{PgConnection, Row as _};

use super::change::{ClassChange, change};
use super::partition::{ClassId, Sealed};
use super::timescale::Timescale;
use super::views::relations;
use crate::message::{Keep, Offset, Timestamp, Topic, TopicFilter};
use crate::store::error::StoreError;
use crate::store::wire::Instant;

/// How many classes there may be, with those whose rules are gone and that still have something.
const CLASSES_MAX: usize = 64;

/// What a rule says of how long something is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepRule {
    pub filter: TopicFilter,
    pub messages: Option<Keep>,
    pub samples: Option<Keep>,
    pub rollups: Option<Keep>,
}

/// The rules that say how long something is kept.
pub trait KeepRules: Send + Sync {
    /// All of them.
    fn all(&self) -> Vec<KeepRule>;

    /// The rule for a topic, if that says so.
    fn of(&self, topic: &Topic) -> Option<KeepRule>;
}

/// From where on everything is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct KeptFrom {
    pub(in crate::store) time: Timestamp,
    /// Of messages: the first that is sure to be there.
    pub(in crate::store) seq: Offset,
}

/// A class, as the table has it.
#[derive(Debug, Clone)]
struct Class {
    id: ClassId,
    /// That of its rule.
    filter: TopicFilter,
    /// What its topics had before is in the class of the rest.
    made: KeptFrom,
    messages: Option<KeptFrom>,
    samples: Option<KeptFrom>,
}

/// What is known of how long history is kept.
#[derive(Default)]
pub(in crate::store) struct Retention {
    whole: RwLock<Keep>,
    rollups_days: RwLock<Option<u32>>,
    rules: OnceLock<Box<dyn KeepRules>>,
    /// The class of the rest first, once the table has been read.
    classes: RwLock<Vec<Class>>,
    /// The tables of all classes, with those that are being moved.
    tables: RwLock<HashMap<Sealed, Vec<String>, FixedState>>,
    timescale: OnceLock<Timescale>,
    has_hypertables: AtomicBool,
}

/// The classes of the topics of which something is sealed.
#[derive(Debug, Default)]
pub(in crate::store) struct SealedClasses(HashMap<i32, [ClassId; 3], FixedState>);

impl SealedClasses {
    pub(in crate::store) fn put(&mut self, topic_id: i32, classes: [ClassId; 3]) {
        if classes != [ClassId::REST; 3] {
            self.0.insert(topic_id, classes);
        }
    }

    pub(in crate::store) fn of(&self, kind: Sealed, topic_id: i32) -> ClassId {
        let classes = self.0.get(&topic_id).copied().unwrap_or_default();
        classes[kind as usize]
    }

    /// Those that are not of the rest: topics, and the classes of their messages and samples.
    pub(in crate::store) fn columns(&self) -> (Vec<i32>, Vec<i16>, Vec<i16>) {
        let (mut topics, mut messages, mut samples) = (Vec::new(), Vec::new(), Vec::new());
        for (topic, [of_messages, of_samples, _]) in &self.0 {
            topics.push(*topic);
            messages.push(of_messages.0);
            samples.push(of_samples.0);
        }
        (topics, messages, samples)
    }
}

impl Retention {
    pub(in crate::store) fn set_whole(&self, keep: Keep, rollups_days: Option<u32>) {
        *self.whole.write() = keep;
        *self.rollups_days.write() = rollups_days;
    }

    /// For how many days rollups are kept of which no rule speaks, where that is not as everything.
    pub(super) fn rollups_days(&self) -> Option<u32> {
        *self.rollups_days.read()
    }

    pub(in crate::store) fn set_rules(&self, rules: Box<dyn KeepRules>) {
        let _set_once = self.rules.set(rules);
    }

    /// How long everything is kept that no rule speaks of.
    pub(in crate::store) fn whole(&self) -> Keep {
        *self.whole.read()
    }

    fn rules(&self) -> Vec<KeepRule> {
        self.rules.get().map_or_else(Vec::new, |rules| rules.all())
    }

    /// What the rules say of the classes that there are: for how long their messages and samples are
    /// kept. Without its rule a class is kept as the rest is.
    pub(super) fn keeps(&self) -> HashMap<(Sealed, ClassId), Keep, FixedState> {
        let classes = self.classes.read();
        let mut keeps = HashMap::default();
        for rule in self.rules() {
            let Some(class) = classes.iter().find(|it| it.filter == rule.filter) else {
                continue;
            };
            for kind in Sealed::ALL {
                if let Some(keep) = rule.keep(kind) {
                    keeps.insert((kind, class.id), keep);
                }
            }
        }
        keeps
    }

    /// What a rule says of one class.
    pub(in crate::store) fn keep_of(&self, kind: Sealed, class: ClassId) -> Option<Keep> {
        if class == ClassId::REST {
            return None;
        }
        self.keeps().get(&(kind, class)).copied()
    }

    /// The classes by number, each with the filter of its rule; none for the rest.
    pub(in crate::store) fn filters(&self) -> Vec<(ClassId, Option<TopicFilter>)> {
        let classes = self.classes.read();
        let filter = |class: &Class| (class.id != ClassId::REST).then(|| class.filter.clone());
        let all = classes.iter().map(|class| (class.id, filter(class)));
        all.collect()
    }

    /// The classes by number.
    pub(in crate::store) fn ids(&self) -> Vec<ClassId> {
        let classes = self.classes.read();
        classes.iter().map(|class| class.id).collect()
    }

    /// The tables of all classes that there are rows in.
    pub(in crate::store) fn tables(&self, kind: Sealed) -> Vec<String> {
        self.tables.read().get(&kind).cloned().unwrap_or_default()
    }

    /// Those of one class.
    pub(in crate::store) fn tables_of(&self, kind: Sealed, class: ClassId) -> Vec<String> {
        let own = kind.table(class);
        let mut tables = self.tables(kind);
        tables.retain(|table| {
            let also = table.strip_prefix(&own);
            also.is_some_and(|also| ["", "_plain", "_default"].contains(&also))
        });
        tables
    }

    /// Whether there are classes beside the rest.
    pub(in crate::store) fn has_classes(&self) -> bool {
        self.classes.read().len() > 1
    }

    /// The extension, where the database has it.
    pub(in crate::store) fn timescale(&self) -> Option<&Timescale> {
        self.timescale.get()
    }

    pub(in crate::store) fn set_timescale(&self, timescale: Timescale) {
        let _set_once = self.timescale.set(timescale);
    }

    /// The extension, where what is sealed goes to hypertables.
    fn hypertables(&self) -> Option<&Timescale> {
        self.timescale().filter(|_| self.has_hypertables())
    }

    /// Whether what is sealed goes to hypertables.
    pub(in crate::store) fn has_hypertables(&self) -> bool {
        self.has_hypertables.load(Ordering::Acquire)
    }

    /// Where the messages and the samples of a topic are sealed to.
    pub(in crate::store) fn classes_of(&self, topic: &Topic) -> [ClassId; 3] {
        let classes = self.classes.read();
        if classes.len() < 2 {
            return [ClassId::REST; 3];
        }
        let Some(rule) = self.rules.get().and_then(|rules| rules.of(topic)) else {
            return [ClassId::REST; 3];
        };
        let class = classes.iter().find(|class| class.filter == rule.filter);
        let id = class.map_or(ClassId::REST, |class| class.id);
        Sealed::ALL.map(|kind| rule.keep(kind).map_or(ClassId::REST, |_| id))
    }

    /// From where on everything is there of the topics that `filter` names; `None` where nothing
    /// has gone.
    pub(in crate::store) fn kept_from(
        &self,
        kind: Sealed,
        filter: &TopicFilter,
    ) -> Option<KeptFrom> {
        let classes = self.classes.read();
        let of = |class: &Class| match kind {
            Sealed::Messages => class.messages,
            Sealed::Samples => class.samples,
            Sealed::Rollups => None,
        };
        let rest = classes.iter().find(|class| class.id == ClassId::REST);
        let mut found = rest.and_then(of);
        if classes.len() < 2 {
            return found;
        }
        let rules = self.rules();
        for class in classes.iter().filter(|class| class.id != ClassId::REST) {
            let mut of_class = rules.iter().filter(|rule| rule.filter == class.filter);
            let says = of_class.any(|rule| rule.keep(kind).is_some());
            // What these topics have had since then is not in the class of the rest.
            if says && class.filter.covers(filter) {
                found = found.map(|kept| kept.earlier(class.made));
            }
        }
        for class in classes.iter().filter(|class| class.id != ClassId::REST) {
            if let Some(kept) = of(class).filter(|_| class.filter.overlaps(filter)) {
                found = Some(found.map_or(kept, |found| found.later(kept)));
            }
        }
        found
    }

    /// Of one class: what its table says.
    pub(in crate::store) fn kept_from_of(&self, kind: Sealed, id: ClassId) -> Option<KeptFrom> {
        let classes = self.classes.read();
        let class = classes.iter().find(|class| class.id == id)?;
        match kind {
            Sealed::Messages => class.messages,
            Sealed::Samples => class.samples,
            Sealed::Rollups => None,
        }
    }

    /// Messages of the rest are gone.
    #[cfg(test)]
    pub(in crate::store) fn say_gone(&self, seq: Offset, time: Timestamp) {
        self.raise(Sealed::Messages, ClassId::REST, KeptFrom { time, seq });
    }

    /// A part of a class is gone.
    pub(super) fn raise(&self, kind: Sealed, id: ClassId, to: KeptFrom) {
        let mut classes = self.classes.write();
        let class = classes.iter_mut().find(|class| class.id == id);
        let Some(class) = class else { return };
        let kept = match kind {
            Sealed::Messages => &mut class.messages,
            Sealed::Samples => &mut class.samples,
            Sealed::Rollups => return,
        };
        *kept = Some(kept.map_or(to, |kept| kept.later(to)));
    }

    /// Reads the classes from their table.
    pub(in crate::store) async fn load(
        &self,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "select id, filter, made_at, made_seq, messages_kept_from, messages_kept_from_seq,
                samples_kept_from
             from unspool.retention_class order by id",
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(StoreError::while_doing("read the classes of retention"))?;
        let seq = |row: &sqlx::postgres::PgRow, at| Offset(row.get::<i64, _>(at).cast_unsigned());
        let time =
            |row: &sqlx::postgres::PgRow, at| row.get::<Option<Instant>, _>(at).map(|at| at.0);
        let class = |row: &sqlx::postgres::PgRow| Class {
            id: ClassId(row.get(0)),
            filter: TopicFilter::new(row.get::<&str, _>(1)).unwrap_or_else(|_| TopicFilter::all()),
            made: KeptFrom {
                time: row.get::<Instant, _>(2).0,
                seq: seq(row, 3),
            },
            messages: time(row, 4).map(|time| KeptFrom {
                time,
                seq: seq(row, 5),
            }),
            samples: time(row, 6).map(|time| KeptFrom {
                time,
                seq: Offset(0),
            }),
        };
        let classes: Vec<Class> = rows.iter().map(class).collect();
        let ids: Vec<ClassId> = classes.iter().map(|class| class.id).collect();
        let mut tables: HashMap<Sealed, Vec<String>, FixedState> = HashMap::default();
        for (kind, table) in relations(connection, &ids).await? {
            tables.entry(kind).or_default().push(table);
        }
        *self.classes.write() = classes;
        *self.tables.write() = tables;
        let is_partitioned: Option<bool> = sqlx::query_scalar(
            "select relkind = 'p' from pg_catalog.pg_class
             where oid = to_regclass('unspool.message_sealed')",
        )
        .fetch_optional(connection)
        .await
        .map_err(StoreError::while_doing("look at the tables of history"))?;
        let has_hypertables = is_partitioned == Some(false);
        self.has_hypertables
            .store(has_hypertables, Ordering::Release);
        Ok(())
    }

    /// Makes the classes of rules that have none yet, and lets go of those of rules that are gone
    /// and that have nothing any more, `has_parts` says which. One that readers keep from being made
    /// is tried again: until then its topics are of the rest.
    pub(super) async fn tend(
        &self,
        connection: &mut PgConnection,
        next: Offset,
        has_parts: impl Fn(ClassId) -> bool,
    ) -> Result<(), StoreError> {
        let rules = self.rules();
        let known = self.filters();
        let is_known =
            |filter: &TopicFilter| known.iter().any(|(_, of)| of.as_ref() == Some(filter));
        for rule in rules.iter().filter(|rule| !is_known(&rule.filter)) {
            let taken = self.ids();
            if taken.len() >= CLASSES_MAX {
                tracing::warn!(
                    filter = rule.filter.as_str(),
                    classes = CLASSES_MAX,
                    "a rule says how long something is kept, and has to wait: so many earlier rules \
                     that said so are gone and what they kept is still there"
                );
                break;
            }
            let Some(id) = (1..=i16::MAX).map(ClassId).find(|id| !taken.contains(id)) else {
                break;
            };
            if change(
                self.hypertables(),
                connection,
                ClassChange::Make(id, &rule.filter, next),
                &taken,
            )
            .await?
            {
                self.load(connection).await?;
            }
        }
        for (id, filter) in &known {
            let is_wanted = |filter: &TopicFilter| rules.iter().any(|it| it.filter == *filter);
            let is_left = filter.as_ref().is_some_and(|filter| !is_wanted(filter));
            if is_left && !has_parts(*id) {
                let taken = self.ids();
                if change(
                    self.hypertables(),
                    connection,
                    ClassChange::Forget(*id),
                    &taken,
                )
                .await?
                {
                    self.load(connection).await?;
                }
            }
        }
        Ok(())
    }
}

impl KeepRule {
    /// Rollups of which nothing is said go with the samples that they are of, as far as these go by age.
    fn keep(&self, kind: Sealed) -> Option<Keep> {
        match kind {
            Sealed::Messages => self.messages,
            Sealed::Samples => self.samples,
            Sealed::Rollups => {
                let days = self.samples.and_then(|keep| keep.days);
                let with_samples = days.map(Keep::of_days);
                self.rollups.or(with_samples)
            }
        }
    }
}

impl KeptFrom {
    fn earlier(self, other: Self) -> Self {
        Self {
            time: self.time.min(other.time),
            seq: self.seq.min(other.seq),
        }
    }

    fn later(self, other: Self) -> Self {
        Self {
            time: self.time.max(other.time),
            seq: self.seq.max(other.seq),
        }
    }
}
