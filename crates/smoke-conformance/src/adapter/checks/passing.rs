//! What is not the endpoint's passes as if it were not there.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{CONNECTION, TE, UPGRADE};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::adapter::Shop;
use crate::adapter::bench::{Bench, passing};
use crate::adapter::stack::{Feature, Stack};
use crate::adapter::wire::{self, Answer, Connection};

/// How long a chunk may be on its way, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn pages<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    for (target, status, text) in [
        ("/hello", 200, "hello from production"),
        ("/hello?x=1&x=2", 200, "hello from production"),
        ("/whoami", 200, "nobody"),
        ("/visits", 200, ""),
        ("/missing", 404, Shop::NO_SUCH_PAGE),
        ("/", 404, Shop::NO_SUCH_PAGE),
        ("/broken", 500, "handled: the till is stuck"),
    ] {
        let answer = site.get(target).await?;
        is_page(&answer, status, text).map_err(|error| format!("{target}: {error}"))?;
        if answer.header("content-length") != answer.body.len().to_string() {
            return Err(format!("{target}: the length is not kept: {answer:?}"));
        }
    }
    let written = wire::send(site.address, wire::post("/rows", wire::whole(""))?).await?;
    is_page(&written, 201, "")?;
    let head = wire::send(site.address, wire::request(Method::HEAD, "/missing")?).await?;
    is_page(&head, 404, "")
}

fn is_page(answer: &Answer, status: u16, text: &str) -> Result<(), String> {
    answer.is_of_the_application()?;
    answer.contains(text)?;
    if answer.status == status {
        return Ok(());
    }
    Err(format!("{status} was expected, and this came: {answer:?}"))
}

pub(super) async fn bodies<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    // No two pages of it are alike, so nothing can be left out or swapped unseen.
    let large: Bytes = (0..1_u32 << 18).flat_map(u32::to_le_bytes).collect();
    let chunks = large.chunks(10_007).map(Bytes::copy_from_slice).collect();
    for body in [
        wire::whole(large.clone()),
        wire::chunked(chunks),
        wire::whole(""),
    ] {
        let expected = if http_body::Body::size_hint(&body).exact() == Some(0) {
            Bytes::new()
        } else {
            large.clone()
        };
        let answer = wire::send(site.address, wire::post("/echo", body)?).await?;
        if answer.status != 200 || answer.body != expected {
            return Err(format!(
                "{} bytes came back of {}, with {} {:?}",
                answer.body.len(),
                expected.len(),
                answer.status,
                answer.headers
            ));
        }
        answer.is_of_the_application()?;
    }
    Ok(())
}

pub(super) async fn streams<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let site = bench.serve(passing().open()).await?;
    let mut connection = Connection::open(site.address).await?;
    let mut asking = wire::with_header("/stream", "te", "trailers")?;
    asking
        .headers_mut()
        .append(CONNECTION, http::HeaderValue::from_static(TE.as_str()));
    let send = |text: &str| {
        let sent = site.chunk.send(Bytes::copy_from_slice(text.as_bytes()));
        sent.map_err(|_| "nobody takes the stream's chunks".to_owned())
    };
    // Some servers send the head with the first bytes of the body.
    send("data: 0\n\n")?;
    let beginning = tokio::time::timeout(PATIENCE, connection.begin(asking));
    let begun = beginning
        .await
        .map_err(|_| "the stream's head was kept back")??;
    let (head, mut body) = begun.into_parts();
    if head.headers.contains_key("content-length") || head.status != 200 {
        return Err(format!("a stream was expected, and this came: {head:?}"));
    }
    // Each chunk is sent when the one before has come: one that is kept back stops the check.
    for at in 0..5 {
        let wanted = format!("data: {at}\n\n");
        let mut come = String::new();
        while come.len() < wanted.len() {
            let waiting = tokio::time::timeout(PATIENCE, body.frame());
            match waiting
                .await
                .map_err(|_| format!("{wanted:?} was kept back"))?
            {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    come.push_str(&String::from_utf8_lossy(&data));
                }
                other => return Err(format!("the stream ended early, with {other:?}")),
            }
        }
        if come != wanted {
            return Err(format!("{wanted:?} was sent, and {come:?} came"));
        }
        if at < 4 {
            send(&format!("data: {}\n\n", at + 1))?;
        }
    }
    drop(site.chunk);
    let rest = body
        .collect()
        .await
        .map_err(|error| format!("the stream broke off: {error}"))?;
    let trailers = rest.trailers().cloned().unwrap_or_default();
    let count = trailers.get("x-chunks").map(http::HeaderValue::as_bytes);
    if bench.has(Feature::Trailers) && count != Some(b"5") {
        return Err(format!("the trailer x-chunks is missing: {trailers:?}"));
    }
    Ok(())
}

pub(super) async fn upgrades<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    if !bench.has(Feature::Upgrades) {
        return Ok(());
    }
    let site = bench.serve(passing().open()).await?;
    let shouting = async {
        let mut stream = TcpStream::connect(site.address).await?;
        let head = format!(
            "GET /shout HTTP/1.1\r\nHost: shop\r\n{CONNECTION}: upgrade\r\n{UPGRADE}: shout\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await?);
        }
        let mut said = [0; 5];
        if answer.starts_with(b"HTTP/1.1 101 ") {
            for word in ["hello", "again"] {
                stream.write_all(word.as_bytes()).await?;
                stream.read_exact(&mut said).await?;
            }
        }
        std::io::Result::Ok((String::from_utf8_lossy(&answer).into_owned(), said))
    };
    match shouting.await {
        Ok((_, said)) if said == *b"AGAIN" => Ok(()),
        Ok((answer, said)) => Err(format!("{answer:?} was answered, and then {said:?}")),
        Err(error) => Err(format!("the connection was closed: {error}")),
    }
}
