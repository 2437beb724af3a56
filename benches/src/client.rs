//! A client of HTTP/1.1 that keeps its connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, ensure};

/// A connection to a server. It is closed when this is dropped.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
    line: String,
}

impl Connection {
    /// Connects.
    pub fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            answers: BufReader::new(stream.try_clone()?),
            stream,
            line: String::new(),
        })
    }

    /// Asks for a path, and reads the answer: of 200, and with a length.
    pub fn get(&mut self, path: &str) -> Result<()> {
        let length = self.ask(path)?.context("the length is not known")?;
        let mut body = vec![0; length];
        self.answers.read_exact(&mut body)?;
        Ok(())
    }

    /// Asks for a path, and reads the head of the answer, which is of 200. The length of what follows, if it is known.
    pub fn ask(&mut self, path: &str) -> Result<Option<usize>> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop.example\r\n\r\n");
        self.stream.write_all(request.as_bytes())?;
        let line = self.line()?;
        ensure!(line.starts_with("HTTP/1.1 200 "), "{line}");
        let mut length = None;
        loop {
            let line = self.line()?;
            if line == "\r\n" {
                return Ok(length);
            }
            let (name, value) = line.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse().context("content-length")?);
            }
        }
    }

    /// The next line, with its end.
    pub fn line(&mut self) -> Result<&str> {
        self.line.clear();
        let read = self.answers.read_line(&mut self.line)?;
        ensure!(read > 0, "the server has closed the connection");
        Ok(&self.line)
    }
}
