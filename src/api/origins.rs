//! By which names this server may be called, and from which pages.
//!
//! A browser lets any page send requests anywhere, and a page can let its own name lead to this
//! machine (DNS rebinding). So a request must call the server by a name that can only mean it: a
//! loopback name, an address, the machine's own name, or one that the configuration has; and a
//! page that asks must have come from here, or from such a configured name. Programs say nothing
//! of pages, and are not asked.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, header};

use super::caller::Caller;
use super::problem::{Kind, Problem};
use crate::config::PublicUrl;

/// The names that are ours. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Origins {
    /// With the port that pages of it have, where that is not the scheme's own.
    configured: Arc<[Authority]>,
    /// Where people reach the dashboard.
    public: Option<Arc<PublicUrl>>,
    own: Arc<str>,
}

impl Origins {
    /// `allowed_hosts` as it is configured: names, separated by commas; `*` is every name. And
    /// where people reach the dashboard.
    pub(super) fn new(allowed_hosts: &str, public_url: Option<&PublicUrl>) -> Self {
        let names = allowed_hosts.split(',').map(str::trim);
        Self {
            configured: names.filter_map(|name| name.parse().ok()).collect(),
            public: public_url.cloned().map(Arc::new),
            own: machine_name().into(),
        }
    }

    /// Refuses a request that calls the server by a name that is not its own, or that comes from a
    /// page of another site.
    pub(super) fn check(&self, parts: &Parts, caller: &Caller) -> Result<(), Problem> {
        let headers = &parts.headers;
        let hosts = &caller.hosts;
        for host in hosts {
            if !host.as_ref().is_some_and(|host| self.is_ours(host)) {
                return Err(unknown(host.as_ref()));
            }
        }
        if let Some(origin) = headers.get(header::ORIGIN)
            && !self.is_from_here(origin, hosts)
        {
            return Err(foreign());
        }
        // What a page loads without asking for leave, such as an image, has no Origin.
        let fetch = |name| headers.get(name).map(HeaderValue::as_bytes);
        match fetch("sec-fetch-site") {
            Some(b"cross-site" | b"same-site") if !headers.contains_key(header::ORIGIN) => {
                match fetch("sec-fetch-mode") {
                    // A link or a bookmark, which the page that it is on learns nothing of.
                    Some(b"navigate") if parts.method.is_safe() => Ok(()),
                    _ => Err(foreign()),
                }
            }
            _ => Ok(()),
        }
    }

    fn is_ours(&self, authority: &Authority) -> bool {
        let host = host(authority);
        let is_address = host.parse::<Ipv4Addr>().is_ok()
            || host
                .strip_prefix('[')
                .and_then(|host| host.strip_suffix(']'))
                .is_some_and(|host| host.parse::<Ipv6Addr>().is_ok());
        is_address
            || host == "localhost"
            || host.ends_with(".localhost")
            || self.is_machine(&host)
            || self.is_configured(|name| self::host(name) == host)
            || self
                .public
                .as_ref()
                .is_some_and(|public| self::host(&public.authority) == host)
    }

    fn is_machine(&self, host: &str) -> bool {
        !self.own.is_empty()
            && (host == &*self.own || host.strip_suffix(".local") == Some(&self.own))
    }

    fn is_configured(&self, is_it: impl Fn(&Authority) -> bool) -> bool {
        let mut names = self.configured.iter();
        names.any(|name| name.host() == "*" || is_it(name))
    }

    fn is_from_here(&self, origin: &HeaderValue, hosts: &[Option<Authority>]) -> bool {
        let origin = origin.to_str().ok();
        let Some((scheme, page)) = origin
            .and_then(|origin| origin.split_once("://"))
            .and_then(|(scheme, page)| Some((scheme, page.parse::<Authority>().ok()?)))
        else {
            // "null", or nothing that a browser would say.
            return false;
        };
        if let Some(public) = &self.public
            && public.authority == page
        {
            // Whoever is on the network can make a page without TLS say anything.
            return scheme == "https" || !public.is_https;
        }
        let is_called = |host: &Option<Authority>| host.as_ref() == Some(&page);
        hosts.iter().any(is_called) || self.is_configured(|name| *name == page)
    }
}

/// The name without the port; a full stop at its end makes no other name of it.
fn host(authority: &Authority) -> String {
    let host = authority.host().to_ascii_lowercase();
    host.strip_suffix('.').map_or(host.clone(), Into::into)
}

/// What the machine is called, where that is known.
fn machine_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().to_ascii_lowercase()
}

fn unknown(host: Option<&Authority>) -> Problem {
    let host = host.map_or_else(
        || "that".to_owned(),
        |host| format!("\"{}\"", self::host(host)),
    );
    Problem::new(
        Kind::UnknownHost,
        format!(
            "this server does not know {host} as a name of its own: start it with --allowed-hosts \
             (UNSPOOL_ALLOWED_HOSTS) and the names that lead to it"
        ),
    )
}

fn foreign() -> Problem {
    Problem::new(
        Kind::ForeignOrigin,
        "pages of other sites may not ask anything here; names that lead to this server are \
         told it with --public-url (UNSPOOL_PUBLIC_URL) or --allowed-hosts (UNSPOOL_ALLOWED_HOSTS)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{Method, Request};

    fn check(origins: &Origins, method: Method, headers: &[(&str, &str)]) -> Option<Kind> {
        let mut request = Request::builder().method(method).uri("/api/v1/info");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let caller = Caller::of(&parts, None, None);
        origins
            .check(&parts, &caller)
            .err()
            .map(|problem| problem.kind())
    }

    #[test]
    fn the_server_is_called_by_names_that_can_only_mean_it() {
        let origins = Origins {
            own: "press-pi".into(),
            ..Origins::new("dash.example, B.example", None)
        };
        for (host, known) in [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("localhost.", true),
            ("a.localhost:1", true),
            ("127.0.0.1:8080", true),
            ("192.168.1.7", true),
            ("[::1]:8080", true),
            ("press-pi:8080", true),
            ("press-pi.local", true),
            ("dash.example", true),
            ("b.example:443", true),
            ("evil.example", false),
            ("dash.example.evil.example", false),
            ("localhost.evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("evil", false),
            ("", false),
            ("a b", false),
            ("x@localhost", false),
            ("x:y@localhost:8080", false),
            ("@localhost", false),
        ] {
            let refused = check(&origins, Method::GET, &[("host", host)]);
            assert_eq!(refused, (!known).then_some(Kind::UnknownHost), "{host:?}");
        }
        let both = [("host", "localhost"), ("host", "evil.example")];
        assert!(check(&origins, Method::GET, &both).is_some());
        assert_eq!(check(&origins, Method::GET, &[]), None);
        assert_eq!(
            check(&Origins::new("*", None), Method::GET, &[("host", "any")]),
            None
        );
    }

    #[test]
    fn a_page_of_another_site_is_told_by_its_origin() {
        let origins = Origins::new("dash.example,dash.example:8443", None);
        for (origin, host, foreign) in [
            ("http://localhost:8080", "localhost:8080", false),
            ("http://127.0.0.1", "127.0.0.1", false),
            ("https://DASH.example", "127.0.0.1:8080", false),
            ("https://dash.example:8443", "127.0.0.1:8080", false),
            ("https://dash.example:8444", "127.0.0.1:8080", true),
            ("https://dash.example:8444", "dash.example", true),
            ("http://evil.example", "localhost:8080", true),
            ("http://localhost", "localhost:8080", true),
            ("http://127.0.0.1:8080", "localhost:8080", true),
            ("http://dash.example.evil.example", "localhost", true),
            ("null", "localhost:8080", true),
            ("", "localhost:8080", true),
        ] {
            for method in [Method::GET, Method::POST] {
                let refused = check(&origins, method, &[("host", host), ("origin", origin)]);
                let told = foreign.then_some(Kind::ForeignOrigin);
                assert_eq!(refused, told, "{origin:?} at {host:?}");
            }
        }
        assert!(check(&origins, Method::GET, &[("origin", "http://localhost")]).is_some());
    }

    #[test]
    fn pages_of_the_public_address_are_the_servers_own() {
        let url = "https://dash.example:8443".parse().unwrap();
        let origins = Origins::new("", Some(&url));
        for (host, origin, told) in [
            ("127.0.0.1", "https://dash.example:8443", None),
            ("dash.example", "https://dash.example:8443", None),
            (
                "dash.example:8443",
                "http://dash.example:8443",
                Some(Kind::ForeignOrigin),
            ),
            (
                "127.0.0.1",
                "https://dash.example",
                Some(Kind::ForeignOrigin),
            ),
            (
                "127.0.0.1",
                "https://evil.example:8443",
                Some(Kind::ForeignOrigin),
            ),
            (
                "evil.example",
                "https://dash.example:8443",
                Some(Kind::UnknownHost),
            ),
        ] {
            let headers = [("host", host), ("origin", origin)];
            assert_eq!(
                check(&origins, Method::POST, &headers),
                told,
                "{host} {origin}"
            );
        }
    }

    #[test]
    fn what_another_page_loads_is_told_by_what_the_browser_says_of_it() {
        let origins = Origins::new("", None);
        for (site, mode, method, refused) in [
            ("same-origin", "no-cors", Method::GET, false),
            ("none", "navigate", Method::GET, false),
            ("cross-site", "navigate", Method::GET, false),
            ("cross-site", "navigate", Method::POST, true),
            ("cross-site", "no-cors", Method::GET, true),
            ("same-site", "no-cors", Method::GET, true),
        ] {
            let headers = [("sec-fetch-site", site), ("sec-fetch-mode", mode)];
            let told = check(&origins, method, &headers);
            assert_eq!(told.is_some(), refused, "{site} {mode}");
        }
    }
}
