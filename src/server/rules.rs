//! The rules that the configuration file declares.

use anyhow::Context as _;

use crate::config::Config;
use crate::rules::{Rule, Rules, RulesInForce};

/// Reads them; says which one is wrong, and why.
pub(super) fn declared(config: &Config) -> anyhow::Result<RulesInForce> {
    let mut rules = Vec::with_capacity(config.rules.len());
    for (place, table) in config.rules.iter().enumerate() {
        let rule = table.clone().try_into::<Rule>();
        rules.push(rule.with_context(|| which(place, table.get("filter")))?);
    }
    let rules = Rules::declared(rules).map_err(|(place, error)| {
        let filter = config
            .rules
            .get(place)
            .and_then(|table| table.get("filter"));
        anyhow::Error::new(error).context(which(place, filter))
    })?;
    Ok(RulesInForce::new(rules))
}

fn which(place: usize, filter: Option<&toml::Value>) -> String {
    let filter = filter.map(|filter| format!(", filter = {filter}"));
    let filter = filter.unwrap_or_default();
    format!(
        "[[rule]] number {} of the configuration file{filter}",
        place + 1
    )
}
