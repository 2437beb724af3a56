//! Round after round: asks as the rules say, until they have come to something.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::stream;
use http::Method;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::machine::{Machine, Next};
use super::standing::What;
use crate::smoke::client::Client;
use crate::smoke::replica::Replica;
use crate::smoke::resolve::Resolver;
use crate::smoke::said::{self, Identity, Said, Unsaid};
use crate::smoke::target::Target;

/// How long it may take to say who one is: nothing runs for that.
const WHO: Duration = Duration::from_secs(5);

/// How it is asked.
pub(crate) struct Asking {
    pub(crate) client: Client,
    pub(crate) resolver: Resolver,
    pub(crate) targets: Vec<Target>,
    /// How many are asked at a time.
    pub(crate) jobs: usize,
    /// How long a run may take to answer.
    pub(crate) limit: Duration,
    /// How long nothing is asked between two rounds.
    pub(crate) pause: Duration,
}

impl Asking {
    /// Asks until there is a verdict, or until it is `halted`: what was asked then is heard still.
    pub(crate) async fn rounds(&self, machine: &RefCell<Machine>, halted: &watch::Receiver<bool>) {
        loop {
            let next = self.round(machine, halted).await;
            if next != Next::Round || *halted.borrow() {
                return;
            }
            let mut stop = halted.clone();
            tokio::select! {
                () = sleep(self.pause.mul_f64(0.75 + fastrand::f64() / 2.0)) => {}
                _ = stop.wait_for(|halted| *halted) => return,
            }
        }
    }

    async fn round(&self, machine: &RefCell<Machine>, halted: &watch::Receiver<bool>) -> Next {
        let resolved = self.resolver.resolve(&self.targets).await;
        let due = machine.borrow_mut().begin(resolved, Instant::now());
        let replica = |at: usize| machine.borrow().standings[at].replica.clone();
        let goes_on = |_: &_| std::future::ready(!*halted.borrow());

        let who = stream::iter(due)
            .take_while(goes_on)
            .map(|at| async move { (at, self.who(&replica(at)).await) });
        let mut who = std::pin::pin!(who.buffer_unordered(self.jobs));
        while let Some((at, identity)) = who.next().await {
            machine.borrow_mut().identified(at, identity, moment());
        }
        if *halted.borrow() {
            return Next::Round;
        }

        let planned = machine.borrow_mut().plan();
        let slow = machine.borrow().terms.slow;
        let runs = stream::iter(planned);
        let goes_on = |_: &_| std::future::ready(!*halted.borrow());
        let runs = runs
            .take_while(goes_on)
            .map(|(at, what)| async move { (at, what, self.run(&replica(at), what, slow).await) });
        let mut runs = std::pin::pin!(runs.buffer_unordered(self.jobs));
        while let Some((at, what, said)) = runs.next().await {
            machine.borrow_mut().ran(at, what, said, moment());
        }
        machine.borrow_mut().end()
    }

    async fn who(&self, replica: &Replica) -> Result<Identity, Unsaid> {
        let reply = self
            .client
            .ask(replica, Method::GET, "/live", WHO.min(self.limit))
            .await?;
        said::identity(&reply)
    }

    async fn run(&self, replica: &Replica, what: What, slow: bool) -> Result<Said, Unsaid> {
        let path = match what {
            What::Everything if slow => "/slow/",
            What::Everything => "/",
            What::Own => "/?scope=instance",
        };
        // POST begins a run of its own: another's result is another moment's.
        let asked = self.client.ask(replica, Method::POST, path, self.limit);
        said::report(&asked.await?, SystemTime::now())
    }
}

fn moment() -> (Instant, f64) {
    (Instant::now(), fastrand::f64())
}
