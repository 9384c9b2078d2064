//! File descriptors: each connection takes one, and the rest of the server needs some too.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// For the journal, the broker's state, the database, the log: no flood of clients may take these
/// away.
const RESERVED: u64 = 256;

/// Raises the limit as far as the system lets us, and lowers what the configuration allows to what
/// the limit does.
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
    let (mqtt, http) = shares(files, config.connections_max, config.http_connections_max);
    if (mqtt, http) != (config.connections_max, config.http_connections_max) {
        tracing::info!(
            files,
            connections_max = mqtt,
            http_connections_max = http,
            "the system's limit of open files (ulimit -n, LimitNOFILE) allows fewer connections \
             than the configuration"
        );
        config.connections_max = mqtt;
        config.http_connections_max = http;
    }
}

/// How many MQTT and HTTP connections so many files allow, of as many as are wanted: together at
/// least half of the files, and of these a quarter for HTTP, if not all can be had.
fn shares(files: u64, mqtt: usize, http: usize) -> (usize, usize) {
    let room = files.saturating_sub(RESERVED).max(files / 2);
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if mqtt.saturating_add(http) <= room {
        return (mqtt, http);
    }
    let http = http.min((room / 4).max(room.saturating_sub(mqtt)));
    (mqtt.min(room - http), http)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_descriptors_are_left_for_the_server_itself() {
        for (files, wanted, shares_of_it) in [
            (1_000_000, (20_000, 10_000), (20_000, 10_000)),
            (20_000, (20_000, 10_000), (14_808, 4_936)),
            (20_000, (20_000, 100), (19_644, 100)),
            (20_000, (100, 100_000), (100, 19_644)),
            (256, (20_000, 10_000), (96, 32)),
        ] {
            let (mqtt, http) = shares(files, wanted.0, wanted.1);
            assert_eq!((mqtt, http), shares_of_it, "{files} {wanted:?}");
        }
    }
}
