//! File descriptors: each connection takes one, and the rest of the server needs some too.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// For the journal, the database, HTTP: a flood of MQTT clients must not take these away.
const RESERVED: u64 = 512;

/// Raises the limit as far as the system lets us, and lowers `connections_max` to what it allows.
pub(super) fn fit(config: &mut Config) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        let raised = Rlimit {
            current: maximum,
            maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::info!(%error, "the limit of open files stays as it is");
        }
    }
    // None is no limit at all.
    let Some(files) = getrlimit(Resource::Nofile).current else {
        return;
    };
    let room = connections(files);
    if room < config.connections_max {
        tracing::info!(
            files,
            connections_max = room,
            "the system's limit of open files (ulimit -n, LimitNOFILE) allows fewer connections \
             than the configuration"
        );
        config.connections_max = room;
    }
}

/// How many connections so many files allow: at least half of them.
fn connections(files: u64) -> usize {
    let room = files.saturating_sub(RESERVED).max(files / 2);
    usize::try_from(room).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_left_for_the_server_itself() {
        assert_eq!(connections(20_000), 20_000 - 512);
        assert_eq!(connections(256), 128);
    }
}
