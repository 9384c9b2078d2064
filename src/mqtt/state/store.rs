//! The local key-value store: one file, `broker.redb`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use crate::message::{Message, Offset};
use crate::mqtt::session::{Queued, SessionRow, Via};
use crate::mqtt::subscriptions::{Key, Options};

use super::rows::{
    self, RowKey, WillRow, decode_message, decode_queued, decode_session, decode_subscriptions,
    decode_will,
};

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const SESSIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("session");
const SUBSCRIPTIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("subscription");
const QUEUE: TableDefinition<'_, (u64, u64, u64), &[u8]> = TableDefinition::new("queue");
const RETAINED: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("retained");
const WILLS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("will");

/// The version of the rows' encoding.
const VERSION: u64 = 1;

/// The store.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    database: Database,
}

/// Why the broker's local state can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory can't be made.
    #[error("create the directory {path}: {source}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store refused.
    #[error("{doing} the broker's state {path}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the store said.
        source: Box<redb::Error>,
    },
    /// A row is not what it should be.
    #[error("the broker's state {path} has a {row} that this version can't read")]
    Row {
        /// The file.
        path: PathBuf,
        /// What kind of row.
        row: &'static str,
    },
}

/// What changes at once.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Up to where in the journal the store is complete afterwards.
    pub(crate) offset: Offset,
    /// The journal's epoch.
    pub(crate) epoch: u64,
    /// The next number of a session or group.
    pub(crate) next_id: u64,
    /// Sessions to put.
    pub(crate) sessions: Vec<(u64, SessionRow)>,
    /// Subscriptions of sessions.
    pub(crate) subscriptions: Vec<(u64, Vec<(Key, Options)>)>,
    /// Messages that wait, by their owner.
    pub(crate) queued: Vec<(u64, Queued)>,
    /// Rows of messages that wait no more.
    pub(crate) removed: Vec<RowKey>,
    /// Sessions and groups of which nothing is to stay.
    pub(crate) ended: Vec<u64>,
    /// Retained messages; `None` where there is none any more.
    pub(crate) retained: Vec<(crate::message::Topic, Option<Arc<Message>>)>,
    /// Wills; `None` where there is nothing to keep any more.
    pub(crate) wills: Vec<(u64, Option<WillRow>)>,
}

impl Changes {
    /// Whether only the offset is new.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
            && self.subscriptions.is_empty()
            && self.queued.is_empty()
            && self.removed.is_empty()
            && self.ended.is_empty()
            && self.retained.is_empty()
            && self.wills.is_empty()
    }
}

/// Everything that the store has.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Up to where it is complete, and in which epoch; `None` where the store is new.
    pub(crate) position: Option<(Offset, u64)>,
    /// The next number of a session or group.
    pub(crate) next_id: u64,
    /// The sessions.
    pub(crate) sessions: Vec<(u64, SessionRow)>,
    /// Their subscriptions.
    pub(crate) subscriptions: Vec<(u64, Vec<(Key, Options)>)>,
    /// Messages that wait, with how they came.
    pub(crate) queued: Vec<(RowKey, Queued)>,
    /// Retained messages.
    pub(crate) retained: Vec<Message>,
    /// Wills that may still be published.
    pub(crate) wills: Vec<(u64, WillRow)>,
}

impl Store {
    /// Opens the store in `dir`, or makes a new one.
    pub(crate) fn open(dir: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(|source| StoreError::Directory {
            path: dir.to_owned(),
            source,
        })?;
        let path = dir.join("broker.redb");
        let database = Database::builder()
            .set_cache_size(16 << 20)
            .create(&path)
            .map_err(|source| failed("open", &path)(source.into()))?;
        Ok(Self { path, database })
    }

    /// Writes changes, durably.
    pub(crate) fn write(&self, changes: &Changes) -> Result<(), StoreError> {
        self.try_write(changes).map_err(failed("write", &self.path))
    }

    fn try_write(&self, changes: &Changes) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut meta = transaction.open_table(META)?;
            meta.insert("version", VERSION)?;
            meta.insert("offset", changes.offset.0)?;
            meta.insert("epoch", changes.epoch)?;
            meta.insert("next id", changes.next_id)?;
            let mut sessions = transaction.open_table(SESSIONS)?;
            let mut subscriptions = transaction.open_table(SUBSCRIPTIONS)?;
            let mut queue = transaction.open_table(QUEUE)?;
            // First: a group that ended may have begun anew.
            for id in &changes.ended {
                sessions.remove(id)?;
                subscriptions.remove(id)?;
                queue.retain_in((*id, 0, 0)..=(*id, u64::MAX, u64::MAX), |_, _| false)?;
            }
            for (id, row) in &changes.sessions {
                sessions.insert(id, &*rows::encode_session(row))?;
            }
            for (id, all) in &changes.subscriptions {
                subscriptions.insert(id, &*rows::encode_subscriptions(all))?;
            }
            for (owner, entry) in &changes.queued {
                let key = entry.row(*owner);
                let key = (key.owner, key.offset.0, key.via);
                queue.insert(key, &*rows::encode_queued(entry))?;
            }
            for row in &changes.removed {
                queue.remove((row.owner, row.offset.0, row.via))?;
            }
            let mut retained = transaction.open_table(RETAINED)?;
            for (topic, message) in &changes.retained {
                match message {
                    Some(message) => {
                        retained.insert(topic.as_str(), &*rows::encode_message(message))?;
                    }
                    None => {
                        retained.remove(topic.as_str())?;
                    }
                }
            }
            let mut wills = transaction.open_table(WILLS)?;
            for (id, will) in &changes.wills {
                match will {
                    Some(will) => {
                        wills.insert(id, &*rows::encode_will(will))?;
                    }
                    None => {
                        wills.remove(id)?;
                    }
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Reads everything.
    pub(crate) fn load(&self) -> Result<Loaded, StoreError> {
        let unreadable = |row| StoreError::Row {
            path: self.path.clone(),
            row,
        };
        let read = || -> Result<Result<Loaded, &'static str>, redb::Error> {
            let transaction = self.database.begin_read()?;
            let mut loaded = Loaded::default();
            let meta = match transaction.open_table(META) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Ok(loaded)),
                meta => meta?,
            };
            let number =
                |key| Ok::<_, redb::Error>(meta.get(key)?.map_or(0, |value| value.value()));
            if number("version")? != VERSION {
                return Ok(Err("version"));
            }
            loaded.position = Some((Offset(number("offset")?), number("epoch")?));
            loaded.next_id = number("next id")?;
            for row in transaction.open_table(SESSIONS)?.iter()? {
                let (id, row) = row?;
                let Some(row) = decode_session(row.value()) else {
                    return Ok(Err("session"));
                };
                loaded.sessions.push((id.value(), row));
            }
            for row in transaction.open_table(SUBSCRIPTIONS)?.iter()? {
                let (id, row) = row?;
                let Some(all) = decode_subscriptions(row.value()) else {
                    return Ok(Err("subscription"));
                };
                loaded.subscriptions.push((id.value(), all));
            }
            for row in transaction.open_table(QUEUE)?.iter()? {
                let (key, row) = row?;
                let (owner, offset, via) = key.value();
                let offset = Offset(offset);
                let Some(entry) = decode_queued(offset, Via::Subscription, row.value()) else {
                    return Ok(Err("waiting message"));
                };
                loaded.queued.push((RowKey { owner, offset, via }, entry));
            }
            for row in transaction.open_table(RETAINED)?.iter()? {
                let (topic, row) = row?;
                let Some(message) = decode_message(topic.value(), row.value()) else {
                    return Ok(Err("retained message"));
                };
                loaded.retained.push(message);
            }
            // A state that was written before Wills were kept has no such table.
            let wills = match transaction.open_table(WILLS) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Ok(loaded)),
                wills => wills?,
            };
            for row in wills.iter()? {
                let (id, row) = row?;
                let Some(will) = decode_will(row.value()) else {
                    return Ok(Err("will"));
                };
                loaded.wills.push((id.value(), will));
            }
            Ok(Ok(loaded))
        };
        read()
            .map_err(failed("read", &self.path))?
            .map_err(unreadable)
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(redb::Error) -> StoreError {
    move |source| StoreError::Database {
        doing,
        path: path.to_owned(),
        source: Box::new(source),
    }
}
