//! To whom the token goes, and whose certificates are believed.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use hickory_server::proto::rr::RData;
use hickory_server::proto::rr::rdata::A;
use rcgen::generate_simple_self_signed;
use smoke_core::Outcome;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::dns::Dns;
use crate::fleet::{Is, RUNTIME, Replica, answer, own, serve_at};
use crate::process::ended;
use crate::smoke::{TOKEN, command, gate, gate_arguments, gate_until, smoke};
use crate::tests;

tests![
    no_redirect_is_followed,
    no_proxy_of_the_environment_is_asked,
    a_token_comes_from_a_file_too,
    a_certificate_of_the_file_is_believed_for_the_name_that_is_wanted,
    each_address_of_a_name_is_asked_by_the_name_that_is_wanted,
    what_is_no_end_is_cut,
];

/// Somebody who is to hear nothing, and how often it did.
fn stranger() -> (String, Arc<AtomicUsize>) {
    let heard = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&heard);
    let url = serve(Router::new().fallback(async move || {
        counted.fetch_add(1, Ordering::SeqCst);
    }));
    (url, heard)
}

fn serve(app: Router) -> String {
    format!("http://{}", serve_at(([127, 0, 0, 1], 0), app))
}

fn no_redirect_is_followed() {
    let (elsewhere, heard) = stranger();
    let to = elsewhere.clone();
    let url = serve(Router::new().fallback(async move || {
        (
            StatusCode::TEMPORARY_REDIRECT,
            [
                ("location", to.clone()),
                ("x-smoke-status", "PASS".to_owned()),
            ],
        )
    }));
    let asked = smoke(&["ask", &url]);
    assert_eq!(asked.code, Some(3), "{}", asked.err);
    let why = format!("307 Temporary Redirect to {elsewhere:?}: redirects are not followed");
    assert!(asked.err.contains(&why), "{}", asked.err);
    let gated = gate(&["--for", "1s", &url]);
    assert_eq!(gated.code, Some(3), "{}", gated.out);
    assert_eq!(heard.load(Ordering::SeqCst), 0);
}

fn no_proxy_of_the_environment_is_asked() {
    let (proxy, heard) = stranger();
    let replica = Replica::new("web-1", Is::Well);
    let mut command = command(&gate_arguments(&[&replica.url()]));
    for variable in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env(variable, &proxy);
    }
    command.env_remove("no_proxy").env_remove("NO_PROXY");
    let ended = ended(&mut command);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert_eq!(heard.load(Ordering::SeqCst), 0);
}

fn a_token_comes_from_a_file_too() {
    let replica = Replica::new("web-1", Is::Well);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let url = replica.url();
    let mut command = command(&gate_arguments(&[
        "--token-file",
        file.to_str().unwrap(),
        &url,
    ]));
    // The file is said, and counts.
    let ended = ended(command.env("SMOKE_TOKEN", "another"));
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
}

/// A server with a certificate for that name, before another one, and the file of the certificate.
fn secured(to: SocketAddr, name: &str) -> (String, tempfile::NamedTempFile) {
    let own = generate_simple_self_signed([name.to_owned()]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, own.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    RUNTIME.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not believe it goes away.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut plain = TcpStream::connect(to).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut plain).await;
            });
        }
    });
    (url, file)
}

fn a_certificate_of_the_file_is_believed_for_the_name_that_is_wanted() {
    let replica = Replica::new("web-1", Is::Well);
    let (url, certificate) = secured(replica.address, "shop.example");
    let certificate = certificate.path().to_str().unwrap();
    let right = ["--cacert", certificate, "--host", "shop.example"];
    let ended = gate(&[&right[..], &[&url]].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    for arguments in [
        &["--cacert", certificate, "--host", "other.example"][..],
        &["--cacert", certificate],
        &["--host", "shop.example"],
    ] {
        let ended = smoke(&[&["ask", &url], arguments].concat());
        assert_eq!(ended.code, Some(3), "{arguments:?}");
        assert!(
            ended.err.contains("certificate"),
            "{arguments:?}: {}",
            ended.err
        );
    }
}

fn each_address_of_a_name_is_asked_by_the_name_that_is_wanted() {
    let dns = Dns::start();
    dns.has(&[("web.shop.test.", RData::A(A(Ipv4Addr::LOCALHOST)))]);
    let server = dns.address.to_string();
    for (of, host) in [
        ("web.shop.test", &[][..]),
        ("shop.example", &["--host", "shop.example"]),
        ("shop.example", &["--host", "shop.example:8443"]),
    ] {
        let hosts = Arc::new(Mutex::new(BTreeSet::new()));
        let heard = Arc::clone(&hosts);
        let app = Router::new().fallback(async move |request: Request| {
            let host = request.headers()["host"].to_str().unwrap().to_owned();
            heard.lock().unwrap().insert(host);
            answer("web-1", vec![own("shop::disk", Outcome::Passed)])
        });
        let (url, certificate) = secured(serve_at(([127, 0, 0, 1], 0), app), of);
        let (_, port) = url.rsplit_once(':').unwrap();
        let target = format!("dns+https://web.shop.test:{port}");
        let certificate = certificate.path().to_str().unwrap();
        let how = ["--dns-server", &server, "--expect-replicas", "1", "-q"];
        let how = [&how[..], &["--cacert", certificate], host].concat();
        let ended = gate(&[&how[..], &[&target]].concat());
        assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
        assert!(
            ended.out.contains(&format!(" passed {url} web-1")),
            "{}",
            ended.out
        );
        let wanted = host
            .last()
            .map_or(format!("web.shop.test:{port}"), ToString::to_string);
        assert_eq!(*hosts.lock().unwrap(), BTreeSet::from([wanted]));
        // What DNS says is not believed: it is the certificate's name that counts.
        if host.is_empty() {
            let ended = gate_until("certificate", |time| {
                let other = ["--host", "other.example", "--for", time, &target];
                gate(&[&how[..], &other].concat())
            });
            assert_eq!(ended.code, Some(3), "{}", ended.out);
            assert!(ended.out.contains("certificate"), "{}", ended.out);
        }
    }
}

fn what_is_no_end_is_cut() {
    let url =
        serve(Router::new().fallback(async || ([("x-smoke-status", "PASS")], " ".repeat(9 << 20))));
    let ended = smoke(&["ask", &url]);
    assert_eq!(ended.code, Some(3));
    assert!(
        ended.err.contains("the answer is longer than 8 MiB"),
        "{}",
        ended.err
    );
}
