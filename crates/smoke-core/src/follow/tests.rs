use std::future::poll_fn;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::forward::{Sources, forward};
use super::message::Message;
use super::{BEHIND, Followed, Unfollowed};
use crate::run::Event;
use crate::{Registry, Runner, Selection, Test, fail};

/// A runner, as one who follows sees it.
struct Emitting {
    events: broadcast::Sender<Event>,
    shut: watch::Sender<bool>,
    draining: watch::Sender<Option<Instant>>,
    messages: mpsc::Receiver<Message>,
    forwarding: JoinHandle<()>,
}

impl Emitting {
    fn start(events: usize) -> Self {
        let events = broadcast::Sender::new(events);
        let (shut, draining) = (watch::Sender::new(false), watch::Sender::new(None));
        let sources = Sources {
            events: events.subscribe(),
            shut: shut.subscribe(),
            draining: draining.subscribe(),
        };
        let (told, messages) = mpsc::channel(BEHIND);
        Self {
            events,
            shut,
            draining,
            messages,
            forwarding: tokio::spawn(forward(sources, told)),
        }
    }

    async fn next(&mut self) -> Option<String> {
        self.messages.recv().await.map(|message| message.text())
    }

    async fn opened(&mut self) {
        assert_eq!(self.next().await.as_deref(), Some("retry: 3000\n\n"));
    }

    /// It ends with this reason.
    async fn ends(&mut self, why: &str) {
        let last = format!("event: closed\ndata: {{\"reason\":\"{why}\"}}\n\n");
        assert_eq!(self.next().await, Some(last));
        assert_eq!(self.next().await, None);
    }

    fn emit(&self, at: usize) {
        let test = format!("shop::test_{at}").into();
        let run = "run".into();
        self.events.send(Event::TestStarted { run, test }).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn where_nothing_happens_there_is_a_beat_each_15_seconds_for_5_minutes() {
    let mut emitting = Emitting::start(1);
    let began = Instant::now();
    emitting.opened().await;
    for beat in 1..20 {
        assert_eq!(emitting.next().await.as_deref(), Some(":\n\n"));
        assert_eq!(began.elapsed().as_secs(), beat * 15);
    }
    emitting.ends("time").await;
    assert_eq!(began.elapsed().as_secs(), 300);
}

#[tokio::test]
async fn a_drain_a_shutdown_and_the_last_handle_end_it() {
    let mut draining = Emitting::start(1);
    draining.opened().await;
    draining.draining.send_replace(Some(Instant::now()));
    draining.ends("draining").await;

    let mut shut = Emitting::start(1);
    shut.opened().await;
    shut.shut.send_replace(true);
    shut.ends("shutdown").await;

    let mut gone = Emitting::start(1);
    gone.opened().await;
    gone.shut = watch::Sender::new(false);
    gone.ends("shutdown").await;
}

#[tokio::test(start_paused = true)]
async fn one_that_reads_hears_all_of_a_run_that_is_over_at_once() {
    let mut emitting = Emitting::start(4 * BEHIND);
    for at in 0..4 * BEHIND {
        emitting.emit(at);
    }
    emitting.opened().await;
    for at in 0..4 * BEHIND {
        if at.is_multiple_of(BEHIND) {
            // It is slow, and has not stopped.
            tokio::time::sleep(Duration::from_millis(900)).await;
        }
        let told = emitting.next().await.unwrap();
        assert!(told.contains(&format!("shop::test_{at}\"")), "{told}");
    }
    assert!(!emitting.forwarding.is_finished());
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_read_is_dropped_after_a_second() {
    let mut emitting = Emitting::start(2 * BEHIND);
    for at in 0..BEHIND + 1 {
        emitting.emit(at);
    }
    let began = Instant::now();
    (&mut emitting.forwarding).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 1);
    emitting.opened().await;
    for at in 0..BEHIND - 1 {
        let told = emitting.next().await.unwrap();
        assert!(told.contains(&format!("shop::test_{at}\"")), "{told}");
    }
    assert_eq!(emitting.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_read_holds_up_no_shutdown() {
    let emitting = Emitting::start(2 * BEHIND);
    for at in 0..BEHIND + 1 {
        emitting.emit(at);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    emitting.shut.send_replace(true);
    emitting.forwarding.await.unwrap();
    assert!(began.elapsed().is_zero());
}

#[tokio::test]
async fn one_that_has_gone_is_forgotten() {
    let Emitting {
        messages,
        forwarding,
        events,
        shut,
        draining,
    } = Emitting::start(1);
    drop(messages);
    forwarding.await.unwrap();
    assert_eq!(events.receiver_count(), 0);
    drop((shut, draining));
}

#[tokio::test]
async fn events_that_were_lost_are_counted() {
    let mut emitting = Emitting::start(2);
    for at in 0..5 {
        emitting.emit(at);
    }
    emitting.opened().await;
    let missed = emitting.next().await.unwrap();
    assert_eq!(missed, "event: missed\ndata: {\"events\":3}\n\n");
    assert!(emitting.next().await.unwrap().contains("shop::test_3"));
}

async fn next(followed: &mut Followed) -> (String, Value) {
    let text = poll_fn(|cx| followed.poll_next(cx)).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let Some((name, data)) = text.split_once("\ndata: ") else {
        return (text, Value::Null);
    };
    let name = name.strip_prefix("event: ").unwrap();
    (name.to_owned(), serde_json::from_str(data).unwrap())
}

fn runner() -> Runner {
    let registry = Registry::new()
        .test(Test::new("shop::opens", async || {}))
        .test(Test::new("shop::sells", async || -> crate::Result {
            fail!("it\nis broken")
        }));
    Runner::new(registry)
}

#[tokio::test]
async fn a_run_is_told_from_its_start_to_its_end() {
    let runner = runner();
    let mut followed = Followed::begin(&runner).unwrap();
    assert_eq!(next(&mut followed).await.0, "retry: 3000\n\n");
    let report = runner.run(Selection::fast()).await;
    let (name, data) = next(&mut followed).await;
    assert_eq!(name, "run_started");
    assert_eq!(data["run"], *report.run);
    assert_eq!(
        (&data["selection"], &data["tests"]),
        (&"fast".into(), &2.into())
    );
    let mut told = Vec::new();
    let summary = loop {
        let (name, data) = next(&mut followed).await;
        assert_eq!(data["run"], *report.run, "{data}");
        match &*name {
            "test_started" => told.push(format!("{} started", data["test"].as_str().unwrap())),
            "test_finished" => {
                let (test, entry) = data["tests"].as_object().unwrap().iter().next().unwrap();
                told.push(format!("{test} {}", entry["outcome"].as_str().unwrap()));
                if test == "shop::sells" {
                    assert_eq!(entry["message"], "it\nis broken");
                }
            }
            _ => break (name, data),
        }
    };
    told.sort();
    let wanted = [
        "shop::opens passed",
        "shop::opens started",
        "shop::sells failed",
        "shop::sells started",
    ];
    assert_eq!(told, wanted);
    let (name, data) = summary;
    assert_eq!(name, "run_finished");
    assert_eq!(data["status"], "FAIL");
    assert_eq!(data["failed_tests"], serde_json::json!(["shop::sells"]));
    assert!(data.get("tests").is_none(), "{data}");
}

#[tokio::test]
async fn there_are_32_places_and_who_leaves_makes_room() {
    let runner = runner();
    let mut all: Vec<_> = (0..32).map(|_| Followed::begin(&runner).unwrap()).collect();
    assert!(matches!(Followed::begin(&runner), Err(Unfollowed::Full)));
    all.pop();
    free(&runner).await;
    assert!(Followed::begin(&runner).is_ok());
}

/// Waits until a place is free.
async fn free(runner: &Runner) {
    let place = tokio::time::timeout(Duration::from_secs(60), runner.places().acquire());
    drop(place.await.unwrap().unwrap());
}

#[tokio::test]
async fn whoever_does_not_read_any_more_has_no_place() {
    let runner = runner();
    let _all: Vec<_> = (0..32).map(|_| Followed::begin(&runner).unwrap()).collect();
    assert!(matches!(Followed::begin(&runner), Err(Unfollowed::Full)));
    let draining = runner.clone();
    let draining = tokio::spawn(async move { draining.drain(Duration::from_secs(60)).await });
    free(&runner).await;
    draining.abort();
}

#[tokio::test]
async fn a_runner_that_is_shut_down_is_not_followed() {
    let runner = runner();
    runner.shutdown().await;
    assert!(matches!(Followed::begin(&runner), Err(Unfollowed::Off(_))));
    assert_eq!(runner.places().available_permits(), 32);
}
