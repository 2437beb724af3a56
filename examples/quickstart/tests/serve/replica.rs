//! A replica that answers what it is told to.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

pub(crate) struct Replica {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Replica {
    /// Gives these answers one after the other, and the last one from then on.
    pub(crate) fn start(answers: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answers, heads) = (answers.to_vec(), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    head.extend(byte);
                }
                let mut asked = heads.lock().unwrap();
                let answer = answers.get(asked.len()).or(answers.last()).unwrap();
                asked.push(String::from_utf8(head).unwrap());
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests that came.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// An answer of a smoke endpoint, with that build and more lines in its head.
pub(crate) fn answer(verdict: &str, build: &str, more: &str, reason: &str) -> String {
    let status = match verdict {
        "PASS" => "200 OK",
        _ => "503 Service Unavailable",
    };
    let body = format!("{verdict}\ntests run: 0\n{reason}");
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nX-Smoke-Status: {verdict}\r\nx-smoke-build:{build}\r\n{more}\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
