//! A form as `multipart/form-data`, as HTML says that browsers write it.

use super::entry::Entry;

/// The body, whose parts the boundary keeps apart. No part may contain that.
pub(super) fn encode(entries: &[(String, Entry)], boundary: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, entry) in entries {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"",
            escaped(name)
        );
        body.extend_from_slice(head.as_bytes());
        match entry {
            Entry::Text(text) => body.extend_from_slice(format!("\r\n\r\n{text}").as_bytes()),
            Entry::File(file) => {
                let (name, media_type) = (escaped(&file.name), &file.media_type);
                let head = format!("; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n");
                body.extend_from_slice(head.as_bytes());
                body.extend_from_slice(&file.bytes);
            }
        }
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

/// A name between quotes. HTML encodes these three characters alone, and no backslash.
fn escaped(name: &str) -> String {
    name.replace('\n', "%0A")
        .replace('\r', "%0D")
        .replace('"', "%22")
}
