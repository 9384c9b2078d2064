//! What stands before the server: the address that people know, and proxies whose word counts.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::Uri;
use axum::http::uri::Authority;
use serde::Deserialize;

/// Where people reach the dashboard: a scheme, a name and maybe a port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl {
    /// Whether it is reached over TLS.
    pub is_https: bool,
    /// The name, and the port where it is not the scheme's own.
    pub authority: Authority,
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "expected http:// or https:// and a name, and a port where it is not the usual one: \
             the dashboard is at the root of it"
                .to_owned()
        };
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().cloned().ok_or_else(wrong)?;
        let is_root = uri.path_and_query().is_none_or(|path| path == "/");
        if !is_root || authority.as_str().contains('@') {
            return Err(wrong());
        }
        Ok(Self {
            is_https,
            authority,
        })
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Addresses, each with all that begin with the same bits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Networks(Vec<(IpAddr, u8)>);

impl Networks {
    /// Whether `address` is in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        let (bits, width) = bits(address);
        self.0.iter().any(|(network, prefix)| {
            let (network, network_width) = self::bits(*network);
            let shift = u32::from(network_width - prefix);
            width == network_width
                && bits.checked_shr(shift).unwrap_or_default()
                    == network.checked_shr(shift).unwrap_or_default()
        })
    }
}

/// An address as a number, and how many bits it has. What is IPv4 inside of IPv6 is IPv4.
fn bits(address: IpAddr) -> (u128, u8) {
    match address.to_canonical() {
        IpAddr::V4(address) => (address.to_bits().into(), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let items = text.split(',').map(str::trim);
        let networks = items.filter(|item| !item.is_empty()).map(|item| {
            let wrong = || format!("{item:?} is neither an address nor a network (10.0.0.0/8)");
            let (address, prefix) = match item.split_once('/') {
                Some((address, prefix)) => (address, Some(prefix)),
                None => (item, None),
            };
            let address: IpAddr = address.parse().map_err(|_| wrong())?;
            let (_, width) = bits(address);
            let prefix = match prefix {
                Some(prefix) => prefix.parse().map_err(|_| wrong())?,
                None => width,
            };
            if prefix > width {
                return Err(wrong());
            }
            Ok((address, prefix))
        });
        networks.collect::<Result<_, _>>().map(Self)
    }
}

impl TryFrom<String> for Networks {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_that_begin_as_it_does() {
        let networks: Networks = "10.1.0.0/16, 192.168.7.9,fd00::/8, 0.0.0.0/32"
            .parse()
            .unwrap();
        for (address, is_in) in [
            ("10.1.255.3", true),
            ("10.2.0.1", false),
            ("192.168.7.9", true),
            ("192.168.7.8", false),
            ("::ffff:10.1.2.3", true),
            ("fd12::1", true),
            ("fe80::1", false),
            ("::1", false),
        ] {
            assert_eq!(
                networks.contain(address.parse().unwrap()),
                is_in,
                "{address}"
            );
        }
        let everything: Networks = "0.0.0.0/0".parse().unwrap();
        assert!(everything.contain("8.8.8.8".parse().unwrap()));
        assert!(!everything.contain("fd00::1".parse().unwrap()));
        assert!(!Networks::default().contain("127.0.0.1".parse().unwrap()));
        for wrong in ["10.0.0.0/33", "10.0.0", "a", "10.0.0.0/-1", "::/129"] {
            assert!(wrong.parse::<Networks>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_public_url_is_the_root_of_a_server() {
        let url: PublicUrl = "https://dash.example:8443/".parse().unwrap();
        assert!(url.is_https && url.authority == "dash.example:8443");
        for wrong in [
            "dash.example",
            "ftp://dash.example",
            "https://dash.example/unspool",
            "https://user@dash.example",
            "https://",
            "",
        ] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
