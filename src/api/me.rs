//! Signing in and out of the dashboard, and who that is.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::{Asker, check_own_page};
use super::body::JsonBody;
use super::caller::Caller;
use super::cookie;
use super::problem::{Kind, Problem, Problems, done};
use crate::auth::{
    ANONYMOUS, Actor, Auth, Credentials, NewAccount, Password, PermissionFilters, PermissionLayer,
    Principal, Role, Visitor,
};

/// Who asks, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_excessive_bools)] // each is a question of its own
pub(super) struct Me {
    /// Whether there is no account at all: everybody may do everything.
    open: bool,
    /// Whether the first administrator can be made from where the request comes.
    first_run: bool,
    /// The name of the account; null for whoever must sign in first.
    name: Option<String>,
    /// What may be done at most.
    role: Option<Role>,
    /// Whether totals of the whole server may be seen: by whoever may read everything.
    sees_totals: bool,
    /// Whether anything may be published at all.
    publishes: bool,
    /// Whether it is a browser that is signed in, and may sign out.
    signed_in: bool,
    /// What decides about topics: all of them must allow what is to be done, so that it can be seen
    /// which one does not. Empty for whoever must sign in first.
    permissions: Vec<PermissionLayer>,
}

impl Me {
    fn new(auth: &Auth, caller: &Caller, asker: Option<&Asker>) -> Self {
        let principal = asker.map(|asker| &asker.principal);
        Self {
            open: auth.is_open(),
            first_run: may_be_first(auth, caller),
            name: principal.map(|principal| principal.name().to_owned()),
            role: principal.and_then(Principal::role),
            sees_totals: principal.is_some_and(Principal::sees_totals),
            publishes: asker.is_some_and(Asker::publishes),
            signed_in: asker.is_some_and(|asker| asker.by_cookie),
            permissions: principal.map_or_else(Vec::new, |it| auth.permission_layers(it)),
        }
    }
}

/// As long as there is no account everybody may do everything; but who makes the first one keeps
/// all others out, so that is for whoever is at the machine.
fn may_be_first(auth: &Auth, caller: &Caller) -> bool {
    let is_here = caller.address.is_some_and(|address| address.is_loopback());
    auth.is_open() && is_here && !caller.is_forwarded
}

/// Who asks
///
/// Also for whoever is not signed in: `name` is null then.
#[utoipa::path(get, path = "/me", tag = "accounts",
    responses((status = OK, body = Me), Problems))]
pub(super) async fn me(
    State(auth): State<Auth>,
    caller: Caller,
    headers: HeaderMap,
    asker: Result<Asker, Problem>,
) -> Result<Json<Me>, Problem> {
    match asker {
        Ok(asker) => Ok(Json(Me::new(&auth, &caller, Some(&asker)))),
        Err(problem)
            if problem.kind() == Kind::Unauthorized
                && !headers.contains_key(header::AUTHORIZATION) =>
        {
            Ok(Json(Me::new(&auth, &caller, None)))
        }
        Err(problem) => Err(problem),
    }
}

/// A name and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInRequest {
    name: String,
    #[schema(format = Password)]
    password: String,
}

/// Sign in to the dashboard
///
/// The answer sets a cookie, which lasts for a week, and for half a day without a request. Programs
/// need none: they show their token, or name and password, with each request.
#[utoipa::path(post, path = "/sign-in", tag = "accounts", request_body = SignInRequest,
    responses((status = OK, body = Me), Problems), security(()))]
pub(super) async fn sign_in(
    State(auth): State<Auth>,
    caller: Caller,
    JsonBody(request): JsonBody<SignInRequest>,
) -> Result<Response, Problem> {
    if auth.is_open() {
        let why = "there are no accounts: everybody may do everything without signing in";
        return Err(Problem::new(Kind::Conflict, why));
    }
    open(&auth, &caller, request.name, request.password).await
}

/// Signs a browser in by a name and a password.
async fn open(
    auth: &Auth,
    caller: &Caller,
    name: String,
    password: String,
) -> Result<Response, Problem> {
    let visitor = Visitor {
        shown: Credentials::Password {
            user: name.into(),
            password: password.into(),
        },
        from: caller.address,
        ..Visitor::default()
    };
    let principal = auth.sign_in(&visitor).await?;
    let sign_in = auth.open_sign_in(&principal, caller.address)?;
    let asker = Asker::new(auth.clone(), principal, caller.clone(), true);
    let mut response = Json(Me::new(auth, caller, Some(&asker))).into_response();
    if let Some(cookie) = cookie::keep(&sign_in, caller.is_secure) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Sign out of the dashboard
///
/// What the browser has open ends, in all its tabs.
#[utoipa::path(post, path = "/sign-out", tag = "accounts",
    responses((status = NO_CONTENT), Problems))]
pub(super) async fn sign_out(
    State(auth): State<Auth>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(text) = cookie::shown(&headers, caller.is_secure) {
        check_own_page(&headers)?;
        auth.close_sign_in(&text);
    }
    let mut response = done();
    if let Some(cookie) = cookie::forget(caller.is_secure) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The first administrator, and what becomes of everybody else.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstRun {
    name: String,
    #[schema(format = Password, min_length = 8, max_length = 1024)]
    password: String,
    /// What whoever shows nothing may do from now on; where it is absent, they are refused.
    anonymous: Option<AnonymousAccount>,
}

/// What the account `anonymous` is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnonymousAccount {
    role: Role,
    #[serde(default)]
    permissions: PermissionFilters,
}

/// Make the first administrator
///
/// As long as there is no account, and from the machine itself only. From then on whoever shows
/// nothing may do what `anonymous` says, or nothing. The answer signs in.
#[utoipa::path(post, path = "/first-run", tag = "accounts", request_body = FirstRun,
    responses((status = OK, body = Me), Problems), security(()))]
pub(super) async fn first_run(
    State(auth): State<Auth>,
    caller: Caller,
    JsonBody(request): JsonBody<FirstRun>,
) -> Result<Response, Problem> {
    let FirstRun {
        name,
        password,
        anonymous,
    } = request;
    if !auth.is_open() {
        let why = "the first administrator has been made: sign in with an account; where they are lost, \
                   `unspool account add --admin` on the machine itself adds one";
        return Err(Problem::new(Kind::Conflict, why));
    }
    if !may_be_first(&auth, &caller) {
        let why = "the first administrator is made from the machine itself: in a browser there, or \
                   with `unspool account add --admin`";
        return Err(Problem::new(Kind::Forbidden, why));
    }
    let secret = Password::new(password.clone())
        .map_err(|why| Problem::parameter(Kind::BadParameter, "password", why))?;
    let is_administrator = |anonymous: &AnonymousAccount| anonymous.role.administers();
    if anonymous.as_ref().is_some_and(is_administrator) || name == ANONYMOUS {
        let why = "whoever shows nothing can't be an administrator";
        return Err(Problem::parameter(Kind::BadParameter, "anonymous", why));
    }
    let by = Actor::rest(&name, caller.address);
    auth.add_first_account(&by, &name, secret).await?;
    if let Some(AnonymousAccount { role, permissions }) = anonymous {
        let account = NewAccount {
            permissions,
            ..NewAccount::new(ANONYMOUS, role)
        };
        auth.add_account(&by, account).await?;
    }
    open(&auth, &caller, name, password).await
}

/// What opens one WebSocket.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ticket)]
pub(super) struct TicketText {
    /// To be given as `ticket` in the query string.
    ticket: String,
}

/// A ticket for a WebSocket
///
/// A page of another origin can show nothing with a WebSocket or an `EventSource` but its address:
/// a ticket in it is good once, for half a minute, and for what its maker may do.
#[utoipa::path(post, path = "/tickets", tag = "accounts",
    responses((status = OK, body = TicketText), Problems))]
pub(super) async fn ticket(
    State(auth): State<Auth>,
    asker: Asker,
) -> Result<Json<TicketText>, Problem> {
    let ticket = auth.issue_ticket(&asker.principal)?;
    Ok(Json(TicketText { ticket }))
}
