//! The OpenAPI 3.1 document, generated from the code.

use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, OpenApi as Document, RefOr, Schema};

use super::problem::{Kind, ProblemView};

#[derive(OpenApi)]
#[openapi(
    info(title = "Unspool", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(ProblemView)),
    tags(
        (name = "latest", description = "Last values"),
        (name = "messages", description = "Raw history"),
        (name = "samples", description = "Decoded history"),
        (name = "topics", description = "The dictionary and the tree of topics"),
        (name = "live", description = "Live streams: replay, then live, with no gap"),
        (name = "publish", description = "Publishing without MQTT"),
        (name = "accounts", description = "Who may do what: signing in, accounts, tokens"),
        (name = "server", description = "The server itself"),
    )
)]
struct Base;

/// The OpenAPI document as it is committed in `openapi/openapi.json`.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    document().to_pretty_json()
}

/// The document, with every operation in it.
pub(super) fn document() -> Document {
    let base =
        utoipa_axum::router::OpenApiRouter::<super::state::AppState>::with_openapi(Base::openapi());
    let mut document = base
        .nest("/api/v1", super::routes::v1())
        .merge(super::routes::probes())
        .into_openapi();
    for path in QUESTIONS_BY_POST {
        if let Some(item) = document.paths.paths.get_mut(*path) {
            item.post = item.get.as_ref().map(by_post);
        }
    }
    secure(&mut document);
    document.info.version = env!("CARGO_PKG_VERSION").into();
    document.info.description = Some(description());
    document
}

/// How a program shows who asks; a browser that is signed in has a cookie. Any of these does, and
/// none is needed where there are no accounts, or one that is called `anonymous`.
fn secure(document: &mut Document) {
    let http = |scheme| SecurityScheme::Http(HttpBuilder::new().scheme(scheme).build());
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        "unspool",
        "Set by `/api/v1/sign-in`; over TLS it is called `__Host-unspool`. With it every request \
         but GET and HEAD needs the header `X-Requested-With`.",
    ));
    let schemes = [
        ("basic", http(HttpAuthScheme::Basic)),
        ("bearer", http(HttpAuthScheme::Bearer)),
        ("cookie", SecurityScheme::ApiKey(cookie)),
    ];
    let mut needed = vec![SecurityRequirement::default()];
    let components = document.components.get_or_insert_default();
    for (name, scheme) in schemes {
        components.add_security_scheme(name, scheme);
        needed.push(SecurityRequirement::new(name, [] as [&str; 0]));
    }
    document.security = Some(needed);
}

/// Questions that may also be sent by POST.
const QUESTIONS_BY_POST: &[&str] = &[
    "/api/v1/topics",
    "/api/v1/tree",
    "/api/v1/latest",
    "/api/v1/messages",
    "/api/v1/samples",
    "/api/v1/dead-letters",
];

/// The same question with its parameters in the body, as a form or as JSON.
fn by_post(question: &Operation) -> Operation {
    let parameters = question.parameters.clone().unwrap_or_default();
    let mut form = ObjectBuilder::new();
    for parameter in parameters {
        if let RefOr::T(Parameter {
            name,
            schema: Some(schema),
            ..
        }) = parameter
        {
            form = form.property(name, schema);
        }
    }
    let form = form.additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let form: Schema = form.into();
    let content = ContentBuilder::new().schema(Some(form)).build();
    let body = RequestBodyBuilder::new()
        .content("application/x-www-form-urlencoded", content.clone())
        .content("application/json", content)
        .build();
    let told = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut operation = question.clone();
    operation.operation_id = Some(format!("{}_by_post", told(&question.operation_id)));
    operation.summary = Some(format!("{}, asked by POST", told(&question.summary)));
    operation.description =
        Some("The same parameters, in the body: a topic may be longer than an address.".into());
    operation.parameters = None;
    operation.request_body = Some(body.into());
    operation
}

fn description() -> String {
    let mut text = "An MQTT broker that remembers: every message that was acknowledged is on \
        record. Topics are given as MQTT filters, times as RFC 3339, epoch or relative \
        (`now-6h`). Pages have a `next`, which is the `cursor` of the page after.\n\n\
        Errors are problem details (RFC 9457). Their types:\n\n"
        .to_owned();
    for kind in Kind::ALL {
        let explanation = kind.explanation();
        text.extend(["- `/problems/", kind.name(), "`: ", explanation, "\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        let current = openapi_json().unwrap() + "\n";
        if committed != current && std::env::var_os("UNSPOOL_UPDATE").is_some() {
            std::fs::write(path, current).unwrap();
            return;
        }
        assert!(
            committed == current,
            "openapi/openapi.json is stale: `unspool openapi > openapi/openapi.json`, or run this \
             test with UNSPOOL_UPDATE=1"
        );
    }

    #[test]
    fn every_operation_is_documented() {
        let document = serde_json::to_value(document()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let paths = document["paths"].as_object().unwrap();
        assert!(
            paths.contains_key("/api/v1/messages/{seq}/payload"),
            "{:?}",
            paths.keys()
        );
        for (path, operations) in paths {
            for (method, operation) in operations.as_object().unwrap() {
                assert!(operation["summary"].is_string(), "{method} {path}");
            }
        }
    }
}
