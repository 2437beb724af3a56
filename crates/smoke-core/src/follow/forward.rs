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
/// How long one stream lasts. After that the client asks again, and its rights are checked again.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// How long a reader without room for a message is waited for. One that reads makes room long before, even when a
/// big run of short tests sends all its events at once.
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

/// Forwards until one side ends it. A reader without room for a message is waited for, and dropped when it makes
/// none in time. Meanwhile the channel of the events keeps the newest of what happens; no run waits.
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
