//! Every operation of REST, how it is asked, and what it is about.

/// What an operation is about, and so who gets what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Whoever asks, signed in or not.
    Anybody,
    /// Nothing of any topic: whoever has come in.
    Everybody,
    /// Topics: `{}` in the request stands for a name that may be read or not.
    Topics,
    /// A message: `{}` stands for its `seq`.
    Message,
    /// What the whole server comes to.
    Totals,
    /// Publishing: `{}` stands for a name that may be published to or not.
    Writes,
    /// Publishing a message again: `{}` stands for its `seq`.
    Restores,
    /// What administrators have to do with: accounts, removals, rules.
    Administration,
    /// What has no account yet: there are some here.
    Open,
    /// A live stream, which has rows of its own.
    Stream,
}

use About::{
    Administration, Anybody, Everybody, Message, Open, Restores, Stream, Topics, Totals, Writes,
};

/// Method, path in the document, the request (where it is not the path), its body, and what it is
/// about.
pub(super) type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    About,
);

pub(super) const RANGE: &str = "from=2020-01-01&to=2100-01-01";

pub(super) const ROWS: &[Row] = &[
    ("get", "/api/v1/info", "", "", Everybody),
    ("get", "/api/v1/status", "", "", Everybody),
    ("get", "/api/v1/topics", "?filter={}/%23", "", Topics),
    ("get", "/api/v1/topics", "?q={}", "", Topics),
    ("post", "/api/v1/topics", "", r#"{"filter":"{}/#"}"#, Topics),
    (
        "delete",
        "/api/v1/topics",
        "?filter=secret/%23&dry_run=true",
        "",
        Administration,
    ),
    ("get", "/api/v1/rules", "", "", Totals),
    (
        "put",
        "/api/v1/rules",
        "",
        r#"{"filter":"nowhere/#"}"#,
        Administration,
    ),
    (
        "delete",
        "/api/v1/rules",
        "?filter=absent/%23",
        "",
        Administration,
    ),
    (
        "post",
        "/api/v1/rules/trial",
        "",
        r#"{"filter":"secret/#"}"#,
        Administration,
    ),
    ("get", "/api/v1/clocks", "", "", Totals),
    ("get", "/api/v1/storage", "", "", Totals),
    ("get", "/api/v1/redecodings", "", "", Totals),
    (
        "post",
        "/api/v1/redecodings",
        "?filter=absent/%23",
        "",
        Administration,
    ),
    (
        "get",
        "/api/v1/redecodings/{id}",
        "/api/v1/redecodings/999999",
        "",
        Totals,
    ),
    (
        "post",
        "/api/v1/redecodings/{id}/stop",
        "/api/v1/redecodings/absent/stop",
        "",
        Administration,
    ),
    ("get", "/api/v1/removals", "", "", Totals),
    (
        "get",
        "/api/v1/removals/{id}",
        "/api/v1/removals/999999",
        "",
        Totals,
    ),
    ("get", "/api/v1/tree", "?path={}", "", Topics),
    ("post", "/api/v1/tree", "", r#"{"path":"{}"}"#, Topics),
    ("get", "/api/v1/latest", "?filter={}/%23", "", Topics),
    ("post", "/api/v1/latest", "", r#"{"filter":"{}/+"}"#, Topics),
    (
        "get",
        "/api/v1/messages",
        "?filter={}/%23&RANGE",
        "",
        Topics,
    ),
    (
        "get",
        "/api/v1/messages",
        "?filter={}/b&RANGE&format=ndjson",
        "",
        Topics,
    ),
    (
        "get",
        "/api/v1/messages",
        "?filter={}/b&RANGE&format=csv",
        "",
        Topics,
    ),
    (
        "post",
        "/api/v1/messages",
        "?RANGE",
        r#"{"filter":"{}/#"}"#,
        Topics,
    ),
    (
        "get",
        "/api/v1/messages/{seq}",
        "/api/v1/messages/{}",
        "",
        Message,
    ),
    (
        "get",
        "/api/v1/messages/{seq}/payload",
        "/api/v1/messages/{}/payload",
        "",
        Message,
    ),
    (
        "get",
        "/api/v1/messages/{seq}/payload",
        "/api/v1/messages/{}/payload?path=/image",
        "",
        Message,
    ),
    (
        "get",
        "/api/v1/messages/{seq}/thumbnail",
        "/api/v1/messages/{}/thumbnail",
        "",
        Message,
    ),
    (
        "get",
        "/api/v1/samples",
        "?filter={}/%23&RANGE&points=10",
        "",
        Topics,
    ),
    (
        "get",
        "/api/v1/samples",
        "?filter={}/%23&RANGE&raw=true",
        "",
        Topics,
    ),
    (
        "get",
        "/api/v1/samples",
        "?filter={}/b&path=/v&RANGE&raw=true&format=csv",
        "",
        Topics,
    ),
    (
        "get",
        "/api/v1/samples",
        "?filter={}/b&RANGE&every=1y&format=ndjson",
        "",
        Topics,
    ),
    (
        "post",
        "/api/v1/samples",
        "?RANGE&raw=true",
        r#"{"filter":"{}/#"}"#,
        Topics,
    ),
    ("get", "/api/v1/dead-letters", "?filter={}/%23", "", Topics),
    (
        "post",
        "/api/v1/dead-letters",
        "",
        r#"{"filter":"{}/#"}"#,
        Topics,
    ),
    (
        "get",
        "/api/v1/latest",
        "?filter={}/%23&as_of=2100-01-01",
        "",
        Topics,
    ),
    (
        "get",
        "/api/v1/latest",
        "?filter={}/%23&at=2100-01-01",
        "",
        Topics,
    ),
    ("get", "/api/v1/retained", "?filter={}/%23", "", Topics),
    (
        "delete",
        "/api/v1/retained",
        "?filter={}/new&dry_run=true",
        "",
        Writes,
    ),
    ("put", "/api/v1/retained", "?topic={}/new", "1", Writes),
    ("post", "/api/v1/retained/restore", "?seq={}", "", Restores),
    ("get", "/api/v1/clients", "", "", Totals),
    (
        "get",
        "/api/v1/clients/{client}",
        "/api/v1/clients/999999",
        "",
        Totals,
    ),
    (
        "delete",
        "/api/v1/clients/{client}",
        "/api/v1/clients/absent",
        "",
        Administration,
    ),
    ("post", "/api/v1/publish", "?topic={}/new", "1", Writes),
    ("get", "/api/v1/ledger", "", "", Totals),
    ("get", "/metrics", "", "", Totals),
    ("get", "/healthz/live", "", "", Anybody),
    ("get", "/healthz/ready", "", "", Anybody),
    ("get", "/api/v1/me", "", "", Anybody),
    (
        "post",
        "/api/v1/sign-in",
        "",
        r#"{"name":"nobody","password":"wrong"}"#,
        Anybody,
    ),
    ("post", "/api/v1/sign-out", "", "", Anybody),
    (
        "post",
        "/api/v1/first-run",
        "",
        r#"{"name":"a","password":"long enough"}"#,
        Open,
    ),
    ("post", "/api/v1/tickets", "", "", Everybody),
    ("get", "/api/v1/accounts", "", "", Administration),
    (
        "post",
        "/api/v1/accounts",
        "",
        r#"{"name":"press","role":"device"}"#,
        Administration,
    ),
    (
        "get",
        "/api/v1/accounts/{name}",
        "/api/v1/accounts/device",
        "",
        Administration,
    ),
    (
        "patch",
        "/api/v1/accounts/{name}",
        "/api/v1/accounts/absent",
        "{}",
        Administration,
    ),
    (
        "delete",
        "/api/v1/accounts/{name}",
        "/api/v1/accounts/absent",
        "",
        Administration,
    ),
    (
        "put",
        "/api/v1/accounts/{name}/password",
        "/api/v1/accounts/absent/password",
        r#"{"password":"long enough"}"#,
        Administration,
    ),
    (
        "post",
        "/api/v1/accounts/{name}/tokens",
        "/api/v1/accounts/absent/tokens",
        r#"{"name":"t"}"#,
        Administration,
    ),
    (
        "delete",
        "/api/v1/accounts/{name}/tokens/{id}",
        "/api/v1/accounts/absent/tokens/t",
        "",
        Administration,
    ),
    ("get", "/api/v1/audit", "", "", Administration),
    ("get", "/api/v1/ws", "", "", Stream),
    ("get", "/api/v1/stream", "", "", Stream),
];
