//! Accounts and their tokens, for administrators.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::JsonBody;
use super::problem::{Kind, NO_SUCH_ACCOUNT, NoSuchAccount, Problem, Problems, created, done};
use crate::auth::{
    AccountChange, AccountLimits, AccountState, Auth, ClientBinding, Credentials, NewAccount,
    NewToken, Password, PermissionFilters, Role, Visitor,
};
use crate::message::Timestamp;

/// All accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Accounts)]
pub(super) struct AccountList {
    /// By their names.
    items: Vec<AccountState>,
}

/// Accounts
///
/// Without their passwords, with their tokens. For administrators, as all of these are.
#[utoipa::path(get, path = "/accounts", tag = "accounts",
    responses((status = OK, body = AccountList), Problems))]
pub(super) async fn accounts(
    State(auth): State<Auth>,
    asker: Asker,
) -> Result<Json<AccountList>, Problem> {
    asker.check_administers()?;
    let items = auth.accounts();
    Ok(Json(AccountList { items }))
}

/// One account
#[utoipa::path(get, path = "/accounts/{name}", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = OK, body = AccountState), NoSuchAccount, Problems))]
pub(super) async fn account(
    State(auth): State<Auth>,
    asker: Asker,
    Path(name): Path<String>,
) -> Result<Json<AccountState>, Problem> {
    asker.check_administers()?;
    find(&auth, &name).map(Json)
}

fn find(auth: &Auth, name: &str) -> Result<AccountState, Problem> {
    let account = auth.account(name);
    account.ok_or_else(|| Problem::new(Kind::NotFound, NO_SUCH_ACCOUNT))
}

/// An account that is to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccount)]
pub(super) struct AccountToAdd {
    name: String,
    role: Role,
    /// Without one nobody comes in by a password.
    #[schema(format = Password, min_length = 8, max_length = 1024)]
    password: Option<String>,
    #[serde(default)]
    disabled: bool,
    /// The MQTT client identifier that it is bound to; `*` at its end is any.
    client: Option<ClientBinding>,
    #[serde(default)]
    permissions: PermissionFilters,
    #[serde(default)]
    limits: AccountLimits,
}

/// Add an account
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = AccountToAdd,
    responses((status = CREATED, body = AccountState), Problems))]
pub(super) async fn add_account(
    State(auth): State<Auth>,
    asker: Asker,
    JsonBody(new): JsonBody<AccountToAdd>,
) -> Result<Response, Problem> {
    asker.check_administers()?;
    let account = NewAccount {
        name: new.name.clone(),
        role: new.role,
        password: new.password.map(password).transpose()?,
        disabled: new.disabled,
        client: new.client,
        permissions: new.permissions,
        limits: new.limits,
    };
    auth.add_account(&asker.actor(), account).await?;
    Ok(created(&find(&auth, &new.name)?))
}

fn password(text: String) -> Result<Password, Problem> {
    Password::new(text).map_err(|why| Problem::parameter(Kind::BadParameter, "password", why))
}

/// What is to become of an account; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountChange)]
pub(super) struct ChangeToMake {
    role: Option<Role>,
    disabled: Option<bool>,
    /// null lets any MQTT client come in by it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<ClientBinding>)]
    #[allow(clippy::option_option)] // null is not the same as absent
    client: Option<Option<ClientBinding>>,
    permissions: Option<PermissionFilters>,
    limits: Option<AccountLimits>,
}

/// Tells null from what is absent.
#[allow(clippy::option_option)]
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Change an account
///
/// Whoever has come in by it may do from now on what it says now: a stream ends, and goes on with
/// what is left.
#[utoipa::path(patch, path = "/accounts/{name}", tag = "accounts", request_body = ChangeToMake,
    params(("name" = String, Path, description = "The account's name")),
    responses((status = OK, body = AccountState), NoSuchAccount, Problems))]
pub(super) async fn change_account(
    State(auth): State<Auth>,
    asker: Asker,
    Path(name): Path<String>,
    JsonBody(change): JsonBody<ChangeToMake>,
) -> Result<Json<AccountState>, Problem> {
    asker.check_administers()?;
    let change = AccountChange {
        role: change.role,
        disabled: change.disabled,
        client: change.client,
        permissions: change.permissions,
        limits: change.limits,
    };
    auth.change_account(&asker.actor(), &name, change).await?;
    find(&auth, &name).map(Json)
}

/// Remove an account
///
/// Whoever has come in by it, or by one of its tokens, is cut off.
#[utoipa::path(delete, path = "/accounts/{name}", tag = "accounts",
    params(("name" = String, Path, description = "The account's name")),
    responses((status = NO_CONTENT), NoSuchAccount, Problems))]
pub(super) async fn remove_account(
    State(auth): State<Auth>,
    asker: Asker,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    asker.check_administers()?;
    auth.remove_account(&asker.actor(), &name).await?;
    Ok(done())
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    #[schema(format = Password, min_length = 8, max_length = 1024)]
    password: String,
    /// The password until now: for whoever changes their own, and is no administrator.
    #[schema(format = Password)]
    current: Option<String>,
}

/// Give an account another password
///
/// Whoever has come in by the one before is cut off. An administrator may do that for any account,
/// everybody else for their own, and shows the one that they had.
#[utoipa::path(put, path = "/accounts/{name}/password", tag = "accounts",
    request_body = NewPassword, params(("name" = String, Path, description = "The account's name")),
    responses((status = NO_CONTENT), NoSuchAccount, Problems))]
pub(super) async fn set_password(
    State(auth): State<Auth>,
    asker: Asker,
    Path(name): Path<String>,
    JsonBody(new): JsonBody<NewPassword>,
) -> Result<Response, Problem> {
    if !asker.principal.administers() || auth.is_open() {
        if asker.principal.name() != name {
            asker.check_administers()?;
        }
        let visitor = Visitor {
            shown: Credentials::Password {
                user: name.as_str().into(),
                password: new.current.unwrap_or_default().into(),
            },
            from: asker.caller.address,
            ..Visitor::default()
        };
        // A token does for a password elsewhere, but gives less than the account: it gives no more
        // by setting one.
        let shown = auth.sign_in(&visitor).await;
        if !shown.is_ok_and(|shown| shown.has_shown_password()) {
            let why = "current: is not the password of the account";
            return Err(Problem::new(Kind::Forbidden, why));
        }
    }
    auth.set_password(&asker.actor(), &name, password(new.password)?)
        .await?;
    Ok(done())
}

/// A token that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub(super) struct TokenToMake {
    /// What it is for.
    name: String,
    /// When it ends; never where it is absent.
    expires: Option<Timestamp>,
    /// What it may be used for at most; as much as its account where it is absent.
    role: Option<Role>,
    /// Whether it sees metrics and totals, where its account does.
    #[serde(default)]
    metrics: bool,
    /// Where it may be used, of where its account may.
    #[serde(default)]
    permissions: PermissionFilters,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = IssuedToken)]
pub(super) struct TokenText {
    /// Names it.
    id: String,
    /// The token. Nobody can read it again.
    text: String,
}

/// Make a token
///
/// A bearer token over HTTP, and the password of an MQTT client. It is shown this once.
#[utoipa::path(post, path = "/accounts/{name}/tokens", tag = "accounts",
    request_body = TokenToMake, params(("name" = String, Path, description = "The account's name")),
    responses((status = CREATED, body = TokenText), NoSuchAccount, Problems))]
pub(super) async fn issue_token(
    State(auth): State<Auth>,
    asker: Asker,
    Path(name): Path<String>,
    JsonBody(new): JsonBody<TokenToMake>,
) -> Result<Response, Problem> {
    asker.check_administers()?;
    let token = NewToken {
        name: new.name,
        expires: new.expires,
        role: new.role,
        metrics: new.metrics,
        permissions: new.permissions,
    };
    let issued = auth.issue_token(&asker.actor(), &name, token).await?;
    let (id, text) = (issued.id.as_ref().to_owned(), issued.text);
    Ok(created(&TokenText { id, text }))
}

/// Revoke a token
///
/// Whoever has come in by it is cut off.
#[utoipa::path(delete, path = "/accounts/{name}/tokens/{id}", tag = "accounts",
    params(("name" = String, Path, description = "The account's name"),
        ("id" = String, Path, description = "The token's id")),
    responses((status = NO_CONTENT), NoSuchAccount, Problems))]
pub(super) async fn revoke_token(
    State(auth): State<Auth>,
    asker: Asker,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    asker.check_administers()?;
    auth.revoke_token(&asker.actor(), &name, &id).await?;
    Ok(done())
}
