//! What is in force where nothing is given.

use super::{Config, Options};

impl Default for Config {
    fn default() -> Self {
        Options::default().over(Options::default())
    }
}
