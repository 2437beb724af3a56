//! What is left of smoke tests whose process or network ended at a random moment.

use std::time::Duration;

use soak::database::{Database, MariadbDatabase, PostgresDatabase, SqliteDatabase};
use soak::proxy::Proxy;
use soak::scale::{Moments, of};
use soak::victim::Victim;

const PROGRAM: &str = env!("CARGO_BIN_EXE_victim");

/// What a run of the victim takes, more or less: the moments are within it.
const RUN: Duration = Duration::from_millis(300);

/// How many victims there are at the same time where each has to be waited for.
const AT_ONCE: usize = 10;

/// A statement that runs may take its limit, and what comes after it too: 2 s each. The rest is
/// for a machine that is busy.
const LIMIT: Duration = Duration::from_secs(2 + 2 + 8);

/// The longest time until nothing was left, and how often there was something to be left.
#[derive(Debug, Default)]
struct Found {
    ended: usize,
    held: usize,
    longest: Duration,
}

impl Found {
    async fn look<D: Database>(&mut self, database: &D, ended: usize, moments: &Moments) {
        self.ended += ended;
        self.held += usize::from(!database.held().await.is_empty());
        let waited = database.until_nothing_is_left(LIMIT).await;
        let waited = waited.unwrap_or_else(|left| {
            panic!(
                "{left}; the same moments: SMOKE_SOAK_SEED={}",
                moments.seed()
            )
        });
        self.longest = self.longest.max(waited);
    }

    fn say<D: Database>(&self, how: &str) {
        use soak::stack::Stack as _;
        let Self {
            ended,
            held,
            longest,
        } = self;
        println!(
            "{}: {ended} {how}; at {held} looks something was held, and nothing {longest:?} later",
            D::Stack::NAME
        );
    }
}

async fn nothing_is_left_of_the_killed<D: Database>() {
    let (database, mut moments, mut found) = (D::new().await, Moments::new(), Found::default());
    for number in 0..of(12, 300) {
        let till = number % 15 + 1;
        let victim = Victim::going::<D::Stack>(PROGRAM, database.url(), till).await;
        tokio::time::sleep(moments.within(RUN)).await;
        victim.kill().await;
        found.look(&database, 1, &moments).await;
    }
    found.say::<D>("killed");
}

async fn nothing_is_held_by_the_stopped<D: Database>() {
    let (database, mut moments, mut found) = (D::new().await, Moments::new(), Found::default());
    for _ in 0..of(1, 5) {
        let victims = many::<D>(database.url()).await;
        for victim in &victims {
            tokio::time::sleep(moments.within(RUN)).await;
            victim.stop();
        }
        found.look(&database, victims.len(), &moments).await;
        for victim in victims {
            victim.kill().await;
        }
        found.look(&database, 0, &moments).await;
    }
    found.say::<D>("stopped");
}

async fn nothing_is_held_by_those_cut_off<D: Database>() {
    let (database, mut moments, mut found) = (D::new().await, Moments::new(), Found::default());
    for _ in 0..of(1, 5) {
        let mut cut = Vec::new();
        for till in 1..=of(4, AT_ONCE) {
            let proxy = Proxy::to(database.url()).await;
            let url = proxy.url(database.url());
            cut.push((Victim::going::<D::Stack>(PROGRAM, &url, till).await, proxy));
        }
        for (_, proxy) in &cut {
            tokio::time::sleep(moments.within(RUN)).await;
            proxy.go_silent();
        }
        found.look(&database, cut.len(), &moments).await;
        let lingering = database.connections().await;
        println!("{lingering} connections without a transaction were still open");
        for (victim, _proxy) in cut {
            victim.kill().await;
        }
        found.look(&database, 0, &moments).await;
    }
    found.say::<D>("cut off");
}

async fn many<D: Database>(url: &str) -> Vec<Victim> {
    let mut victims = Vec::new();
    for till in 1..=of(4, AT_ONCE) {
        victims.push(Victim::going::<D::Stack>(PROGRAM, url, till).await);
    }
    victims
}

mod on_postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_left_of_the_killed() {
        super::nothing_is_left_of_the_killed::<PostgresDatabase>().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_held_by_the_stopped() {
        super::nothing_is_held_by_the_stopped::<PostgresDatabase>().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_held_by_those_cut_off() {
        super::nothing_is_held_by_those_cut_off::<PostgresDatabase>().await;
    }
}

mod on_mariadb {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_left_of_the_killed() {
        super::nothing_is_left_of_the_killed::<MariadbDatabase>().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_held_by_the_stopped() {
        super::nothing_is_held_by_the_stopped::<MariadbDatabase>().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_held_by_those_cut_off() {
        super::nothing_is_held_by_those_cut_off::<MariadbDatabase>().await;
    }
}

mod on_sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_left_of_the_killed() {
        super::nothing_is_left_of_the_killed::<SqliteDatabase>().await;
    }

    /// Nobody else can end what a process holds in a file: it has to go on, or to end.
    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_is_left_of_the_stopped_once_they_go_on_or_end() {
        let (database, mut moments, mut found) = (
            SqliteDatabase::new().await,
            Moments::new(),
            Found::default(),
        );
        for number in 0..of(4, 50) {
            let victim = Victim::going::<soak::stack::Sqlite>(PROGRAM, database.url(), 1).await;
            tokio::time::sleep(moments.within(RUN)).await;
            victim.stop();
            if number % 2 == 0 {
                // Longer than the sandbox's limit of 1 s, at some of the moments.
                tokio::time::sleep(moments.within(Duration::from_secs(2))).await;
                victim.go_on();
                tokio::time::sleep(moments.within(RUN)).await;
            }
            victim.kill().await;
            found.look(&database, 1, &moments).await;
        }
        found.say::<SqliteDatabase>("stopped");
    }
}
