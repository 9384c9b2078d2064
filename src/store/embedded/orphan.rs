//! A child that does not outlive its parent. Needs `unsafe`: what runs between
//! fork and exec is the caller's promise to the compiler.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use rustix::process::{Signal, getppid, set_parent_process_death_signal};

/// Spawns `command` in a process group of its own, so that Ctrl-C in a terminal reaches only us,
/// and has the kernel send it SIGINT (to PostgreSQL: "fast shutdown") when the *thread* that calls
/// this ends. That is the system's rule (prctl(2), `PR_SET_PDEATHSIG`), so call it from a thread
/// that lives as long as the process.
pub(super) fn spawn(command: &mut Command) -> std::io::Result<Child> {
    let parent = std::process::id();
    command.process_group(0);
    #[allow(unsafe_code)]
    // SAFETY: after fork only what is async-signal-safe may run. The closure makes two system
    // calls, allocates nothing, takes no lock, and touches no memory that is not its own. It runs
    // after the change of uid, which would clear the setting.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::INT))?;
            // The parent may have died before that was set.
            let alive =
                getppid().is_some_and(|pid| pid.as_raw_nonzero().get().unsigned_abs() == parent);
            if alive {
                Ok(())
            } else {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
        });
    }
    command.spawn()
}
