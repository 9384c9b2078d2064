//! What is published.

/// What a press says: about a hundred bytes.
pub(crate) fn payload(machine: usize, value: u32) -> String {
    let (temperature, pressure) = (200 + value % 37, 400 + value % 53);
    format!(
        r#"{{"ts":{},"id":"press-{machine:02}","temp":{}.{},"bar":{}.{:02},"state":"run","ok":true,"n":{}}}"#,
        1_795_000_000_000_u64 + u64::from(value) * 1000,
        temperature / 10,
        temperature % 10,
        pressure / 100,
        pressure % 100,
        100_000 + value
    )
}
