//! What is asked: a URL, or a name that has a replica behind each of its addresses.

use std::str::FromStr;

use url::{Host, Url};

/// The path under which the smoke tests are, unless the target says another.
pub(crate) const PREFIX: &str = "/smoketest";

/// One argument of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// As it was written.
    pub(crate) written: String,
    pub(crate) secure: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) prefix: String,
    pub(crate) means: Means,
}

/// How a target leads to replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// It is one.
    Itself,
    /// Each address of the name is one.
    Addresses,
    /// Each address of what the service records of the name say is one.
    Services,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (means, url) = match written.split_once('+') {
            Some(("dns", url)) => (Means::Addresses, url),
            Some(("srv", url)) => (Means::Services, url),
            _ => (Means::Itself, written),
        };
        let url = Url::parse(url).map_err(|error| format!("{error}: write http://HOST:PORT"))?;
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            other => return Err(format!("{other} is not asked: use http or https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL holds no password: the token is read from SMOKE_TOKEN".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a target ends with its path: it has no ? and no #".to_owned());
        }
        if means == Means::Services && url.port().is_some() {
            return Err("service records say the port themselves".to_owned());
        }
        let host = url.host().map(|host| host.to_owned());
        let path = url.path().trim_end_matches('/');
        Ok(Self {
            written: written.to_owned(),
            secure,
            host: host.ok_or("there is no host")?,
            port: url.port().unwrap_or(if secure { 443 } else { 80 }),
            prefix: if path.is_empty() { PREFIX } else { path }.to_owned(),
            means,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_says_whom_to_ask_and_how() {
        for (written, means, secure, host, port, prefix) in [
            (
                "http://10.0.0.1:3000",
                Means::Itself,
                false,
                "10.0.0.1",
                3000,
                PREFIX,
            ),
            (
                "https://shop.example/",
                Means::Itself,
                true,
                "shop.example",
                443,
                PREFIX,
            ),
            (
                "https://[::1]/internal/smoke/",
                Means::Itself,
                true,
                "[::1]",
                443,
                "/internal/smoke",
            ),
            (
                "dns+http://shop.default.svc:3000",
                Means::Addresses,
                false,
                "shop.default.svc",
                3000,
                PREFIX,
            ),
            (
                "srv+https://_shop._tcp.example/x",
                Means::Services,
                true,
                "_shop._tcp.example",
                443,
                "/x",
            ),
        ] {
            let target: Target = written.parse().unwrap();
            assert_eq!(target.host.to_string(), host);
            assert_eq!(
                (target.means, target.secure, target.port),
                (means, secure, port)
            );
            assert_eq!(
                (target.prefix.as_str(), target.written.as_str()),
                (prefix, written)
            );
        }
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for (written, why) in [
            ("shop.example", "http://HOST:PORT"),
            ("", "http://HOST:PORT"),
            ("ftp://shop.example", "ftp is not asked"),
            ("dns+ftp://shop.example", "ftp is not asked"),
            ("mx+http://shop.example", "is not asked"),
            ("http://me:secret@shop.example", "SMOKE_TOKEN"),
            ("http://shop.example/?select=a", "no ?"),
            ("http://shop.example/#a", "no #"),
            ("srv+http://shop.example:80", ""),
            ("srv+http://shop.example:3000", "say the port"),
        ] {
            match written.parse::<Target>() {
                Ok(_) => assert!(why.is_empty(), "{written}"),
                Err(error) => assert!(error.contains(why) && !why.is_empty(), "{written}: {error}"),
            }
        }
    }
}
