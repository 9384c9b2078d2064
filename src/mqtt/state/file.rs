//! The state file: an embedded key-value store, `broker.redb`.

use std::collections::HashSet;
use std::fs::{OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::message::{Message, Offset, Topic};
use crate::mqtt::ids::{OwnerId, SessionId, WillId};
use crate::mqtt::queued::{Queued, Via};
use crate::mqtt::terms::{SubscriptionKey, SubscriptionOptions};

use super::overlay::Overlay;
use super::rows::{QueuedRow, RetainedRow, RowKey, SessionRow, WillRow};

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const SESSIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("session");
const SUBSCRIPTIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("subscription");
const QUEUE: TableDefinition<'_, (u64, u64, u64), &[u8]> = TableDefinition::new("queue");
const RETAINED: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("retained");
/// Wills that are over although the journal does not say so, and up to where it says something
/// else.
const WILLS_OVER: TableDefinition<'_, u64, u64> = TableDefinition::new("will over");
const WILLS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("will");

const NAME: &str = "broker.redb";

/// What of the file is kept in memory at most.
const CACHE_BYTES: usize = 16 << 20;

/// The version of the rows' encoding.
const VERSION: u64 = 3;

/// The broker's state on disk.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    database: Database,
}

/// Why the broker's local state can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The directory can't be made.
    #[error("create the directory {path}: {source}")]
    Directory {
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    #[error("{doing} the broker's state {path}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        path: PathBuf,
        /// What the database said.
        source: Box<redb::Error>,
    },
    /// The file is not what was written, and there is nothing to make it again from in full.
    #[error(
        "the broker's state {path} is damaged, and the journal no longer has all that it was made \
         from: bring back a copy, or move the file away to go on with the sessions and retained \
         messages that the journal still has"
    )]
    Damaged {
        path: PathBuf,
        source: Box<StateError>,
    },
    /// Another version of the server wrote it.
    #[error(
        "the broker's state {path} is of version {found}, and this server reads version {VERSION}: \
         start the server that wrote it, or move the file away to have sessions and retained \
         messages made again from as much as the journal still holds"
    )]
    Version { path: PathBuf, found: u64 },
    /// A row is not what it should be.
    #[error("the broker's state {path} has a {row} that this version can't read")]
    Row {
        path: PathBuf,
        /// What kind of row.
        row: &'static str,
    },
}

/// What changes at once.
#[derive(Debug, Default)]
pub(crate) struct StateChanges {
    /// Up to where in the journal the file is complete afterwards.
    pub(crate) offset: Offset,
    pub(crate) epoch: u64,
    /// The next number of a session or group.
    pub(crate) next_id: u64,
    pub(crate) sessions: Vec<(SessionId, SessionRow)>,
    pub(crate) subscriptions: Vec<(SessionId, Vec<(SubscriptionKey, SubscriptionOptions)>)>,
    /// Messages that wait, by their owner.
    pub(crate) queued: Vec<(OwnerId, Queued)>,
    /// Rows of messages that wait no more.
    pub(crate) removed: Vec<RowKey>,
    /// Sessions and groups of which nothing is to stay.
    pub(crate) ended: Vec<OwnerId>,
    /// Retained messages; `None` where there is none any more.
    pub(crate) retained: Vec<(Topic, Option<Arc<Message>>)>,
    /// Wills; `None` where there is nothing to keep any more.
    pub(crate) wills: Vec<(WillId, Option<WillRow>)>,
    /// Wills that are over although the journal, below these offsets, says something else.
    pub(crate) wills_over: Vec<(WillId, Offset)>,
}

impl StateChanges {
    /// Whether only the offset is new.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
            && self.subscriptions.is_empty()
            && self.queued.is_empty()
            && self.removed.is_empty()
            && self.ended.is_empty()
            && self.retained.is_empty()
            && self.wills.is_empty()
            && self.wills_over.is_empty()
    }
}

/// Everything that the file has.
#[derive(Debug, Default)]
pub(crate) struct LoadedState {
    /// Up to where it is complete, and in which epoch; `None` where the file is new.
    pub(crate) position: Option<(Offset, u64)>,
    /// The next number of a session or group.
    pub(crate) next_id: u64,
    pub(crate) sessions: Vec<(SessionId, SessionRow)>,
    pub(crate) subscriptions: Vec<(SessionId, Vec<(SubscriptionKey, SubscriptionOptions)>)>,
    /// Messages that wait, with how they came.
    pub(crate) queued: Vec<(OwnerId, Queued)>,
    pub(crate) retained: Vec<Message>,
    /// Wills that may still be published.
    pub(crate) wills: Vec<(WillId, WillRow)>,
    /// Wills that are over although the journal says something else.
    pub(crate) wills_over: HashSet<WillId>,
}

impl StateFile {
    /// Opens the file in `dir`, or makes a new one, and reads all of it. One that is damaged is set
    /// aside for a new one, where it `can_be_made_again`.
    pub(crate) fn open(
        dir: &Path,
        can_be_made_again: bool,
    ) -> Result<(Self, LoadedState), StateError> {
        let opened = Self::try_open(dir).and_then(|file| {
            let loaded = file.load()?;
            Ok((file, loaded))
        });
        match opened {
            Err(error) if error.is_damage() => {
                let path = dir.join(NAME);
                if !can_be_made_again {
                    let source = Box::new(error);
                    return Err(StateError::Damaged { path, source });
                }
                let aside = path.with_extension("redb.damaged");
                std::fs::rename(&path, &aside).map_err(|source| StateError::Directory {
                    path: aside.clone(),
                    source,
                })?;
                tracing::warn!(
                    %error, aside = %aside.display(),
                    "the broker's state is damaged: it is set aside, and made again from the journal"
                );
                let file = Self::try_open(dir)?;
                Ok((file, LoadedState::default()))
            }
            opened => opened,
        }
    }

    /// Reads the file in `dir` and leaves it as it is, also where it was not closed; `None` where
    /// there is none.
    pub(crate) fn look(dir: &Path) -> Result<Option<LoadedState>, StateError> {
        let path = dir.join(NAME);
        let failed = |error| failed("open", &path)(error);
        let file = match Overlay::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.map_err(|error| failed(error.into()))?,
        };
        let mut builder = Database::builder();
        let opened = builder
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(file);
        let database = opened.map_err(|error| failed(error.into()))?;
        Self {
            path: path.clone(),
            database,
        }
        .load()
        .map(Some)
    }

    fn try_open(dir: &Path) -> Result<Self, StateError> {
        std::fs::create_dir_all(dir).map_err(|source| StateError::Directory {
            path: dir.to_owned(),
            source,
        })?;
        let path = dir.join(NAME);
        make_private(&path).map_err(|source| failed("open", &path)(source.into()))?;
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(&path)
            .map_err(|source| failed("open", &path)(source.into()))?;
        Ok(Self { path, database })
    }

    pub(crate) fn write(&self, changes: &StateChanges) -> Result<(), StateError> {
        self.try_write(changes).map_err(failed("write", &self.path))
    }

    fn try_write(&self, changes: &StateChanges) -> Result<(), redb::Error> {
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
            for OwnerId(id) in &changes.ended {
                sessions.remove(id)?;
                subscriptions.remove(id)?;
                queue.retain_in((*id, 0, 0)..=(*id, u64::MAX, u64::MAX), |_, _| false)?;
            }
            for (id, row) in &changes.sessions {
                sessions.insert(id.0, &*encode(row)?)?;
            }
            for (id, all) in &changes.subscriptions {
                subscriptions.insert(id.0, &*encode(all)?)?;
            }
            for (owner, entry) in &changes.queued {
                let key = (owner.0, entry.offset.0, entry.via.number());
                queue.insert(key, &*encode(&QueuedRow::from(entry))?)?;
            }
            for row in &changes.removed {
                queue.remove((row.owner.0, row.offset.0, row.via.number()))?;
            }
            let mut retained = transaction.open_table(RETAINED)?;
            for (topic, message) in &changes.retained {
                match message {
                    Some(message) => {
                        let row = RetainedRow::from(&**message);
                        retained.insert(topic.as_str(), &*encode(&row)?)?;
                    }
                    None => {
                        retained.remove(topic.as_str())?;
                    }
                }
            }
            let mut over = transaction.open_table(WILLS_OVER)?;
            for (id, offset) in &changes.wills_over {
                over.insert(id.0, offset.0)?;
            }
            // The journal is read from here on.
            over.retain(|_, offset| offset > changes.offset.0)?;
            let mut wills = transaction.open_table(WILLS)?;
            for (id, will) in &changes.wills {
                match will {
                    Some(will) => {
                        wills.insert(id.0, &*encode(will)?)?;
                    }
                    None => {
                        wills.remove(id.0)?;
                    }
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn load(&self) -> Result<LoadedState, StateError> {
        let path = || self.path.clone();
        self.try_load().map_err(|error| match error {
            LoadError::Database(source) => failed("read", &self.path)(source),
            LoadError::Version(found) => StateError::Version {
                path: path(),
                found,
            },
            LoadError::Row(row) => StateError::Row { path: path(), row },
        })
    }

    fn try_load(&self) -> Result<LoadedState, LoadError> {
        let transaction = self.database.begin_read().map_err(redb::Error::from)?;
        let mut loaded = LoadedState::default();
        let meta = match transaction.open_table(META) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(loaded),
            meta => meta.map_err(redb::Error::from)?,
        };
        let number = |key| Ok::<_, redb::Error>(meta.get(key)?.map_or(0, |value| value.value()));
        let found = number("version")?;
        if found != VERSION {
            return Err(LoadError::Version(found));
        }
        loaded.position = Some((Offset(number("offset")?), number("epoch")?));
        loaded.next_id = number("next id")?;
        for_each(&transaction, SESSIONS, |id, row| {
            let row = decode(row).ok_or(LoadError::Row("session"))?;
            loaded.sessions.push((SessionId(id), row));
            Ok(())
        })?;
        for_each(&transaction, SUBSCRIPTIONS, |id, row| {
            let all = decode(row).ok_or(LoadError::Row("subscription"))?;
            loaded.subscriptions.push((SessionId(id), all));
            Ok(())
        })?;
        for_each(&transaction, QUEUE, |(owner, offset, via), row| {
            let offset = Offset(offset);
            let via = Via::from_number(via).ok_or(LoadError::Row("waiting message"))?;
            let row: QueuedRow = decode(row).ok_or(LoadError::Row("waiting message"))?;
            loaded.queued.push((OwnerId(owner), row.entry(offset, via)));
            Ok(())
        })?;
        for_each(&transaction, RETAINED, |topic: &str, row| {
            let message = Topic::new(topic).ok().zip(decode::<RetainedRow>(row));
            let (topic, row) = message.ok_or(LoadError::Row("retained message"))?;
            loaded.retained.push(row.message(topic));
            Ok(())
        })?;
        let over = transaction.open_table(WILLS_OVER);
        for row in over
            .map_err(redb::Error::from)?
            .iter()
            .map_err(redb::Error::from)?
        {
            let (id, _) = row.map_err(redb::Error::from)?;
            loaded.wills_over.insert(WillId(id.value()));
        }
        for_each(&transaction, WILLS, |id, row| {
            let row = decode(row).ok_or(LoadError::Row("will"))?;
            loaded.wills.push((WillId(id), row));
            Ok(())
        })?;
        Ok(loaded)
    }
}

impl StateError {
    /// Whether the file is not what was written.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Row { .. } => true,
            Self::Database { source, .. } => match &**source {
                redb::Error::Corrupted(_) => true,
                redb::Error::Io(error) => matches!(
                    error.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ),
                _ => false,
            },
            _ => false,
        }
    }
}

/// Makes the file, where it is missing, for nobody but its owner, and takes it from others: the
/// database would make one that all may read.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Why the file can't be read, without its name.
enum LoadError {
    Database(redb::Error),
    Version(u64),
    Row(&'static str),
}

impl From<redb::Error> for LoadError {
    fn from(error: redb::Error) -> Self {
        Self::Database(error)
    }
}

fn for_each<K: redb::Key + 'static>(
    transaction: &redb::ReadTransaction,
    table: TableDefinition<'_, K, &'static [u8]>,
    mut take: impl FnMut(K::SelfType<'_>, &[u8]) -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    let table = transaction.open_table(table).map_err(redb::Error::from)?;
    for row in table.iter().map_err(redb::Error::from)? {
        let (key, row) = row.map_err(redb::Error::from)?;
        take(key.value(), row.value())?;
    }
    Ok(())
}

fn encode(row: &impl Serialize) -> Result<Vec<u8>, redb::Error> {
    postcard::to_allocvec(row).map_err(|error| redb::Error::Corrupted(error.to_string()))
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((row, [])) => Some(row),
        _ => None,
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(redb::Error) -> StateError {
    move |source| StateError::Database {
        doing,
        path: path.to_owned(),
        source: Box::new(source),
    }
}
