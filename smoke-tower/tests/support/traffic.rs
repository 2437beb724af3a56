//! What goes over connections, byte for byte. The tests of the other adapters include it.

use std::net::SocketAddr;

use smoke_testing::PATIENCE;
use smoke_testing::wire::read_until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a server says over a connection, but for the date and the order of the headers.
async fn rest(mut stream: TcpStream, said: &mut Vec<u8>) {
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(said)).await;
    read.expect("the server ends in time").unwrap();
}

async fn head(stream: &mut TcpStream) -> Vec<u8> {
    let head = read_until(stream, "\r\n\r\n").await.unwrap();
    let mut lines: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with("date: "))
        .collect();
    lines[1..].sort_unstable();
    lines.join("\n").into_bytes()
}

async fn ask(address: SocketAddr, request: &str) -> (TcpStream, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let said = head(&mut stream).await;
    (stream, said)
}

/// A whole event stream at `/events`, each chunk as it is framed.
pub async fn events(address: SocketAddr) -> Vec<u8> {
    let request = "GET /events HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";
    let (stream, mut said) = ask(address, request).await;
    rest(stream, &mut said).await;
    said
}

/// A frame of a client, masked with zeros.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

/// A whole talk with a WebSocket at `/talk` that sends back what comes.
pub async fn talk(address: SocketAddr) -> Vec<u8> {
    let request = "GET /talk HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let (mut stream, mut said) = ask(address, request).await;
    let payloads: [(u8, &[u8]); 3] = [(1, b"quokka"), (2, &[0, 0xff, 0x0d, 0x0a]), (1, b"")];
    for (opcode, payload) in payloads {
        stream.write_all(&frame(opcode, payload)).await.unwrap();
        let mut heard = vec![0; 2 + payload.len()];
        let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut heard)).await;
        read.expect("the server answers in time").unwrap();
        assert_eq!(&heard[2..], payload);
        said.extend(heard);
    }
    let normal = 1000_u16.to_be_bytes();
    stream.write_all(&frame(8, &normal)).await.unwrap();
    rest(stream, &mut said).await;
    said
}

/// Sends so many bytes to `/echo`, which sends them back as they come, and compares them.
pub async fn echo(address: SocketAddr, length: usize) {
    // Of a length that no buffer has, so that nothing can be left out or swapped unseen.
    let pattern: Vec<u8> = (0..65_537_u32).map(|at| (at % 251) as u8).collect();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /echo HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let sending = async {
        let mut left = length;
        while left > 0 {
            let part = left.min(pattern.len());
            writer.write_all(&pattern[..part]).await.unwrap();
            left -= part;
        }
    };
    let receiving = async {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(reader.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(
            head.contains(&format!("content-length: {length}\r\n")),
            "{head}"
        );
        let (mut received, mut bytes) = (0, vec![0; 64 * 1024]);
        loop {
            let come = match reader.read(&mut bytes).await.unwrap() {
                0 => break,
                come => come,
            };
            let mut rest = &bytes[..come];
            while !rest.is_empty() {
                let wanted = &pattern[received % pattern.len()..];
                let (part, others) = rest.split_at(rest.len().min(wanted.len()));
                assert!(part == &wanted[..part.len()], "after {received} bytes");
                received += part.len();
                rest = others;
            }
        }
        assert_eq!(received, length);
    };
    let exchanging = async { tokio::join!(sending, receiving) };
    // A GiB takes its time, on a machine that is busy.
    let exchanged = tokio::time::timeout(10 * PATIENCE, exchanging).await;
    exchanged.expect("the server answers in time");
}

/// Has a GiB go there and back, and measures how much more memory this process has had at once.
///
/// It needs a process without anything else in it.
pub async fn echo_a_gib(address: SocketAddr) {
    let before = high_water();
    echo(address, 1 << 30).await;
    // The kernel counts roughly: what it says may also be a little less than before.
    let grown = high_water().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes of memory for a GiB");
}

/// The most memory that this process has had, in bytes.
fn high_water() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}
