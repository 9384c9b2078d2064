#![no_main]

mod check;

libfuzzer_sys::fuzz_target!(|input: &[u8]| check::sparkplug(input));
