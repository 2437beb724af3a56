//! Where a way out is tried, and the trying.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::library::{Library, ROW};
use crate::way::{Act, Step, Way};

/// What statements may name, and how it is asked for: a prepared transaction's name is one of the whole server,
/// on which several libraries are tried at a time.
const ASKED: [(&str, &str); 2] = [
    ("{mark}", "SELECT current_setting('smoke.mark')"),
    ("{database}", "SELECT current_database()::text"),
];

/// What a handler or a test has: the sandbox's pool, and things it should not have.
pub(crate) struct Scene<L: Library> {
    pub(crate) library: L,
    pub(crate) pool: L::Pool,
    pub(crate) production: L::Pool,
    pub(crate) notes: Notes,
}

/// What is found out meanwhile.
#[derive(Clone)]
pub(crate) struct Notes {
    errors: Arc<Mutex<Vec<String>>>,
    late: Arc<Mutex<Vec<JoinHandle<()>>>>,
    over: watch::Receiver<bool>,
}

impl Notes {
    pub(crate) fn new(over: watch::Receiver<bool>) -> Self {
        Self {
            errors: Arc::default(),
            late: Arc::default(),
            over,
        }
    }

    /// What the way out was answered with.
    pub(crate) fn errors(&self) -> Vec<String> {
        let errors = self.errors.lock();
        errors.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, answer: Result<(), String>) {
        if let Err(error) = answer {
            let errors = self.errors.lock();
            errors.unwrap_or_else(PoisonError::into_inner).push(error);
        }
    }

    /// Does something once the test is over.
    fn later(&self, work: impl Future<Output = Result<(), String>> + Send + 'static) {
        let (notes, mut over) = (self.clone(), self.over.clone());
        let task = tokio::spawn(async move {
            let _ = over.wait_for(|over| *over).await;
            notes.note(work.await);
        });
        self.late.lock().unwrap().push(task);
    }

    /// Waits for what is done later.
    pub(crate) async fn settled(&self) {
        let late = std::mem::take(&mut *self.late.lock().unwrap());
        for task in late {
            // One that was stopped has done nothing.
            let _ = task.await;
        }
    }
}

impl<L: Library> Scene<L> {
    /// Goes that way.
    pub(crate) async fn go(self, way: &Way) {
        let notes = self.notes.clone();
        match way.step {
            Step::Sql(statements) => self.say(statements).await,
            Step::Act(act) => self.act(act).await,
            Step::Own(number) => {
                let own = self.library.own();
                notes.note((own[number].act)(self).await);
            }
        }
    }

    async fn say(self, statements: &[&str]) {
        let mut held = match L::take(&self.pool).await {
            Ok(held) => held,
            Err(error) => return self.notes.note(Err(error)),
        };
        let mut known = vec![("{folder}", self.library.folder())];
        for (place, asks) in ASKED {
            if statements.iter().any(|sql| sql.contains(place)) {
                match L::text(&mut held, asks).await {
                    Ok(name) => known.push((place, name)),
                    Err(error) => self.notes.note(Err(error)),
                }
            }
        }
        for sql in statements {
            let named = known.iter();
            let sql = named.fold((*sql).to_owned(), |sql, (place, name)| {
                sql.replace(place, name)
            });
            self.notes.note(L::run(&mut held, &sql).await);
        }
    }

    async fn act(self, act: Act) {
        let Self {
            library,
            pool,
            production,
            notes,
        } = self;
        let answer = match act {
            Act::StaticPool | Act::StaticPoolInGet => write::<L>(&production).await,
            Act::StaticPoolBeside => {
                let used = L::take(&pool).await.map(drop);
                used.and(write::<L>(&production).await)
            }
            Act::PoolOfItsOwn => write::<L>(&library.production()).await,
            Act::Later => {
                notes.later(async move { write::<L>(&pool).await });
                Ok(())
            }
            Act::LaterOnAHeldConnection => match L::take(&pool).await {
                Ok(mut held) => {
                    notes.later(async move {
                        L::run(&mut held, ROW).await?;
                        L::run(&mut held, "COMMIT").await
                    });
                    Ok(())
                }
                Err(error) => Err(error),
            },
            Act::Panic | Act::CommitAndPanic => {
                let mut held = L::take(&pool).await.unwrap();
                notes.note(L::run(&mut held, ROW).await);
                if let Act::CommitAndPanic = act {
                    notes.note(L::run(&mut held, "COMMIT").await);
                }
                panic!("with the connection in hand");
            }
            Act::TwoAtOnce => {
                let first = L::take(&pool).await;
                let second = L::take(&pool).await;
                first.and(second).map(drop)
            }
            Act::Never => {
                let mut held = L::take(&pool).await.unwrap();
                notes.note(L::run(&mut held, ROW).await);
                std::future::pending().await
            }
            Act::GivenUp => {
                let (waits, waiting) = oneshot::channel();
                tokio::select! {
                    // It ends by itself where the row cannot be written.
                    () = L::begin_and_wait(&pool, ROW, waits) => {}
                    Ok(()) = waiting => {}
                }
                Ok(())
            }
        };
        notes.note(answer);
    }
}

pub(crate) async fn write<L: Library>(pool: &L::Pool) -> Result<(), String> {
    let mut held = L::take(pool).await?;
    L::run(&mut held, ROW).await
}
