//! The OpenAPI 3.1 document, generated from the code.

use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

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
    document.info.version = env!("CARGO_PKG_VERSION").into();
    document.info.description = Some(description());
    document
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
