//! Between a server and its database: connections can be cut, and the database can be away.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A socket that PostgreSQL seems to listen on.
pub struct Proxy {
    dir: tempfile::TempDir,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_away: AtomicBool,
    open: Mutex<Vec<UnixStream>>,
}

const SOCKET: &str = ".s.PGSQL.5432";

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

    /// Cuts all connections in whatever they are doing; new ones are welcome.
    pub fn cut(&self) {
        for socket in self.shared.open.lock().expect("sockets").drain(..) {
            // It may have ended already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Cuts all connections and lets no new one through until [`Self::come_back`].
    pub fn go_away(&self) {
        self.shared.is_away.store(true, Ordering::SeqCst);
        self.cut();
    }

    /// Lets connections through again.
    pub fn come_back(&self) {
        self.shared.is_away.store(false, Ordering::SeqCst);
    }
}

impl Shared {
    fn connect(&self, client: UnixStream, upstream: &PathBuf) {
        let mut open = self.open.lock().expect("sockets");
        if self.is_away.load(Ordering::SeqCst) {
            return;
        }
        let Ok(server) = UnixStream::connect(upstream) else {
            return;
        };
        for (from, to) in [(&client, &server), (&server, &client)] {
            let from = from.try_clone().expect("a second handle");
            let to = to.try_clone().expect("a second handle");
            std::thread::spawn(move || copy(from, to));
        }
        open.extend([client, server]);
    }
}

/// Hands on until either side ends, and ends the other.
fn copy(mut from: UnixStream, mut to: UnixStream) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer)
        && read > 0
        && to.write_all(&buffer[..read]).is_ok()
    {}
    for socket in [from, to] {
        // It may have ended already.
        let _ = socket.shutdown(Shutdown::Both);
    }
}
