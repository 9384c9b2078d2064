//! Where something is listened for that can be switched off.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::Deserialize;

const OFF: &str = "off";

/// An address, or none where it is `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Listen(pub Option<SocketAddr>);

impl FromStr for Listen {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == OFF {
            return Ok(Self(None));
        }
        let address = text.parse();
        let address = address.map_err(|_| format!("must be an address with a port, or {OFF}"));
        Ok(Self(Some(address?)))
    }
}

impl TryFrom<String> for Listen {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str(OFF),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_as_it_is_given_and_so_is_none() {
        for text in ["127.0.0.1:8080", "[::1]:0", OFF] {
            assert_eq!(
                text.parse::<Listen>().map(|it| it.to_string()),
                Ok(text.into())
            );
        }
        for text in ["", "Off", "8080", "localhost:8080"] {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
    }
}
