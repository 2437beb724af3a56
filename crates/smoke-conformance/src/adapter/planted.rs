//! What only operators may see, planted in tests that fail.

use std::fmt;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, Request};
use smoke_core::{Client, Provided, Registry, Test};

use super::Shop;
use super::bench::{Bench, Open};
use super::stack::Stack;
use super::wire::{self, Answer, SentBody};
use crate::paper::Paper;

pub(super) const TOKEN: &str = "t0ken-of-the-shop";

/// What only operators may see: parts of a message, of a cause, of a provided value that a panic
/// shows, of a description, a tag, and of a file's name; the instance.
pub(super) const SECRETS: [&str; 7] = [
    "kangaroo",
    "wombat",
    "echidna",
    "quokka",
    "numbat",
    "planted.rs",
    "till-1",
];

/// The same, of a request to the application under test and its answer.
pub(super) const IN_PROCESS: [&str; 2] = ["/dingo", "platypus"];

#[derive(Debug)]
struct Till {
    holds: &'static str,
}

#[derive(Debug)]
struct Wrapped(std::io::Error);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the kangaroo is out")
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn panics(till: Provided<Till>) {
    panic!("the till holds {}", till.holds);
}

async fn reads_a_page(client: Client) -> smoke_core::Result {
    client.get("/dingo").send().await?.ensure_status(200)?;
    Ok(())
}

/// Three tests that fail and a slow one; one test more where there is an application under test.
pub(super) fn registry<S: Stack>(bench: &Bench<S>) -> Registry {
    debug_assert!(Shop::NO_SUCH_PAGE.contains(IN_PROCESS[1]));
    let registry = match bench.in_process(&Paper::default()) {
        Some(registry) => registry.test(Test::new("shop::reads_a_page", reads_a_page)),
        None => Registry::new(),
    };
    let fails = async || Err::<(), _>(smoke_core::Failure::new("the kangaroo is out"));
    let breaks = async || Err::<(), _>(Wrapped(std::io::Error::other("wombat")));
    registry
        .instance("till-1")
        .provide(Till { holds: "echidna" })
        .test(
            Test::new("shop::fails", fails)
                .description("quokka")
                .tags(["numbat"]),
        )
        .test(Test::new("shop::breaks", breaks))
        .test(Test::new("shop::panics", panics))
        .test(Test::new("shop::counts", async || {}).slow())
}

pub(super) async fn asked(
    site: &Open,
    method: Method,
    target: &str,
    token: Option<&str>,
) -> Result<Answer, String> {
    wire::send(site.address, asking(method, target, token)?).await
}

/// A request with that token.
pub(super) fn asking(
    method: Method,
    target: &str,
    token: Option<&str>,
) -> Result<Request<SentBody>, String> {
    let mut request = wire::request(method, target)?;
    if let Some(token) = token {
        let value = HeaderValue::try_from(format!("Bearer {token}"));
        let value = value.map_err(|error| error.to_string())?;
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    Ok(request)
}

pub(super) fn shows_no_secret(answer: &Answer) -> Result<(), String> {
    let shown = format!("{:?}\n{}", answer.headers, answer.text()).to_lowercase();
    let mut secrets = SECRETS.iter().chain(&IN_PROCESS).chain([&TOKEN]);
    match secrets.find(|secret| shown.contains(**secret)) {
        Some(secret) => Err(format!("{secret} is shown to a stranger: {shown}")),
        None => Ok(()),
    }
}
