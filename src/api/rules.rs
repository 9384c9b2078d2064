//! What people say of the messages on topics.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::JsonBody;
use super::params::params;
use super::problem::{Kind, Problem, Problems, done, ready};
use crate::message::{Timestamp, TopicFilter};
use crate::rules::{KnownRule, RULES_MAX, Rule, RuleError, Rules, RulesInForce};
use crate::store::Store;

params! {
    /// Which rule.
    RuleParams {
        /// Its filter. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = String, required = true, format = "mqtt-filter",
            example = "factory/%2B/press/%23")]
        filter: TopicFilter,
    }
}

/// A rule that is in force, and where it comes from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KnownRule)]
pub(super) struct RuleView {
    rule: Rule,
    /// Whether the configuration file declares it: then it is changed there.
    declared: bool,
    /// When it was made what it is; absent where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_at: Option<Timestamp>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_by: Option<String>,
}

/// All rules.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rules)]
pub(super) struct RulesView {
    /// The most specific first: of those that name a topic, the first counts.
    items: Vec<RuleView>,
}

impl From<&KnownRule> for RuleView {
    fn from(known: &KnownRule) -> Self {
        let (changed_at, changed_by) = known.made.clone().unzip();
        Self {
            rule: known.rule.clone(),
            declared: known.made.is_none(),
            changed_at,
            changed_by,
        }
    }
}

/// Rules
///
/// What is stored of the messages on topics, and how they are read: those that the configuration
/// file declares, and those that were made here. For whoever may read everything.
#[utoipa::path(get, path = "/rules", tag = "rules",
    responses((status = OK, body = RulesView), Problems))]
pub(super) async fn rules(
    State(store): State<Store>,
    State(rules): State<RulesInForce>,
    asker: Asker,
) -> Result<Json<RulesView>, Problem> {
    asker.check_reads_all()?;
    // Before, those that are stored are not known.
    ready(store)?;
    let rules = rules.load();
    let items = rules.all().iter().map(|known| RuleView::from(&**known));
    Ok(Json(RulesView {
        items: items.collect(),
    }))
}

/// Make a rule
///
/// In the place of the one with its filter, if there is one. It counts for the messages that come
/// from now on; `POST /rules/trial` says before what it will make of them. For administrators.
#[utoipa::path(put, path = "/rules", tag = "rules", request_body = Rule,
    responses((status = OK, body = RuleView), Problems))]
pub(super) async fn put_rule(
    State(store): State<Store>,
    State(rules): State<RulesInForce>,
    asker: Asker,
    JsonBody(rule): JsonBody<Value>,
) -> Result<Json<RuleView>, Problem> {
    asker.check_removes()?;
    let rule = checked(rule)?;
    let store = ready(store)?;
    let _turn = rules.change().await;
    let before = rules.load();
    check_not_declared(&before, &rule.filter)?;
    if before.with_filter(&rule.filter).is_none() && before.all().len() >= RULES_MAX {
        let why = format!("there are {RULES_MAX} rules, and no more");
        return Err(Problem::new(Kind::Conflict, why));
    }
    if rule.keeps() && !before.has_room_to_keep(&rule.filter) {
        return Err(Problem::new(
            Kind::Conflict,
            RuleError::ManyKeeps.to_string(),
        ));
    }
    let by = asker.principal.name().to_owned();
    let json = serde_json::to_value(&rule).map_err(Problem::internal)?;
    store.put_rule(&rule.filter, &json, &by).await?;
    let made = Some((Timestamp::now(), by));
    let known = KnownRule { rule, made };
    let view = RuleView::from(&known);
    tracing::info!(filter = known.rule.filter.as_str(), by = ?asker.principal, "a rule is made");
    rules.set_stored(stored(before.with(known).all()));
    Ok(Json(view))
}

/// Delete a rule
///
/// For the messages that come from now on the next one counts that names their topics, or none. For
/// administrators.
#[utoipa::path(delete, path = "/rules", tag = "rules", params(RuleParams),
    responses((status = NO_CONTENT), Problems))]
pub(super) async fn delete_rule(
    State(store): State<Store>,
    State(rules): State<RulesInForce>,
    asker: Asker,
    params: RuleParams,
) -> Result<Response, Problem> {
    let filter = params.filter.ok_or_else(|| {
        let why = "is needed: it says which rule";
        Problem::parameter(Kind::BadFilter, "filter", why)
    })?;
    asker.check_removes()?;
    let store = ready(store)?;
    let _turn = rules.change().await;
    let before = rules.load();
    check_not_declared(&before, &filter)?;
    if before.with_filter(&filter).is_none() {
        return Err(Problem::new(
            Kind::NotFound,
            "there is no rule with this filter",
        ));
    }
    store.delete_rule(&filter).await?;
    tracing::info!(filter = filter.as_str(), by = ?asker.principal, "a rule is deleted");
    rules.set_stored(before.without(&filter).filter(|known| known.made.is_some()));
    Ok(done())
}

/// A rule that somebody gave.
pub(super) fn checked(given: Value) -> Result<Rule, Problem> {
    Rule::from_json(given).map_err(|error| Problem::new(Kind::BadRule, error.to_string()))
}

fn check_not_declared(rules: &Rules, filter: &TopicFilter) -> Result<(), Problem> {
    match rules.with_filter(filter) {
        Some(known) if known.made.is_none() => Err(Problem::new(
            Kind::Conflict,
            "the configuration file declares the rule with this filter, and has to be changed itself",
        )),
        _ => Ok(()),
    }
}

fn stored(rules: &[Arc<KnownRule>]) -> impl Iterator<Item = KnownRule> {
    let stored = rules.iter().filter(|known| known.made.is_some());
    stored.map(|known| KnownRule::clone(known))
}
