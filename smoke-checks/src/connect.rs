//! How others are reached: their names, their addresses, a connection.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use smoke_core::{Failure, Result};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::check::shown;
use crate::outside::outside;

/// The addresses of `HOST:PORT`, which is called `name`. Never none.
///
/// # Errors
///
/// A failure when it has none, or when the system does not say it in time.
pub(crate) async fn resolve(target: &str, name: &str, within: Duration) -> Result<Vec<SocketAddr>> {
    // An address needs nobody to look it up.
    if let Ok(address) = target.parse() {
        return Ok(vec![address]);
    }
    let asked = target.to_owned();
    let look = move || asked.to_socket_addrs().map(Vec::from_iter);
    let looking = timeout(within, outside(look)).await;
    let found = looking.map_err(|_| {
        Failure::new(format!(
            "the addresses of {name} were not found within {}: do the name servers answer?",
            shown(within)
        ))
    })?;
    let found = found?.map_err(|error| unknown(name, &error))?;
    if found.is_empty() {
        return Err(Failure::new(format!("{name} has no address")).into());
    }
    Ok(found)
}

fn unknown(name: &str, error: &io::Error) -> Failure {
    let remedy = match error.kind() {
        ErrorKind::InvalidInput => "write HOST:PORT",
        _ => "is the name right, and do the name servers answer?",
    };
    Failure::new(format!("{name} has no address: {remedy} ({error})"))
}

/// A connection to `HOST:PORT`, at the first of its addresses that takes one.
///
/// # Errors
///
/// A failure when none does in time.
pub(crate) async fn connect(target: &str, within: Duration) -> Result<TcpStream> {
    let mut refused = String::new();
    let connecting = async {
        let addresses = resolve(target, target, within).await?;
        // One that is silent leaves time for the others.
        let share = within / u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        for address in addresses {
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => refused = said(address, &error),
                Err(_) => refused = silent(address, share),
            }
        }
        Err(Failure::new(format!("no connection to {target}: {refused}")).into())
    };
    match timeout(within, connecting).await {
        Ok(ended) => ended,
        Err(_) => Err(Failure::new(format!(
            "no connection to {target} within {}: is it there, and does a firewall drop what is sent to it?",
            shown(within)
        ))
        .into()),
    }
}

fn silent(address: SocketAddr, within: Duration) -> String {
    let within = shown(within);
    format!(
        "{address}: no answer within {within}: is it there, and does a firewall drop what is sent to it?"
    )
}

fn said(address: SocketAddr, error: &io::Error) -> String {
    let remedy = match error.kind() {
        ErrorKind::ConnectionRefused => "nothing listens there, or a firewall refuses it",
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => "there is no way to it",
        _ => "could it be reached before?",
    };
    format!("{address}: {remedy} ({error})")
}
