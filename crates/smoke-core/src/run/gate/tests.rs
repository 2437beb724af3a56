//! Time stands still in these tests but where they let it go on.

use tokio::time::advance;

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

fn asked() -> Asked {
    Asked {
        at: Instant::now(),
        limit: LIMIT,
    }
}

fn of(name: &str) -> Arc<Selection> {
    Arc::new(Selection::fast().select(name))
}

fn answer() -> Answer {
    Answer {
        report: Arc::new(Report::new("")),
        started: SystemTime::UNIX_EPOCH,
        age: Duration::ZERO,
        retry_after: None,
        reason: None,
    }
}

impl Turnstile {
    fn get(&self, name: &str) -> Admission {
        self.admit(&of(name), Wish::Any, asked())
    }

    fn post(&self, name: &str) -> Admission {
        self.admit(&of(name), Wish::Fresh, asked())
    }
}

impl Admission {
    fn ticket(self) -> Ticket {
        match self {
            Self::Start(ticket) => ticket,
            other => panic!("no run was started: {}", other.name()),
        }
    }

    fn ride(self) -> Ride {
        match self {
            Self::Joined(ride) => ride,
            other => panic!("no run was joined: {}", other.name()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Finished(_) => "finished",
            Self::Joined(_) => "joined",
            Self::Start(_) => "start",
            Self::Busy(_) => "busy",
        }
    }
}

async fn seconds(seconds: u64) {
    advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn equal_questions_get_the_last_report_where_no_run_may_start() {
    let limits = Limits::default().starts_per_minute(2);
    let gate = Turnstile::new(&limits, 0);
    gate.land(gate.get("a").ticket(), answer());
    seconds(1).await;
    gate.land(gate.get("b").ticket(), answer());
    assert_eq!(gate.get("a").name(), "finished");
    // The report answers equal questions for two seconds, and no run may start for a minute.
    for waited in [5, 20, 33] {
        seconds(waited).await;
        let Admission::Finished(landed) = gate.get("a") else {
            panic!("who asks for the same is told to come later");
        };
        assert_eq!(landed.answer().age, landed.at.elapsed());
        assert!(landed.answer().age >= Duration::from_secs(6));
        assert_eq!(landed.answer().started, SystemTime::UNIX_EPOCH);
        assert_eq!(gate.get("c").name(), "busy");
        assert_eq!(gate.post("a").name(), "busy");
    }
    // The first start is a minute old.
    seconds(1).await;
    assert_eq!(gate.get("a").name(), "start");
}

/// Five probers on three selections every two seconds, each run a second long, beside two schedules.
#[tokio::test(start_paused = true)]
async fn nobody_is_told_to_come_later_by_what_others_ask_for() {
    let gate = Turnstile::new(&Limits::default(), 2);
    let mut under_way: Vec<(Ticket, Instant)> = Vec::new();
    let mut starts = [0; 4];
    for second in 0..600 {
        let ended = under_way.extract_if(.., |(_, since)| since.elapsed().as_secs() >= 1);
        for (ticket, _) in ended.collect::<Vec<_>>() {
            gate.land(ticket, answer());
        }
        if second % 30 == 0 {
            for schedule in ["s", "t"] {
                let scheduled = gate.admit(&of(schedule), Wish::Scheduled, asked());
                let mut ticket = scheduled.ticket();
                assert!(ticket.place().await.is_some());
                under_way.push((ticket, Instant::now()));
                starts[3] += 1;
            }
        }
        if second % 2 == 0 {
            for prober in 0..5 {
                for (selection, name) in ["a", "b", "c"].into_iter().enumerate() {
                    match gate.get(name) {
                        Admission::Start(ticket) => {
                            under_way.push((ticket, Instant::now()));
                            starts[selection] += 1;
                        }
                        Admission::Busy(_) => panic!("prober {prober} is told so at {second} s"),
                        Admission::Joined(_) | Admission::Finished(_) => {}
                    }
                }
            }
        }
        seconds(1).await;
    }
    assert_eq!(starts[3], 40);
    // Each gets its part of 60 starts a minute, less what is kept for a fourth.
    for starts in &starts[..3] {
        assert!((150..=160).contains(starts), "{starts}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_schedule_runs_however_many_others_do() {
    let limits = Limits::default()
        .runs_at_once(1)
        .runs_waiting(0)
        .starts_per_minute(1);
    let gate = Turnstile::new(&limits, 1);
    let _other = gate.get("a").ticket();
    for _ in 0..9 {
        assert_eq!(gate.get("b").name(), "busy");
        let scheduled = gate.admit(&of("b"), Wish::Scheduled, asked());
        let mut ticket = scheduled.ticket();
        assert!(ticket.place().await.is_some());
        drop(ticket);
    }
}

#[tokio::test(start_paused = true)]
async fn two_thousand_equal_questions_are_answered_however_slowly_they_come_in() {
    let gate = Turnstile::new(&Limits::default(), 0);
    let others = (0..59).filter(|other| match gate.post(&format!("others{}", other % 10)) {
        Admission::Start(ticket) => {
            gate.land(ticket, answer());
            true
        }
        _ => false,
    });
    assert!(others.count() > 50);
    let mut under_way = None;
    for question in 0..2000 {
        // A run takes a second, and the questions a minute: 30 reports are needed, and 5 runs
        // are left.
        advance(Duration::from_millis(30)).await;
        match gate.get("a") {
            Admission::Start(ticket) => under_way = Some((ticket, question)),
            Admission::Joined(_) | Admission::Finished(_) => {}
            Admission::Busy(_) => panic!("question {question} was told to come later"),
        }
        if let Some((ticket, _)) = under_way.take_if(|(_, since)| question >= *since + 30) {
            gate.land(ticket, answer());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_of_others_is_busy() {
    let gate = Turnstile::new(&Limits::default().runs_at_once(1).runs_waiting(0), 0);
    gate.land(gate.get("a").ticket(), answer());
    let _other = gate.get("b").ticket();
    seconds(3).await;
    assert_eq!(gate.get("a").name(), "busy");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_begun_is_joined_before_one_that_waits_for_its_place() {
    let gate = Turnstile::new(&Limits::default().runs_at_once(1), 0);
    let (begun, waiting) = (gate.post("a").ticket(), gate.post("a").ticket());
    assert_eq!(gate.get("a").ride().run, begun.run);
    drop(begun);
    assert_eq!(gate.get("a").ride().run, waiting.run);
}

#[tokio::test(start_paused = true)]
async fn of_runs_that_have_begun_the_newest_is_joined() {
    let gate = Turnstile::new(&Limits::default().runs_at_once(4), 0);
    let tickets: Vec<_> = (0..4).map(|_| gate.post("a").ticket()).collect();
    let newest = Arc::clone(&tickets[3].run);
    // What is taken out of a list may change its order.
    for ticket in tickets.into_iter().take(2) {
        assert_eq!(gate.get("a").ride().run, newest);
        drop(ticket);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_is_given_up_when_nobody_waits_for_it_any_more() {
    let gate = Turnstile::new(&Limits::default().runs_at_once(1), 0);
    let _other = gate.get("b").ticket();
    let mut waiting = gate.get("a").ticket();
    let since = Instant::now();
    seconds(8).await;
    // Whoever joins waits for as long as any other.
    gate.get("a").ride();
    assert!(waiting.place().await.is_none());
    assert_eq!(since.elapsed().as_secs(), 18);
    assert_eq!(gate.get("a").name(), "start");
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_run_counts_from_its_place() {
    let gate = Turnstile::new(&Limits::default().runs_at_once(1), 0);
    let mut first = gate.get("b").ticket();
    let asked_at = Instant::now();
    let (place, begun) = first.place().await.unwrap();
    assert_eq!(begun, asked_at);
    let mut second = gate.get("a").ticket();
    seconds(7).await;
    drop(place);
    let (_, begun) = second.place().await.unwrap();
    assert_eq!((begun - asked_at).as_secs(), 7);
    assert!(matches!(*second.ride().stand.borrow(), Stand::Begun(at) if at == begun));
}

#[tokio::test(start_paused = true)]
async fn few_reports_are_kept_for_those_who_may_not_start_a_run() {
    let gate = Turnstile::new(&Limits::default(), 0);
    for name in 0..40 {
        gate.land(gate.get(&name.to_string()).ticket(), answer());
    }
    gate.get("1").name();
    assert_eq!(gate.state().finished.len(), 40);
    seconds(3).await;
    assert_eq!(gate.get("39").name(), "start");
    assert_eq!(gate.state().finished.len(), MOST_KEPT);
    seconds(60).await;
    gate.get("38").name();
    assert_eq!(gate.state().finished.len(), 0);
}
