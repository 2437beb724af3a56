//! A driver in this process that speaks as much of WebDriver as a test without a page needs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path as Asked;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::program;

/// The beginning of each PNG.
pub(crate) const PICTURE: &[u8] = b"\x89PNG\r\n";

/// A driver that starts one kind of browser.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) port: u16,
    /// The capabilities that sessions were asked for with.
    pub(crate) asked: Arc<Mutex<Vec<Value>>>,
    /// How many sessions are open.
    pub(crate) open: Arc<Mutex<usize>>,
}

impl Fake {
    /// One that starts browsers of this name alone.
    pub(crate) async fn of(browser: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            port: listener.local_addr().unwrap().port(),
            asked: Arc::default(),
            open: Arc::default(),
        };
        let driver = fake.clone();
        let answer = move |Asked(path): Asked<String>, method: Method, body: Bytes| {
            let answer = driver.answer(browser, &method, &path, &body);
            async { answer }
        };
        let app = Router::new().route("/{*path}", any(answer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        fake
    }

    /// A program of this name that says that it is that driver. Beside it, it writes which folder it was given.
    pub(crate) fn program(&self, folder: &Path, name: &str) -> PathBuf {
        let program = folder.join(name);
        let port = self.port;
        let script = format!(
            "#!/bin/sh\necho \"$HOME\" > \"$0.folder\"\necho \"1764\tgeckodriver\tINFO\tListening on 127.0.0.1:{port}\"\nexec sleep 600\n"
        );
        program::write(&program, &script);
        program
    }

    fn answer(&self, browser: &str, method: &Method, path: &str, body: &[u8]) -> Response {
        let mut open = self.open.lock().unwrap();
        match (method, path) {
            (&Method::POST, "session") => {
                let body: Value = serde_json::from_slice(body).unwrap();
                let wanted = body["capabilities"]["alwaysMatch"].clone();
                let name = wanted["browserName"].as_str().unwrap().to_owned();
                self.asked.lock().unwrap().push(wanted);
                if name != browser {
                    let message = format!("there is no {name} here");
                    return refused("session not created", &message);
                }
                *open += 1;
                said(&json!({ "sessionId": "7", "capabilities": { "browserName": name } }))
            }
            (&Method::DELETE, "session/7") => {
                *open -= 1;
                said(&Value::Null)
            }
            (&Method::POST, "session/7/url") => said(&Value::Null),
            (&Method::GET, "session/7/url") => said(&json!("http://127.0.0.1/till")),
            (&Method::GET, "session/7/screenshot") => said(&json!("iVBORw0K")),
            _ => refused("unknown command", "geckodriver has no such command"),
        }
    }
}

fn said(value: &Value) -> Response {
    told(StatusCode::OK, value)
}

fn refused(error: &str, message: &str) -> Response {
    let value = json!({ "error": error, "message": message, "stacktrace": "" });
    told(StatusCode::INTERNAL_SERVER_ERROR, &value)
}

fn told(status: StatusCode, value: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, json!({ "value": value }).to_string()).into_response()
}
