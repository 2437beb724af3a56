//! Whether a server's process is at the other end of a socket of this process.
//!
//! The drivers know the number that the server gave its process, which would tell a pooler from a
//! server, but libraries keep it to themselves. So the socket is looked for whose address the
//! server sees: behind a pooler that socket is the pooler's. Where there is no `/proc`, or an address
//! was translated on the way, nothing is proven.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How much of the table of sockets is read: some tens of thousands.
const ENOUGH: u64 = 4 << 20;

/// Whether this process has a connected socket with that address, to that port of some server.
pub(super) fn is_own(client: &str, client_port: i32, server_port: i32) -> bool {
    let (Ok(client), Ok(client_port), Ok(server_port)) = (
        client.parse(),
        u16::try_from(client_port),
        u16::try_from(server_port),
    ) else {
        return false;
    };
    ["/proc/self/net/tcp", "/proc/self/net/tcp6"]
        .iter()
        .filter_map(|table| inode(table, client, client_port, server_port))
        .any(|inode| holds(&inode))
}

fn inode(table: &str, client: IpAddr, client_port: u16, server_port: u16) -> Option<String> {
    const CONNECTED: &str = "01";
    let lines = BufReader::new(File::open(table).ok()?.take(ENOUGH)).lines();
    lines.skip(1).map_while(Result::ok).find_map(|line| {
        let mut columns = line.split_ascii_whitespace();
        let (local, remote, state) = (columns.nth(1)?, columns.next()?, columns.next()?);
        let (local, remote) = (end(local)?, end(remote)?);
        let inode = columns.nth(5)?;
        (state == CONNECTED && local == (client, client_port) && remote.1 == server_port)
            .then(|| inode.to_owned())
    })
}

/// An address and a port, as `/proc` writes them: the address in words of this machine's order.
fn end(written: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = written.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| {
        let word = address.get(at * 8..at * 8 + 8)?;
        Some(u32::from_str_radix(word, 16).ok()?.to_ne_bytes())
    };
    let address = if address.len() == 8 {
        IpAddr::from(Ipv4Addr::from(word(0)?))
    } else {
        let words = [word(0)?, word(1)?, word(2)?, word(3)?];
        let mut bytes = [0; 16];
        bytes.copy_from_slice(words.as_flattened());
        IpAddr::from(Ipv6Addr::from(bytes)).to_canonical()
    };
    Some((address, port))
}

/// Whether one of this process's descriptors is that socket.
fn holds(inode: &str) -> bool {
    let socket = format!("socket:[{inode}]");
    std::fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .any(|target| target.as_os_str() == socket.as_str())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_socket_is_this_processs_own_as_long_as_it_is_held() {
        for server in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(server) else {
                continue;
            };
            let server = listener.local_addr().unwrap();
            let socket = TcpStream::connect(server).unwrap();
            let client = socket.local_addr().unwrap();
            let is_own = |client_port: u16, server_port: u16| {
                super::is_own(
                    &client.ip().to_string(),
                    client_port.into(),
                    server_port.into(),
                )
            };
            assert!(is_own(client.port(), server.port()));
            assert!(!is_own(client.port(), client.port()));
            drop(socket);
            assert!(!is_own(client.port(), server.port()));
        }
    }

    #[test]
    fn what_is_no_address_is_not_ones_own() {
        assert!(!is_own("", 1, 1));
        assert!(!is_own("127.0.0.1", -1, 5432));
    }
}
