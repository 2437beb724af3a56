//! A mail service that sends nothing, and tells what it was given.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long a client may take for its mail.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lasts as long as the process.
pub(crate) struct MailService {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<Value>>>,
}

impl MailService {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&mails);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Somebody may end before the mail is whole.
                if let Some(mail) = take(&stream) {
                    kept.lock().unwrap().push(mail);
                }
            }
        });
        Self { address, mails }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mails", self.address)
    }

    /// The subjects of the mails that it was given.
    pub(crate) fn subjects(&self) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        let subjects = mails.iter().map(|mail| mail["subject"].as_str().unwrap());
        subjects.map(str::to_owned).collect()
    }
}

/// Reads the one request of a connection, and accepts its mail.
fn take(mut stream: &TcpStream) -> Option<Value> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let answer = b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(answer).ok()?;
    serde_json::from_slice(&body).ok()
}
