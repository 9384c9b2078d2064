//! The series that are measured.

use std::path::Path;

use anyhow::Context as _;

/// Times in microseconds, and values.
pub(crate) type Series = Vec<(i64, f64)>;

/// 2026-01-01T00:00:00Z.
const FIRST: i64 = 1_767_225_600_000_000;

const SECONDS: i64 = 24 * 3600;

/// How many series there are of each kind.
const ALIKE: usize = 10;

/// A day at 1 Hz of each kind.
pub(crate) fn generated() -> Vec<(String, Vec<Series>)> {
    fastrand::seed(1);
    let exact = |second: i64| second * 1_000_000;
    let by_device = |second: i64| second * 1_000_000 + 1000 * fastrand::i64(-3..4);
    let by_receipt = |second: i64| second * 1_000_000 + fastrand::i64(0..1000);
    let kind = |name: &str, time: &dyn Fn(i64) -> i64, value: &mut dyn FnMut(i64) -> f64| {
        let one = |_| (0..SECONDS).map(|s| (FIRST + time(s), value(s))).collect();
        (
            name.to_owned(),
            (0..ALIKE).map(one).collect::<Vec<Series>>(),
        )
    };
    let daily = |s: i64| (s as f64 / SECONDS as f64 * std::f64::consts::TAU).sin();
    let (mut energy, mut level) = (0.0, 50.0);
    vec![
        kind("temperature, 0.1", &exact, &mut |s| {
            (daily(s).mul_add(60.0, 215.0 + fastrand::f64() * 2.0)).round() / 10.0
        }),
        kind("temperature, ms", &by_device, &mut |s| {
            (daily(s).mul_add(60.0, 215.0 + fastrand::f64() * 2.0)).round() / 10.0
        }),
        kind("temperature, receipt", &by_receipt, &mut |s| {
            (daily(s).mul_add(60.0, 215.0 + fastrand::f64() * 2.0)).round() / 10.0
        }),
        kind("power, 0.1 W", &exact, &mut |s| {
            (daily(s).mul_add(4000.0, 12_000.0 + fastrand::f64() * 300.0)).round() / 10.0
        }),
        kind("energy counter, 0.001", &exact, &mut |_| {
            energy += f64::from(fastrand::u32(0..4));
            energy / 1000.0
        }),
        #[allow(clippy::cast_possible_truncation)]
        kind("level as a float4", &exact, &mut |_| {
            level += fastrand::f64() - 0.5;
            f64::from(((level * 100.0).round() / 100.0) as f32)
        }),
        kind("running or not", &exact, &mut |s| {
            ((s / 700) % 3 != 0).into()
        }),
        kind("noise of all digits", &exact, &mut |_| fastrand::f64()),
    ]
}

/// The columns of a file with a heading and the time in the first column, UTC.
pub(crate) fn from_csv(path: &Path) -> anyhow::Result<Vec<Series>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut series: Vec<Series> = Vec::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split([';', ',']);
        let time = fields.next().unwrap_or_default().trim().replace(' ', "T");
        let time: jiff::civil::DateTime = time.parse()?;
        let time = time.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
        for (place, value) in fields.enumerate() {
            series.resize_with(series.len().max(place + 1), Vec::new);
            if let Ok(value) = value.trim().parse() {
                series[place].push((time.as_microsecond(), value));
            }
        }
    }
    series.retain(|series| !series.is_empty());
    Ok(series)
}
