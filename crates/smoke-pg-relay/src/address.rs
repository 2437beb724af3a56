//! Where a URL says that the server is, and the same URL for the relay.

#[cfg(unix)]
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use crate::Relay;
use smoke_core::Error;

const PORT: u16 = 5432;
const REMEDY: &str =
    "a savepoint for each statement needs a URL like postgres://user@host/database?sslmode=disable";

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// The name or the address of its host, and the port.
    Tcp(String, u16),
    /// A socket of the file system.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Server {
    /// The server that `host` and `port` of a connection string name: a host that begins with a slash
    /// is the directory of a socket, and one in brackets is an IPv6 address.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        #[cfg(unix)]
        if host.starts_with('/') {
            return Self::Unix(PathBuf::from(format!("{host}/.s.PGSQL.{port}")));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Self::Tcp(host.to_owned(), port)
    }
}

/// A URL, taken apart where the server's address is.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) server: Server,
    /// The `application_name`.
    pub(super) name: Option<String>,
    before: String,
    after: String,
    parameters: Vec<String>,
}

impl Address {
    /// # Errors
    ///
    /// Where it is no URL, names no server or several, or may have asked for TLS.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let (scheme, rest) = url
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "postgres" | "postgresql"))
            .ok_or_else(|| refused("the connection string is no URL"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (user, authority) = match authority.rfind('@') {
            Some(at) => authority.split_at(at + 1),
            None => ("", authority),
        };
        let (host, port) = host_and_port(authority)?;
        let (mut host, mut port) = (Once(host), Once(port));
        let (mut address, mut sslmode, mut name) = (Once(None), Once(None), Once(None));
        let mut parameters = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match key {
                "host" => host.is(decoded(value)?)?,
                "hostaddr" => address.is(decoded(value)?)?,
                "port" => port.is(decoded(value)?)?,
                "sslmode" => sslmode.is(decoded(value)?)?,
                "application_name" => name.is(decoded(value)?)?,
                // They are about the way to the server.
                "gssencmode" | "sslnegotiation" => {}
                _ => parameters.push(parameter.to_owned()),
            }
        }
        let host = address.0.or(host.0);
        let host = host.ok_or_else(|| refused("the URL names no host"))?;
        // Another connection may find itself at another one.
        if [authority, &host].iter().any(|hosts| hosts.contains(',')) {
            return Err(refused("the URL names several hosts"));
        }
        let port = match port.0 {
            Some(port) => port
                .parse()
                .map_err(|_| refused("the URL's port is no port"))?,
            // libpq would look there.
            None if std::env::var_os("PGPORT").is_some() => {
                return Err(refused("the URL names no port, and PGPORT is set"));
            }
            None => PORT,
        };
        let server = Server::new(&host, port);
        if matches!(server, Server::Tcp(..)) && sslmode.0.as_deref() != Some("disable") {
            return Err(refused(
                "a connection that may be encrypted cannot have it, and the URL does not say sslmode=disable",
            ));
        }
        Ok(Self {
            server,
            name: name.0,
            before: format!("{scheme}://{user}"),
            after: path.to_owned(),
            parameters,
        })
    }

    /// The same by way of a relay.
    pub(super) fn by_way_of(&self, relay: &Relay) -> String {
        let Self { before, after, .. } = self;
        let (address, secret) = (relay.address(), relay.secret_name());
        let parameters: String = self
            .parameters
            .iter()
            .map(|one| format!("&{one}"))
            .collect();
        format!("{before}{address}{after}?sslmode=disable&application_name={secret}{parameters}")
    }
}

/// A value that the URL may give in one place: libraries differ in which of two they take.
struct Once(Option<String>);

impl Once {
    fn is(&mut self, value: String) -> Result<(), Error> {
        match self.0.replace(value) {
            None => Ok(()),
            Some(_) => Err(refused("the URL says one thing in two places")),
        }
    }
}

fn refused(why: &str) -> Error {
    Error::msg(format!("{why}: {REMEDY}"))
}

/// The host and the port of a URL's authority, where it has them.
fn host_and_port(authority: &str) -> Result<(Option<String>, Option<String>), Error> {
    let end = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[end..].find(':') {
        Some(at) => (&authority[..end + at], &authority[end + at + 1..]),
        None => (authority, ""),
    };
    let given = |text: String| (!text.is_empty()).then_some(text);
    Ok((given(decoded(host)?), given(decoded(port)?)))
}

fn decoded(text: &str) -> Result<String, Error> {
    let text = percent_decode_str(text).decode_utf8();
    Ok(text
        .map_err(|_| Error::msg("the URL is not UTF-8"))?
        .into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Server {
        Address::parse(url).unwrap().server
    }

    fn tcp(host: &str, port: u16) -> Server {
        Server::Tcp(host.to_owned(), port)
    }

    #[test]
    fn a_server_is_found_wherever_a_url_names_it() {
        for (url, found) in [
            ("postgres://u:p@db/shop?sslmode=disable", tcp("db", 5432)),
            ("postgresql://db:1/shop?sslmode=disable", tcp("db", 1)),
            ("postgres://u@[::1]:2?sslmode=disable", tcp("::1", 2)),
            ("postgres://[::1]/shop?sslmode=disable", tcp("::1", 5432)),
            (
                "postgres:///shop?host=a&port=7&sslmode=disable",
                tcp("a", 7),
            ),
            (
                "postgres://db:3?hostaddr=10.0.0.1&sslmode=disable",
                tcp("10.0.0.1", 3),
            ),
        ] {
            assert_eq!(server(url), found, "{url}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_is_plain_whatever_the_url_says() {
        let socket = Server::Unix("/run/pg/.s.PGSQL.5432".into());
        for url in [
            "postgres://%2Frun%2Fpg/shop",
            "postgres:///shop?host=/run/pg",
            "postgres://u@/shop?host=%2Frun%2Fpg&sslmode=prefer",
        ] {
            assert_eq!(server(url), socket);
        }
    }

    #[tokio::test]
    async fn all_else_stays_as_it_is() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let url = format!(
            "postgres://u%40:p%2F@127.0.0.1:{port}/shop?application_name=a%20b&sslmode=disable&options=-c%20x%3D1"
        );
        let address = Address::parse(&url).unwrap();
        assert_eq!(address.name.as_deref(), Some("a b"));
        let relay = Relay::to(address.server.clone(), None).await.unwrap();
        let (at, secret) = (relay.address(), relay.secret_name());
        assert_eq!(
            address.by_way_of(&relay),
            format!(
                "postgres://u%40:p%2F@{at}/shop?sslmode=disable&application_name={secret}&options=-c%20x%3D1"
            )
        );
    }

    #[test]
    fn a_url_that_will_not_do_is_refused_without_its_password() {
        for (url, why) in [
            ("host=db password=hunter2", "is no URL"),
            ("mysql://u:hunter2@db/shop", "is no URL"),
            ("postgres://u:hunter2@/shop", "names no host"),
            ("postgres://u:hunter2@db/shop", "sslmode=disable"),
            (
                "postgres://u:hunter2@db/shop?sslmode=require",
                "sslmode=disable",
            ),
            ("postgres://u:hunter2@db:x/shop", "is no port"),
            ("postgres://u:hunter2@a,b/shop", "several hosts"),
            ("postgres://u:hunter2@a:1,b:2/shop", "several hosts"),
            ("postgres://u:hunter2@a/shop?host=b", "two places"),
            ("postgres://u:hunter2@a:1/shop?port=1", "two places"),
            (
                "postgres://u:hunter2@a/shop?sslmode=disable&sslmode=require",
                "two places",
            ),
        ] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_or_is_repeated(text in "(postgres://)?[a-z:@/?&=,%0-9\\[\\]é-]{0,40}") {
            if let Err(error) = Address::parse(&format!("{text}hunter2")) {
                assert!(!error.to_string().contains("hunter2"));
            }
        }
    }
}
