//! How much memory the C library's allocator holds on to. It makes eight arenas for each processor, and
//! what is freed in one is of no use to the threads of another. With one for each processor nobody
//! waits for another, and the soak's server on two of them takes 240 MiB in place of 300 after ten
//! minutes, 265 after twenty.
//!
//! Other C libraries than glibc have no arenas.

#[cfg(target_env = "gnu")]
mod limit {
    use std::ffi::c_int;

    /// In `malloc.h`.
    const M_ARENA_MAX: c_int = -8;

    #[expect(
        unsafe_code,
        reason = "a function of the C library; it takes any numbers"
    )]
    // SAFETY: the declaration is glibc's. It reads and writes nothing but its own settings, under
    // its own lock, whatever it is given.
    unsafe extern "C" {
        safe fn mallopt(parameter: c_int, value: c_int) -> c_int;
    }

    /// Answers whether that could be set.
    pub(super) fn set(arenas: usize) -> bool {
        mallopt(M_ARENA_MAX, c_int::try_from(arenas).unwrap_or(c_int::MAX)) == 1
    }
}

/// Lets the allocator make no more arenas than there are processors, unless the environment says how
/// many (`MALLOC_ARENA_MAX`). To be called before the first thread is started.
pub fn limit_arenas() {
    #[cfg(target_env = "gnu")]
    if std::env::var_os("MALLOC_ARENA_MAX").is_none() {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        if !limit::set(processors) {
            tracing::debug!("the allocator takes no limit");
        }
    }
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    #[test]
    fn the_allocator_takes_a_limit() {
        assert!(super::limit::set(2));
    }
}
