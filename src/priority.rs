//! Who gets a processor first: those who take messages, before those who answer what people ask.

/// How much less the others must want a processor, for whoever yields to get it.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 19;

/// Lets this thread have a processor only as far as the others leave one.
pub fn yield_to_others() {
    // On Linux the priority is one thread's; elsewhere it would be the whole process's.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "lower the priority of a thread");
    }
}

/// Lets another process of this machine, of one thread, have a processor only as far as the others
/// leave one.
pub fn make_yield(process: u32) {
    #[cfg(target_os = "linux")]
    if let Err(error) = linux::lower(process) {
        tracing::debug!(process, %error, "lower the priority of a process");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = process;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;

    use rustix::process::{Pid, setpriority_process};

    use super::NICENESS;

    pub(super) fn lower(process: u32) -> io::Result<()> {
        let raw = i32::try_from(process).unwrap_or(0);
        let pid = Pid::from_raw(raw).ok_or(io::ErrorKind::InvalidInput)?;
        setpriority_process(Some(pid), NICENESS)?;
        // Where the kernel shares the processors out among sessions first, a niceness counts only
        // within one: then the session has one, too. Never one that is not the process's own.
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        if session(&stat) != Some(raw) {
            return Ok(());
        }
        match std::fs::write(format!("/proc/{process}/autogroup"), NICENESS.to_string()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The session of a process, from its line in `proc_pid_stat(5)`: 0 where the session began
    /// outside of this container.
    pub(super) fn session(stat: &str) -> Option<i32> {
        // The second field is the program's name in brackets, and may have any character.
        let (_, after) = stat.rsplit_once(") ")?;
        after.split(' ').nth(3)?.parse().ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_is_made_to_yield_and_the_others_stay_as_they_are() {
        let niceness = |process: u32| {
            let pid = rustix::process::Pid::from_raw(process.cast_signed()).unwrap();
            rustix::process::getpriority_process(Some(pid)).unwrap()
        };
        let before = niceness(std::process::id());
        let mut sleeping = Command::new("sleep").arg("60").spawn().unwrap();
        make_yield(sleeping.id());
        assert!(niceness(sleeping.id()) >= NICENESS);
        assert_eq!(niceness(std::process::id()), before);
        sleeping.kill().unwrap();
        sleeping.wait().unwrap();
    }

    #[test]
    fn a_session_is_read_whatever_the_program_is_called() {
        let session = linux::session;
        assert_eq!(
            session("812 (sleep) S 800 812 7 34816 812 4194304"),
            Some(7)
        );
        assert_eq!(session("812 (a ) S 1 2) S 0 0 0 0 -1 4194304"), Some(0));
        assert_eq!(session("812 (sleep"), None);
    }
}
