//! The cookie of a browser that is signed in.

use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;

use crate::auth::SignIn;
use crate::message::Timestamp;

/// Over TLS browsers take a cookie of this name only from this very host, for all of it, and over
/// TLS.
const SECURE: &str = "__Host-unspool";
const PLAIN: &str = "unspool";

/// What a browser shows that is signed in. Over TLS only the cookie that nobody else can have given
/// it: a page without TLS of a neighbouring host may set the other one.
pub(super) fn shown(headers: &HeaderMap, is_secure: bool) -> Option<Bytes> {
    let name = if is_secure { SECURE } else { PLAIN };
    let lines = headers.get_all(header::COOKIE).iter();
    let mut cookies = lines.flat_map(|line| line.to_str().unwrap_or_default().split(';'));
    cookies.find_map(|cookie| {
        let (given, value) = cookie.trim().split_once('=')?;
        (given == name && !value.is_empty()).then(|| Bytes::copy_from_slice(value.as_bytes()))
    })
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

    fn cookies(lines: &[&'static str], is_secure: bool) -> Option<Bytes> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        shown(&headers, is_secure)
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for (lines, plain, secure) in [
            (&["unspool=a"][..], Some("a"), None),
            (&["x=1; unspool=a; y=2"], Some("a"), None),
            (&["x=1", "y=2; unspool=a"], Some("a"), None),
            (&["unspool=a; __Host-unspool=b"], Some("a"), Some("b")),
            (&["__Host-unspool=b"], None, Some("b")),
            (&["unspool="], None, None),
            (&["xunspool=a; unspool2=b; unspool"], None, None),
            (&[], None, None),
        ] {
            for (is_secure, found) in [(false, plain), (true, secure)] {
                let found = found.map(|text| Bytes::from_static(text.as_bytes()));
                assert_eq!(cookies(lines, is_secure), found, "{lines:?} {is_secure}");
            }
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
