//! An answer, read off the wire.

use serde_json::Value;

/// An answer of HTTP/1.1.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, as it was sent.
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// An answer that came by another way, the names of its headers in lower case.
    #[must_use]
    pub fn new(status: u16, headers: Vec<(String, String)>, body: String) -> Self {
        Self {
            status,
            body,
            headers,
        }
    }

    /// Reads the answer to a request with `Connection: close`: its end is the connection's.
    pub(crate) fn parse(raw: &str) -> Self {
        let (head, body) = raw.split_once("\r\n\r\n").expect(raw);
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        Self::new(
            status.and_then(|status| status.parse().ok()).expect(raw),
            headers.collect(),
            body.to_owned(),
        )
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }

    /// A header, its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(known, _)| known == name)?;
        Some(value)
    }
}
