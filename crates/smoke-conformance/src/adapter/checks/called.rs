//! The header by which services tell each other of smoke tests.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Request};
use sha2::Sha256;
use smoke_core::{SigningKey, SmokeRequest};

use crate::adapter::bench::{Bench, Open, passing};
use crate::adapter::stack::{Feature, Stack};
use crate::adapter::wire;

const KEY: [u8; 32] = [7; 32];
const CALLER: &str = "shop::pays, calling in run-1";

async fn serve<S: Stack>(bench: &Bench<S>) -> Result<Open, String> {
    let key = SigningKey::new(KEY).map_err(|error| error.to_string())?;
    bench.serve(passing().open().signing_key(key)).await
}

/// The header as another implementation would write it, so many seconds from now.
fn written(key: [u8; 32], seconds: i64) -> Result<String, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = now
        .unwrap_or_default()
        .as_secs()
        .saturating_add_signed(seconds);
    let claim = format!("v1;time={time};run=run-1;test=shop::pays");
    let signed = format!("x-smoke-request {claim}");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
    mac.update(signed.as_bytes());
    let mut value = format!("{claim};hmac=");
    for byte in mac.finalize().into_bytes() {
        let _ = write!(value, "{byte:02x}");
    }
    Ok(value)
}

/// Asks with these values of the header, and expects the handler to see that.
async fn sees(site: &Open, values: &[impl AsRef<[u8]>], wanted: &str) -> Result<(), String> {
    let mut request = Request::get("/whoami");
    for value in values {
        let value = HeaderValue::from_bytes(value.as_ref()).map_err(|error| error.to_string())?;
        request = request.header(SmokeRequest::HEADER, value);
    }
    let request = request
        .body(wire::whole(""))
        .map_err(|error| error.to_string())?;
    let answer = wire::send(site.address, request).await?;
    answer.is_of_the_application()?;
    if answer.status == 200 && answer.text() == wanted {
        return Ok(());
    }
    let values: Vec<_> = values
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_ref()))
        .collect();
    Err(format!(
        "{values:?}: {wanted:?} was expected, and this came: {answer:?}"
    ))
}

pub(super) async fn forged<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    if !bench.has(Feature::SmokeHeader) {
        return Ok(());
    }
    let site = serve(bench).await?;
    let tampered = written(KEY, 0)?.replace("shop::pays", "shop::owns");
    let nobodys = written([8; 32], 0)?;
    for value in ["", "v1", "shop::opens", "true", &tampered, &nobodys] {
        sees(&site, &[value], "nobody").await?;
    }
    sees(&site, &[[0xff, 0xfe]], "nobody").await?;
    let signed = written(KEY, 0)?;
    sees(&site, &[&*signed, &*signed], "nobody").await?;
    sees(&site, &["v1", &*signed], "nobody").await?;
    // Another spelling of the name is the same header.
    let request = "GET /whoami HTTP/1.0\r\nX-Smoke-REQUEST: v1\r\nConnection: close\r\n\r\n";
    let answer = wire::exchange(site.address, request).await?;
    if !answer.ends_with("\r\n\r\nnobody") {
        return Err(format!("{request:?} was answered {answer:?}"));
    }
    let without_a_key = bench.serve(passing().open()).await?;
    sees(&without_a_key, &[&*signed], "nobody").await
}

pub(super) async fn signed<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    if !bench.has(Feature::SmokeHeader) {
        return Ok(());
    }
    let site = serve(bench).await?;
    for seconds in [0, -50, 50] {
        sees(&site, &[written(KEY, seconds)?], CALLER).await?;
    }
    // It can be sent again; a minute later that is of no use.
    let value = written(KEY, -50)?;
    sees(&site, &[&value], CALLER).await?;
    sees(&site, &[&value], CALLER).await?;
    for seconds in [-70, -3_600, 70] {
        sees(&site, &[written(KEY, seconds)?], "nobody").await?;
    }
    let none: [&str; 0] = [];
    sees(&site, &none, "nobody").await
}
