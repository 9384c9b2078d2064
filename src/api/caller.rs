//! From where a request comes, and by what name it calls the server: what the connection says, or
//! what a trusted proxy says of it.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};

use crate::config::{Networks, PublicUrl};
use crate::tls::Secured;

/// The longest way through proxies that is followed.
const PROXIES_MAX: usize = 16;

/// From where a request comes.
#[derive(Debug, Clone, Default)]
pub(super) struct Caller {
    /// Whose request it is, as far as that is known.
    pub(super) address: Option<IpAddr>,
    /// By what names the server is called; what is no name is `None`.
    pub(super) hosts: Vec<Option<Authority>>,
    /// Whether it comes over TLS, up to the server or to the proxy before it.
    pub(super) is_secure: bool,
    /// Whether it comes through a proxy that is not trusted: its address is the proxy's then.
    pub(super) is_forwarded: bool,
}

/// What proxies put in, though the client may have done it as well.
const FORWARDED: [&str; 4] = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];

impl Caller {
    pub(super) fn of(
        parts: &Parts,
        trusted: Option<&Networks>,
        public_url: Option<&PublicUrl>,
    ) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|peer| peer.0.ip().to_canonical());
        let is_trusted = |address: IpAddr| trusted.is_some_and(|trusted| trusted.contain(address));
        let headers = &parts.headers;
        let hosts = headers.get_all(header::HOST).iter().map(authority);
        let hosts = hosts.chain(parts.uri.authority().cloned().map(called));
        let mut caller = Self {
            address: peer,
            hosts: hosts.collect(),
            is_secure: parts.extensions.get::<Secured>().is_some(),
            is_forwarded: FORWARDED.iter().any(|name| headers.contains_key(*name)),
        };
        if peer.is_some_and(is_trusted) {
            caller.is_forwarded = false;
            caller.address = forwarded_for(headers, is_trusted).or(peer);
            if let Some(host) = last(headers, "x-forwarded-host") {
                caller.hosts = vec![host.parse().ok().and_then(called)];
            }
            match last(headers, "x-forwarded-proto") {
                Some("https" | "wss") => caller.is_secure = true,
                Some(_) => caller.is_secure = false,
                None => {}
            }
        }
        // Where people come over TLS only, nothing is meant for anybody who does not.
        caller.is_secure |= public_url.is_some_and(|url| url.is_https);
        caller
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    /// As the outermost layer has found it; else what the connection says.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let found = parts.extensions.get().cloned();
        Ok(found.unwrap_or_else(|| Self::of(parts, None, None)))
    }
}

fn authority(value: &axum::http::HeaderValue) -> Option<Authority> {
    called(value.to_str().ok()?.parse().ok()?)
}

/// A name and maybe a port: `user@` before it belongs to no name of a server (RFC 9110 4.2.4).
fn called(authority: Authority) -> Option<Authority> {
    (!authority.as_str().contains('@')).then_some(authority)
}

/// What the nearest proxy says: each adds its part at the end.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    let item = value.rsplit(',').next()?.trim();
    (!item.is_empty()).then_some(item)
}

/// The last address on the way here that is not a trusted proxy's: what stands before it anybody
/// may have written.
fn forwarded_for(headers: &HeaderMap, is_trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    let mut nearest = None;
    for hop in hops.take(PROXIES_MAX) {
        let Some(address) = address(hop.trim()) else {
            break;
        };
        nearest = Some(address);
        if !is_trusted(address) {
            break;
        }
    }
    nearest
}

/// An address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse();
    let address = address.or_else(|_| text.parse().map(|with: SocketAddr| with.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn caller(peer: &str, headers: &[(&str, &str)], public_url: Option<&str>) -> Caller {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let peer: IpAddr = peer.parse().unwrap();
        let request = request.extension(ConnectInfo(SocketAddr::new(peer, 1)));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let trusted = "10.0.0.0/8,127.0.0.1".parse().unwrap();
        let public_url = public_url.map(|url| url.parse().unwrap());
        Caller::of(&parts, Some(&trusted), public_url.as_ref())
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_who_calls() {
        for (peer, forwarded, address) in [
            ("9.9.9.9", "1.1.1.1", "9.9.9.9"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
            ("::ffff:10.0.0.1", "1.1.1.1", "1.1.1.1"),
            // What the client wrote itself stands before what the proxy saw.
            ("10.0.0.1", "127.0.0.1, 1.1.1.1", "1.1.1.1"),
            ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "1.1.1.1:4711", "1.1.1.1"),
            ("10.0.0.1", "[fd00::1]:4711", "fd00::1"),
            ("10.0.0.1", "[fd00::1]", "fd00::1"),
            ("10.0.0.1", "1.1.1.1, unknown", "10.0.0.1"),
        ] {
            let caller = caller(peer, &[("x-forwarded-for", forwarded)], None);
            assert_eq!(caller.address, address.parse().ok(), "{peer} {forwarded}");
        }
        let twice = [
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-for", "1.1.1.1"),
        ];
        let caller = caller("10.0.0.1", &twice, None);
        assert_eq!(caller.address, "1.1.1.1".parse().ok());
    }

    #[test]
    fn who_comes_through_a_proxy_that_is_not_trusted_is_not_at_the_machine() {
        for (peer, header, forwarded) in [
            ("::1", "x-forwarded-for", true),
            ("::1", "Forwarded", true),
            ("::1", "via", true),
            ("::1", "accept", false),
            ("127.0.0.1", "x-forwarded-for", false),
        ] {
            let caller = caller(peer, &[(header, "1.1.1.1")], None);
            assert_eq!(caller.is_forwarded, forwarded, "{peer} {header}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_by_what_name_and_whether_over_tls() {
        let headers = [
            ("host", "inside:8080"),
            ("x-forwarded-host", "dash.example"),
            ("x-forwarded-proto", "https"),
        ];
        let told = |peer| {
            let caller = caller(peer, &headers, None);
            let hosts = caller
                .hosts
                .into_iter()
                .map(|name| name.unwrap().to_string());
            (hosts.collect::<Vec<_>>(), caller.is_secure)
        };
        assert_eq!(told("10.0.0.1"), (vec!["dash.example".to_owned()], true));
        assert_eq!(told("9.9.9.9"), (vec!["inside:8080".to_owned()], false));
        let secure = |url| caller("9.9.9.9", &[], Some(url)).is_secure;
        assert!(secure("https://dash.example") && !secure("http://dash.example"));
    }
}
