//! The connections that are open, and what they are busy with.

use std::collections::BTreeMap;
use std::net::Shutdown;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::shut::shut;

/// Which connection: the first, the second.
pub(super) type Id = u64;

/// All connections of one server.
#[derive(Clone)]
pub(super) struct Lines(Arc<watch::Sender<Open>>);

#[derive(Default)]
struct Open {
    lines: BTreeMap<Id, Entry>,
    next: Id,
}

struct Entry {
    stream: Weak<TcpStream>,
    /// The request that is being answered, or that changed the protocol.
    busy: Option<Arc<str>>,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::default()))
    }

    pub(super) fn add(&self, stream: Weak<TcpStream>) -> Id {
        let mut id = 0;
        self.0.send_modify(|open| {
            id = open.next;
            open.next += 1;
            let entry = Entry { stream, busy: None };
            open.lines.insert(id, entry);
        });
        id
    }

    pub(super) fn remove(&self, id: Id) {
        self.0.send_modify(|open| {
            open.lines.remove(&id);
        });
    }

    /// Notes that a connection is busy, until what is returned is dropped.
    pub(super) fn busy(&self, id: Id, request: Arc<str>) -> Busy {
        self.mark(id, Some(request));
        Busy {
            lines: self.clone(),
            id,
            ends: true,
        }
    }

    fn mark(&self, id: Id, request: Option<Arc<str>>) {
        self.0.send_modify(|open| {
            if let Some(entry) = open.lines.get_mut(&id) {
                entry.busy = request;
            }
        });
    }

    /// Waits until no connection is busy, for `grace` at most, and names what they are busy with
    /// then.
    pub(super) async fn quiet(&self, grace: Duration) -> Vec<Arc<str>> {
        let mut open = self.0.subscribe();
        let quiet = open.wait_for(|open| open.lines.values().all(|entry| entry.busy.is_none()));
        let _ = timeout(grace, quiet).await;
        let open = self.0.borrow();
        let busy = open.lines.values().filter_map(|entry| entry.busy.clone());
        busy.collect()
    }

    /// Closes every connection, whoever holds it.
    pub(super) fn shut(&self) {
        let open = self.0.borrow();
        let streams = open.lines.values().map(|entry| entry.stream.upgrade());
        let streams: Vec<_> = streams.flatten().collect();
        drop(open);
        for stream in streams {
            let _ = shut(&stream, Shutdown::Both);
        }
    }
}

/// A connection answers a request until this is dropped.
pub(super) struct Busy {
    lines: Lines,
    id: Id,
    ends: bool,
}

impl Busy {
    /// The connection is busy with this for as long as it is open.
    pub(super) fn for_good(mut self) {
        self.ends = false;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.ends {
            self.lines.mark(self.id, None);
        }
    }
}
