//! Where a URL says that the server is, and the same URL for the relay.

use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use crate::Error;

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
    /// By what `host` and `port` mean in a connection string: a host that begins with a slash is
    /// the directory of a socket.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        #[cfg(unix)]
        if host.starts_with('/') {
            return Self::Unix(PathBuf::from(format!("{host}/.s.PGSQL.{port}")));
        }
        Self::Tcp(host.to_owned(), port)
    }
}

/// A URL, taken apart where the server's address is.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) servers: Vec<Server>,
    before: String,
    after: String,
    parameters: Vec<String>,
}

impl Address {
    /// # Errors
    ///
    /// Where it is no URL, names no server, or may have asked for TLS.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let (scheme, rest) = url
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "postgres" | "postgresql"))
            .ok_or_else(|| Error::msg(format!("the connection string is no URL: {REMEDY}")))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (user, hosts) = match authority.rfind('@') {
            Some(at) => authority.split_at(at + 1),
            None => ("", authority),
        };
        let mut hosts: Vec<(String, Option<u16>)> =
            list(hosts).map(host_and_port).collect::<Result<_, _>>()?;
        let (mut ports, mut addresses, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_plain = false;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = decoded(value)?;
            match name {
                "host" => hosts.extend(list(&value).map(|host| (host.to_owned(), None))),
                "hostaddr" => addresses.extend(list(&value).map(str::to_owned)),
                "port" => ports = list(&value).map(port).collect::<Result<_, _>>()?,
                "sslmode" => is_plain = value == "disable",
                // They are about the way to the server.
                "gssencmode" | "sslnegotiation" => {}
                _ => parameters.push(parameter.to_owned()),
            }
        }
        for (host, address) in hosts.iter_mut().zip(addresses) {
            host.0 = address;
        }
        let servers: Vec<Server> = hosts
            .iter()
            .enumerate()
            .map(|(at, (host, given))| {
                let port = given.or(ports.get(at).or(ports.last()).copied());
                Server::new(host, port.unwrap_or(PORT))
            })
            .collect();
        if servers.is_empty() {
            return Err(Error::msg(format!("the URL names no host: {REMEDY}")));
        }
        if !is_plain
            && servers
                .iter()
                .any(|server| matches!(server, Server::Tcp(..)))
        {
            return Err(Error::msg(format!(
                "a connection that may be encrypted cannot have a savepoint for each statement, \
                 and the URL does not say sslmode=disable: {REMEDY}"
            )));
        }
        Ok(Self {
            servers,
            before: format!("{scheme}://{user}"),
            after: path.to_owned(),
            parameters,
        })
    }

    /// The same by way of a relay.
    pub(super) fn by_way_of(&self, relay: SocketAddr) -> String {
        let Self {
            before,
            after,
            parameters,
            ..
        } = self;
        let parameters: String = parameters.iter().map(|one| format!("&{one}")).collect();
        format!("{before}{relay}{after}?sslmode=disable{parameters}")
    }
}

fn list(values: &str) -> impl Iterator<Item = &str> {
    values.split(',').filter(|value| !value.is_empty())
}

fn host_and_port(host: &str) -> Result<(String, Option<u16>), Error> {
    let end = host.rfind(']').map_or(0, |at| at + 1);
    let (name, number) = match host[end..].find(':') {
        Some(at) => (&host[..end + at], Some(port(&host[end + at + 1..])?)),
        None => (host, None),
    };
    let name = decoded(name.trim_start_matches('[').trim_end_matches(']'))?;
    Ok((name, number))
}

fn port(number: &str) -> Result<u16, Error> {
    number
        .parse()
        .map_err(|_| Error::msg("the URL's port is no port"))
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

    fn servers(url: &str) -> Vec<Server> {
        Address::parse(url).unwrap().servers
    }

    fn tcp(host: &str, port: u16) -> Server {
        Server::Tcp(host.to_owned(), port)
    }

    #[test]
    fn a_server_is_found_wherever_a_url_names_it() {
        assert_eq!(
            servers("postgres://u:p@db/shop?sslmode=disable"),
            [tcp("db", 5432)]
        );
        assert_eq!(
            servers("postgresql://db:1,[::1]:2/shop?sslmode=disable"),
            [tcp("db", 1), tcp("::1", 2)]
        );
        assert_eq!(
            servers("postgres:///shop?host=a,b&port=7&sslmode=disable"),
            [tcp("a", 7), tcp("b", 7)]
        );
        assert_eq!(
            servers("postgres://db?hostaddr=10.0.0.1&sslmode=disable"),
            [tcp("10.0.0.1", 5432)]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_is_plain_whatever_the_url_says() {
        let socket = Server::Unix("/run/pg/.s.PGSQL.5432".into());
        for url in [
            "postgres://%2Frun%2Fpg/shop",
            "postgres:///shop?host=/run/pg",
        ] {
            assert_eq!(servers(url), std::slice::from_ref(&socket));
        }
    }

    #[test]
    fn all_else_stays_as_it_is() {
        let url = "postgres://u%40:p%2F@a,b:9/shop?application_name=a%20b&port=1&sslmode=disable&options=-c%20x%3D1";
        let relay = SocketAddr::from(([127, 0, 0, 1], 77));
        assert_eq!(
            Address::parse(url).unwrap().by_way_of(relay),
            "postgres://u%40:p%2F@127.0.0.1:77/shop?sslmode=disable&application_name=a%20b&options=-c%20x%3D1"
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
