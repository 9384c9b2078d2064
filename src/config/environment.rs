//! Variables that look like options and are none: most are mistyped.

use super::VARIABLES;

/// What the names of all options begin with.
const PREFIX: &str = "UNSPOOL_";

/// Read by those who build and test the server, and by nobody who runs it.
const NOT_OPTIONS: [&str; 3] = ["UNSPOOL_UI_", "UNSPOOL_SOAK_", "UNSPOOL_SEED"];

/// A variable that no option has.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownVariable {
    pub name: String,
    /// The option that may have been meant.
    pub nearest: Option<&'static str>,
}

/// The variables among `names` that are meant for this server, and that it does not know.
pub fn unknown_variables(names: impl IntoIterator<Item = String>) -> Vec<UnknownVariable> {
    let mut unknown: Vec<UnknownVariable> = names
        .into_iter()
        .filter(|name| name.starts_with(PREFIX) && !VARIABLES.contains(&name.as_str()))
        .filter(|name| !NOT_OPTIONS.iter().any(|other| name.starts_with(other)))
        .filter(|name| !is_of_kubernetes(name))
        .map(|name| UnknownVariable {
            nearest: nearest(&name),
            name,
        })
        .collect();
    unknown.sort_by(|a, b| a.name.cmp(&b.name));
    unknown
}

/// Whether Kubernetes set it, as it does in each container for a service that is called `unspool`
/// or `unspool-…`, unless `enableServiceLinks` is false.
fn is_of_kubernetes(name: &str) -> bool {
    let is_number = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    name.contains("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name.split("_PORT_").skip(1).any(is_number)
}

/// The option whose variable is spelled most like this, if any is: its words may stand in another
/// order.
fn nearest(name: &str) -> Option<&'static str> {
    let sorted = |name: &str| {
        let mut words: Vec<&str> = name.split('_').collect();
        words.sort_unstable();
        words.join("_")
    };
    let name = name.to_ascii_uppercase();
    let distances = VARIABLES.iter().map(|known| {
        let in_any_order = distance(&sorted(known), &sorted(&name)) + 1;
        (distance(known, &name).min(in_any_order), *known)
    });
    distances
        .min()
        .filter(|(distance, _)| *distance <= (name.len() - PREFIX.len()) / 3)
        .map(|(_, known)| known)
}

/// How many characters have to be changed, added or removed to make one of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (left, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[left + 1];
            row[left + 1] = changed.min(diagonal + 1).min(row[left] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_variable_is_told_with_the_one_that_was_meant() {
        for (name, nearest) in [
            ("UNSPOOL_MQTT_LISEN", Some("UNSPOOL_MQTT_LISTEN")),
            ("UNSPOOL_DATABSE_URL", Some("UNSPOOL_DATABASE_URL")),
            (
                "UNSPOOL_JOURNAL_MAX_BYTES",
                Some("UNSPOOL_JOURNAL_BYTES_MAX"),
            ),
            ("UNSPOOL_http_listen", Some("UNSPOOL_HTTP_LISTEN")),
            ("UNSPOOL_SOMETHING_ELSE_WHOLLY", None),
            ("UNSPOOL_", None),
        ] {
            let name = name.to_owned();
            let unknown = unknown_variables([name.clone()]);
            assert_eq!(unknown, [UnknownVariable { name, nearest }]);
        }
    }

    #[test]
    fn what_others_set_is_not_told() {
        for name in [
            "UNSPOOL_MQTT_LISTEN",
            "UNSPOOL_CONFIG",
            "UNSPOOL_UI_DIR",
            "UNSPOOL_SERVICE_HOST",
            "UNSPOOL_SERVICE_PORT_MQTT",
            "UNSPOOL_PORT",
            "UNSPOOL_PORT_1883_TCP_ADDR",
            "UNSPOOL_EDGE_SERVICE_HOST",
            "PATH",
            "unspool_mqtt",
        ] {
            assert_eq!(unknown_variables([name.to_owned()]), [], "{name}");
        }
    }
}
