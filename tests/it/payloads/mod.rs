//! Messages as devices make them, however odd.

mod corpora;
mod odd;
pub mod poison;
mod times;
