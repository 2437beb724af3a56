//! How a service stands, for whoever asks within the process.

use std::net::SocketAddr;
use std::time::Instant;

use http::request::Parts;
use smoke_report::Standing;

use crate::Runner;
use crate::access::Viewer;
use crate::watch::Probe;

impl Runner {
    /// How the service stands, from what is known: what a probe path answers to the trusted. It runs
    /// nothing and waits for nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use smoke_core::{Probe, Registry, Runner, Test};
    ///
    /// let registry = Registry::new().test(Test::new("shop::opens", async || {}));
    /// let runner = Runner::new(registry);
    /// assert!(runner.standing(Probe::Live).status.is_pass());
    /// // No schedule: nobody knows.
    /// assert!(!runner.standing(Probe::Status).status.is_pass());
    /// ```
    #[must_use]
    pub fn standing(&self, probe: Probe) -> Standing {
        self.standing_at(probe, Instant::now())
    }

    /// Whether a client with this head and address may hear the verdict of a probe. Everybody may, but for
    /// [`Status`](Probe::Status) where a token is required.
    ///
    /// For answers by other protocols than HTTP. The layers call it themselves.
    #[must_use]
    pub fn may_hear(&self, probe: Probe, head: &Parts, peer: Option<SocketAddr>) -> bool {
        is_heard_by(probe, self.access().viewer(head, peer))
    }

    /// Waits until the runner is [shut down](Self::shutdown): what is open by then is to be closed.
    pub async fn stopped(&self) {
        // It cannot be dropped while this is.
        let _ = self.shut().wait_for(|shut| *shut).await;
    }

    pub(crate) fn standing_at(&self, probe: Probe, now: Instant) -> Standing {
        let mut standing = self.watch().standing(probe, self.off(), now);
        let (build, instance) = self.identity();
        standing.build = build.map(str::to_owned);
        standing.instance = instance.map(str::to_owned);
        let names = self.settings().names.iter();
        standing.settings = names.map(|name| (*name).to_owned()).collect();
        standing
    }
}

/// Whether somebody may hear the verdict of a probe.
pub(crate) fn is_heard_by(probe: Probe, viewer: Viewer) -> bool {
    probe.is_for_everybody() || viewer != Viewer::Refused
}
