//! What a form sends under a name.

use bytes::Bytes;

/// The value of a field.
#[derive(Clone)]
pub(super) enum Entry {
    Text(String),
    File(File),
}

/// A file that is chosen in a form.
#[derive(Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) bytes: Bytes,
}

impl File {
    /// What a field sends where no file is chosen.
    pub(super) fn none() -> Self {
        Self {
            name: String::new(),
            media_type: "application/octet-stream".to_owned(),
            bytes: Bytes::new(),
        }
    }
}

impl Entry {
    /// The value where a form sends texts alone: of a file its name.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::File(file) => with_line_breaks(&file.name),
        }
    }
}

/// Line breaks as a form sends them.
pub(super) fn with_line_breaks(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n")
}
