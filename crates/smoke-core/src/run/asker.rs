//! Who asks for a run.

use std::fmt;
use std::net::SocketAddr;

/// Upper bound of a user agent, in bytes.
const LONGEST_USER_AGENT: usize = 1024;

/// Who asks for a run, for the log.
///
/// # Examples
///
/// ```
/// use smoke_core::{Ask, Asker, Selection};
///
/// let peer = ([10, 0, 0, 7], 51_112).into();
/// let ask = Ask::new(Selection::fast()).by(Asker::new("the gate").peer(peer).user_agent("gate/1.0"));
/// assert_eq!(ask.asked_by.to_string(), "the gate");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Asker {
    name: String,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) user_agent: Option<String>,
    /// Strangers cannot keep others' lines out of the log.
    pub(crate) is_stranger: bool,
}

impl Asker {
    /// Somebody, as the log calls them.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            peer: None,
            user_agent: None,
            is_stranger: false,
        }
    }

    /// Says from where they ask.
    pub fn peer(mut self, address: SocketAddr) -> Self {
        self.peer = Some(address);
        self
    }

    /// Says by what program they ask, in its own words.
    pub fn user_agent(mut self, name: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        let name = &name[..name.len().min(LONGEST_USER_AGENT)];
        self.user_agent = Some(String::from_utf8_lossy(name).into_owned());
        self
    }

    pub(crate) fn stranger(mut self) -> Self {
        self.is_stranger = true;
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<S: Into<String>> From<S> for Asker {
    fn from(name: S) -> Self {
        Self::new(name)
    }
}
