//! Messages as devices make them, however odd.

mod corpora;
mod discovery;
mod odd;
pub mod poison;
mod rules;
mod times;
