//! From what a runner emits to one who follows.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::message::Message;
use crate::Runner;
use crate::run::Event;

/// How often something is sent where nothing happens, so that proxies keep the connection.
const BEAT: Duration = Duration::from_secs(15);
/// How long one is followed at a time: whoever wants more asks again, and is judged again.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// How long one who has no room for a message is waited for. Whoever reads has made some long before: it takes the
/// events of a big run of short tests that long.
const PATIENCE: Duration = Duration::from_secs(1);

/// What happens in a runner.
pub(super) struct Sources {
    pub(super) events: broadcast::Receiver<Event>,
    pub(super) shut: watch::Receiver<bool>,
    pub(super) draining: watch::Receiver<Option<Instant>>,
}

impl Sources {
    pub(super) fn of(runner: &Runner) -> Self {
        Self {
            events: runner.events(),
            shut: runner.shut(),
            draining: runner.watch().draining(),
        }
    }
}

/// Forwards until one side ends it. Whoever has no room for a message, and makes none in time, is dropped; what
/// happens meanwhile is kept for them by the channel of the events, which waits for nobody.
pub(super) async fn forward(sources: Sources, told: mpsc::Sender<Message>) {
    let Sources {
        mut events,
        mut shut,
        mut draining,
    } = sources;
    let end = async {
        tokio::select! {
            biased;
            // Gone, too, once nobody has the runner any more.
            _ = shut.wait_for(|shut| *shut) => "shutdown",
            _ = draining.wait_for(Option::is_some) => "draining",
            () = sleep(LONGEST) => "time",
        }
    };
    let mut end = std::pin::pin!(end);
    let mut beat = interval_at(Instant::now() + BEAT, BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut message = Message::Opened;
    loop {
        if matches!(message, Message::Closed(_)) {
            let _ = told.try_send(message);
            return;
        }
        let room = tokio::select! {
            biased;
            room = told.reserve() => room,
            _ = &mut end => return,
            () = sleep(PATIENCE) => return,
        };
        let Ok(room) = room else { return };
        room.send(message);
        message = tokio::select! {
            biased;
            () = told.closed() => return,
            why = &mut end => Message::Closed(why),
            event = events.recv() => match event {
                Ok(event) => Message::Happened(event),
                Err(RecvError::Lagged(events)) => Message::Missed(events),
                Err(RecvError::Closed) => Message::Closed("shutdown"),
            },
            _ = beat.tick() => Message::Beat,
        };
    }
}
