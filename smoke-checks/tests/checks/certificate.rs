//! `Certificate` with real servers and files.

use std::fs;
use std::time::SystemTime;

use smoke_checks::Certificate;
use smoke_core::{Outcome, Scope};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

use crate::issued::{Authority, DAY};
use crate::support::run;

#[tokio::test]
async fn a_certificate_that_is_valid_for_long_enough_passes_and_one_that_is_not_fails() {
    let now = SystemTime::now();
    let authority = Authority::until(now + 100 * DAY);
    let port = authority
        .serve(authority.issue("localhost", now + 20 * DAY + DAY / 2))
        .await;
    let check = || Certificate::of(format!("localhost:{port}")).ca_file(authority.file.path());
    let test = run(check()).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(test.scope, Scope::Shared);
    let test = run(check().valid_for_days(30)).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.contains("of CN=localhost ends in 20 days, and should be valid for 30: renew it"),
        "{message}"
    );
}

#[tokio::test]
async fn the_whole_chain_counts() {
    let now = SystemTime::now();
    let authority = Authority::until(now + 3 * DAY + DAY / 2);
    let port = authority
        .serve(authority.issue("localhost", now + 90 * DAY))
        .await;
    let check = Certificate::of(format!("localhost:{port}")).ca_file(authority.file.path());
    let test = run(check).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.contains("of CN=the authority ends in 3 days"),
        "{message}"
    );
}

#[tokio::test]
async fn a_certificate_that_has_ended_or_is_not_believed_fails() {
    let now = SystemTime::now();
    let authority = Authority::until(now + 100 * DAY);
    let ended = authority
        .serve(authority.issue("localhost", now - DAY))
        .await;
    let good = || authority.issue("localhost", now + 90 * DAY);
    let (other, port) = (
        authority
            .serve(authority.issue("shop.example", now + 90 * DAY))
            .await,
        authority.serve(good()).await,
    );
    let another = Authority::until(now + 100 * DAY);
    for (port, believed, said) in [
        (ended, &authority, "its certificate has ended"),
        (other, &authority, "its certificate is of another name"),
        (
            port,
            &another,
            "nobody who is believed has issued its certificate",
        ),
    ] {
        let check = Certificate::of(format!("localhost:{port}")).ca_file(believed.file.path());
        let test = run(check).await;
        assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
        let message = test.message.unwrap();
        assert!(message.contains(said), "{message}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let closing = tokio::spawn(async move { drop(listener.accept().await) });
    let another = Authority::until(SystemTime::now() + DAY);
    let test = run(Certificate::of(target).ca_file(another.file.path())).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.contains("is there a server that speaks TLS?"),
        "{message}"
    );
    closing.await.unwrap();
}

#[tokio::test]
async fn a_file_passes_and_one_that_ends_is_out_of_order_or_is_none_fails() {
    let now = SystemTime::now();
    let authority = Authority::until(now + 100 * DAY);
    let good = authority.issue("shop.example", now + 90 * DAY).pem;
    let ended = authority.issue("shop.example", now - DAY).pem;
    let root = authority.pem();
    for (content, outcome, said) in [
        (format!("{good}{root}"), Outcome::Passed, ""),
        (
            format!("{ended}{root}"),
            Outcome::Failed,
            "of CN=shop.example has ended: renew it",
        ),
        (
            format!("{root}{good}"),
            Outcome::Failed,
            "put the chain in order",
        ),
        ("no PEM".to_owned(), Outcome::Failed, "holds no certificate"),
    ] {
        let file = NamedTempFile::new().unwrap();
        fs::write(&file, content).unwrap();
        let test = run(Certificate::in_file(file.path())).await;
        assert_eq!(test.outcome, outcome, "{test:?}");
        let message = test.message.unwrap_or_default();
        assert!(message.contains(said), "{message}");
    }
    let test = run(Certificate::in_file("/not/there.pem")).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
}
