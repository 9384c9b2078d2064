//! The cookie of a browser that is signed in.

use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;

use crate::auth::SignIn;
use crate::message::Timestamp;

/// Over TLS browsers take a cookie of this name only from this very host, for all of it, and over
/// TLS.
const SECURE: &str = "__Host-unspool";
const PLAIN: &str = "unspool";

/// What a browser shows that is signed in.
pub(super) fn shown(headers: &HeaderMap) -> Option<Bytes> {
    let find = |name: &str| {
        let lines = headers.get_all(header::COOKIE).iter();
        let mut cookies = lines.flat_map(|line| line.to_str().unwrap_or_default().split(';'));
        cookies.find_map(|cookie| {
            let (given, value) = cookie.trim().split_once('=')?;
            (given == name && !value.is_empty()).then(|| Bytes::copy_from_slice(value.as_bytes()))
        })
    };
    find(SECURE).or_else(|| find(PLAIN))
}

/// What makes a browser keep its sign-in, and no script on any page see it.
pub(super) fn keep(sign_in: &SignIn, is_secure: bool) -> Option<HeaderValue> {
    let seconds = sign_in.expires.0.saturating_sub(Timestamp::now().0) / 1_000_000;
    set(&sign_in.text, seconds.max(0), is_secure)
}

/// What makes a browser forget it.
pub(super) fn forget(is_secure: bool) -> Option<HeaderValue> {
    set("", 0, is_secure)
}

fn set(value: &str, seconds: i64, is_secure: bool) -> Option<HeaderValue> {
    let (name, secure) = if is_secure {
        (SECURE, "; Secure")
    } else {
        (PLAIN, "")
    };
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let mut cookie = HeaderValue::try_from(cookie).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&'static str]) -> Option<Bytes> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        shown(&headers)
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for (lines, found) in [
            (&["unspool=a"][..], Some("a")),
            (&["x=1; unspool=a; y=2"], Some("a")),
            (&["x=1", "y=2; unspool=a"], Some("a")),
            (&["unspool=a; __Host-unspool=b"], Some("b")),
            (&["unspool="], None),
            (&["xunspool=a; unspool2=b; unspool"], None),
            (&[], None),
        ] {
            assert_eq!(
                cookies(lines),
                found.map(|text| Bytes::from_static(text.as_bytes()))
            );
        }
    }

    #[test]
    fn no_script_sees_a_sign_in_and_no_other_site_sends_it() {
        let sign_in = SignIn {
            text: "k".into(),
            expires: Timestamp(Timestamp::now().0 + 60_000_000),
        };
        for is_secure in [false, true] {
            let cookie = keep(&sign_in, is_secure).unwrap();
            let text = cookie.to_str().unwrap();
            assert!(cookie.is_sensitive());
            for part in ["=k; Path=/;", "; HttpOnly", "; SameSite=Strict"] {
                assert!(text.contains(part), "{text}");
            }
            let secure = text.starts_with("__Host-unspool=") && text.ends_with("; Secure");
            assert_eq!(secure, is_secure, "{text}");
        }
    }
}
