//! How much memory PostgreSQL's shared buffers take, which they never give back: a part of what
//! there is, in a container of what its limit leaves.

use std::path::Path;

/// The part of the memory that they are to take.
const PART: u64 = 8;

const MIB_MIN: u64 = 32;
const MIB_MAX: u64 = 256;

/// The setting for this machine.
pub(super) fn shared_buffers() -> String {
    let limits = limits().into_iter().chain(machine_bytes());
    format!("shared_buffers={}MB", mib(limits))
}

fn mib(limits: impl Iterator<Item = u64>) -> u64 {
    let least = limits.min().unwrap_or(u64::MAX);
    ((least / PART) >> 20).clamp(MIB_MIN, MIB_MAX)
}

fn machine_bytes() -> Option<u64> {
    let about = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = about
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib << 10)
}

/// What control groups of either version leave us: in a container the one at the root is often our
/// own, though it has another name outside.
fn limits() -> Vec<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = groups.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    let places = own.map(|path| path.trim_start_matches('/')).chain([""]);
    let files = places.flat_map(|path| {
        [
            Path::new("/sys/fs/cgroup").join(path).join("memory.max"),
            Path::new("/sys/fs/cgroup/memory")
                .join(path)
                .join("memory.limit_in_bytes"),
        ]
    });
    let texts = files.filter_map(|file| std::fs::read_to_string(file).ok());
    // "max" is no limit.
    texts.filter_map(|text| text.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_buffers_are_a_part_of_what_there_is_within_bounds() {
        for (limits, expected) in [
            (vec![], 256),
            (vec![64 << 30], 256),
            (vec![64 << 30, 512 << 20], 64),
            (vec![1 << 30], 128),
            (vec![64 << 20], 32),
            (vec![0], 32),
        ] {
            assert_eq!(mib(limits.iter().copied()), expected, "{limits:?}");
        }
        assert!(machine_bytes().is_some_and(|bytes| bytes > 64 << 20));
    }
}
