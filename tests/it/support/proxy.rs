//! Between a server and its database: connections can be cut, and the database can be away.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A socket that PostgreSQL seems to listen on.
pub struct Proxy {
    dir: tempfile::TempDir,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_away: AtomicBool,
    /// The next commit is not told to whoever asked for it.
    is_armed: AtomicBool,
    cuts: AtomicU64,
    open: Mutex<Vec<UnixStream>>,
}

const SOCKET: &str = ".s.PGSQL.5432";

/// What PostgreSQL says once a transaction is committed (`CommandComplete`).
const COMMITTED: &[u8] = b"COMMIT\0";

impl Proxy {
    /// Hands everything on to the PostgreSQL whose socket is in `socket_dir`.
    pub fn start(socket_dir: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(dir.path().join(SOCKET)).expect("a socket");
        let shared = Arc::<Shared>::default();
        let (known, upstream) = (Arc::clone(&shared), Path::new(socket_dir).join(SOCKET));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                known.connect(client, &upstream);
            }
        });
        Self { dir, shared }
    }

    /// The folder of its socket.
    pub fn socket_dir(&self) -> &Path {
        self.dir.path()
    }

    /// Cuts all connections at the next commit: it is done, and who asked for it never knows. New
    /// connections are welcome.
    pub fn cut_at_next_commit(&self) {
        self.shared.is_armed.store(true, Ordering::SeqCst);
    }

    /// How often that has happened.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Cuts all connections and lets no new one through until [`Self::come_back`].
    pub fn go_away(&self) {
        self.shared.is_away.store(true, Ordering::SeqCst);
        self.shared.end_all();
    }

    /// Lets connections through again.
    pub fn come_back(&self) {
        self.shared.is_away.store(false, Ordering::SeqCst);
    }
}

impl Shared {
    fn connect(self: &Arc<Self>, client: UnixStream, upstream: &Path) {
        let mut open = self.open.lock().expect("sockets");
        if self.is_away.load(Ordering::SeqCst) {
            return;
        }
        let Ok(server) = UnixStream::connect(upstream) else {
            return;
        };
        let twice = |socket: &UnixStream| socket.try_clone().expect("a second handle");
        let (from, to) = (twice(&client), twice(&server));
        std::thread::spawn(move || copy(from, to, |_| true));
        let (from, to) = (twice(&server), twice(&client));
        let shared = Arc::clone(self);
        std::thread::spawn(move || copy(from, to, |answer| shared.may_pass(answer)));
        open.extend([client, server]);
    }

    fn may_pass(&self, answer: &[u8]) -> bool {
        let is_commit = answer
            .windows(COMMITTED.len())
            .any(|bytes| bytes == COMMITTED);
        if !is_commit || !self.is_armed.swap(false, Ordering::SeqCst) {
            return true;
        }
        self.cuts.fetch_add(1, Ordering::SeqCst);
        self.end_all();
        false
    }

    fn end_all(&self) {
        for socket in self.open.lock().expect("sockets").drain(..) {
            // It may have ended already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// Hands on what may pass until either side ends, or something may not, and ends both.
fn copy(mut from: UnixStream, mut to: UnixStream, may_pass: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer)
        && read > 0
        && may_pass(&buffer[..read])
        && to.write_all(&buffer[..read]).is_ok()
    {}
    for socket in [from, to] {
        // It may have ended already.
        let _ = socket.shutdown(Shutdown::Both);
    }
}
