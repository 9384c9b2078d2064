//! A bound on the memory of a server together with its database, as a container sets it.
//!
//! Where this process may make control groups, it is one of these, and whatever takes more is
//! killed by the kernel. Elsewhere each process may have so much private memory, and asks in vain
//! for more.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::client::unique;

/// How long the last process in a group may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A container that has nothing else of a container.
pub struct Container {
    bytes: u64,
    group: Option<Group>,
}

/// A control group.
struct Group {
    folder: PathBuf,
    /// The file in it that counts what the kernel has killed.
    events: &'static str,
}

impl Container {
    /// With so much memory, and no swap.
    pub fn new(bytes: u64) -> Self {
        let group = Group::first_version(bytes).or_else(|| Group::second_version(bytes));
        Self { bytes, group }
    }

    /// The command that runs `program` inside.
    pub fn command(&self, program: &str) -> Command {
        let Some(group) = &self.group else {
            let mut command = Command::new("prlimit");
            command.arg(format!("--data={}", self.bytes)).arg(program);
            return command;
        };
        let mut command = Command::new("sh");
        command
            .args(["-c", r#"echo $$ >"$0" && exec "$@""#])
            .arg(group.folder.join("cgroup.procs"))
            .arg(program);
        command
    }

    /// How much memory it has.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How much of it its processes hold, files that they read and wrote apart; `None` where that
    /// can't be told. In KiB.
    pub fn held_kib(&self) -> Option<u64> {
        let stat = std::fs::read_to_string(self.group.as_ref()?.folder.join("memory.stat")).ok()?;
        // What is private is "rss" in version 1 and "anon" in version 2.
        let held = ["rss", "anon", "shmem"].map(|name| {
            let mut lines = stat.lines().filter_map(|line| line.split_once(' '));
            let (_, bytes) = lines.find(|(other, _)| *other == name)?;
            bytes.parse::<u64>().ok()
        });
        Some(held.into_iter().flatten().sum::<u64>() >> 10)
    }

    /// How many processes in it the kernel has killed for want of memory.
    pub fn killed(&self) -> u64 {
        let Some(group) = &self.group else { return 0 };
        let events = std::fs::read_to_string(group.folder.join(group.events)).expect("read events");
        let killed = events
            .lines()
            .find_map(|line| line.strip_prefix("oom_kill "));
        let killed = killed.and_then(|count| count.parse().ok());
        killed.expect("a count")
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.bytes >> 20;
        match self.group {
            Some(_) => write!(
                f,
                "{mib} MiB for all processes together, in a control group"
            ),
            None => write!(
                f,
                "{mib} MiB for each process: no control group can be made here"
            ),
        }
    }
}

impl Group {
    /// Of version 1 of the interface, below the group that this process is in.
    fn first_version(bytes: u64) -> Option<Self> {
        let own = own_group(|controllers| controllers.split(',').any(|name| name == "memory"))?;
        let parent = Path::new("/sys/fs/cgroup/memory").join(own);
        let group = Self::make(&parent, "memory.oom_control")?;
        group.set("memory.limit_in_bytes", bytes)?;
        // Memory and swap together; where there is no swap there is no such file.
        group.set("memory.memsw.limit_in_bytes", bytes);
        Some(group)
    }

    /// Of version 2, beside the group that this process is in: it can't have both processes and
    /// groups below it.
    fn second_version(bytes: u64) -> Option<Self> {
        let own = Path::new("/sys/fs/cgroup").join(own_group(str::is_empty)?);
        let group = Self::make(own.parent()?, "memory.events")?;
        group.set("memory.max", bytes)?;
        group.set("memory.swap.max", 0);
        Some(group)
    }

    fn make(parent: &Path, events: &'static str) -> Option<Self> {
        let folder = parent.join(unique("unspool-test-"));
        std::fs::create_dir(&folder).ok()?;
        Some(Self { folder, events })
    }

    fn set(&self, name: &str, bytes: u64) -> Option<()> {
        std::fs::write(self.folder.join(name), bytes.to_string()).ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let until = Instant::now() + PATIENCE;
        while std::fs::remove_dir(&self.folder).is_err() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10)); // a process in it is about to end
        }
    }
}

/// The group of this process in the hierarchy with the `wanted` controllers, without a slash.
fn own_group(wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        wanted(controllers).then(|| PathBuf::from(path.trim_start_matches('/')))
    })
}
