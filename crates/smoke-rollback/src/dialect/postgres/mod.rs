//! PostgreSQL.

mod ear;
mod errors;
mod facts;
mod role;
mod seal;
mod shared;
mod socket;
mod statements;

use std::sync::Arc;
use std::time::Duration;

use smoke_core::RollbackVerdict;

pub use ear::{Ear, HeardError};
pub use errors::{read, read_error, read_message};
pub use facts::{FACTS, Facts};
pub use shared::who_is_inside;
pub use statements::{AS_LOGIN, count, terminate};

use seal::REFUSED;
use statements::{Beginning, before_facts, still_inside};

use super::server::{self, Server};
use super::{Dialect, Ended, NOT_UNDERSTOOD};
use crate::fate::Fate;
use crate::savepoints::{Attempt, Ending, Savepoints};
use crate::verdict::{met_no_transaction, reset};
use crate::{Fault, Link, Sandbox};

/// PostgreSQL.
#[derive(Debug)]
pub enum Postgres {}

/// The server's side of a connection.
#[derive(Debug)]
pub struct ServerSide {
    facts: Facts,
    own_process: bool,
    sealed: bool,
    /// A condition that picks it from `pg_stat_activity`.
    who: String,
    /// The number of the transaction, where it can be committed.
    number: Option<String>,
}

impl ServerSide {
    async fn find_out<L: Link<Dialect = Postgres>>(
        sandbox: &Sandbox<L>,
        connection: &mut L::Connection,
    ) -> Result<(Facts, bool), L::Error> {
        let terms = sandbox.terms();
        L::run(connection, &before_facts(terms)).await?;
        let rows = L::texts(connection, FACTS).await?;
        let facts = Facts::read(rows).ok_or_else(|| L::failure(NOT_UNDERSTOOD))?;
        facts.say_whose(terms.application_user.as_deref());
        let own_process = sandbox.link().is_own_process(connection, &facts).await;
        if !own_process {
            L::keep_no_statements(connection);
        }
        Ok((facts, own_process))
    }
}

impl Dialect for Postgres {
    type Outside = ServerSide;

    const NAME: &'static str = "PostgreSQL";

    const LIMIT: Duration = Duration::from_secs(2);

    async fn begin<L: Link<Dialect = Self>>(
        sandbox: &Sandbox<L>,
        connection: &mut L::Connection,
        known: Option<Arc<ServerSide>>,
    ) -> Result<Arc<ServerSide>, L::Error> {
        let terms = sandbox.terms();
        let is_first = known.is_none();
        let (facts, own_process) = match known {
            Some(known) => (known.facts.clone(), known.own_process),
            None => ServerSide::find_out(sandbox, connection).await?,
        };
        let may_write = terms.writes && facts.writes;
        let sealed = may_write && facts.seals(own_process);
        let beginning = Beginning {
            terms,
            may_write,
            own_process,
            is_first,
        };
        let batch = beginning.batch(&sandbox.savepoints());
        sandbox.link().begin(connection, &batch).await?;
        let number = if may_write && !sealed {
            // The transaction has one from then on.
            let rows = L::texts(connection, "SELECT txid_current()::text").await?;
            rows.into_iter().flatten().next()
        } else {
            None
        };
        Ok(Arc::new(ServerSide {
            who: facts.who(own_process, &terms.mark),
            facts,
            own_process,
            sealed,
            number,
        }))
    }

    async fn look_inside<L: Link<Dialect = Self>>(
        sandbox: &Sandbox<L>,
        connection: &mut L::Connection,
    ) {
        let gate = sandbox.gate();
        let Err(error) = L::run(connection, &still_inside(sandbox.terms())).await else {
            return;
        };
        match L::read(&error) {
            // RESET ALL too takes the mark away that was looked for; the guard knows better.
            Fault::Reset => {
                let there = L::run(connection, &Savepoints::back_to_guard()).await;
                gate.find(match there {
                    Ok(()) => reset(),
                    Err(_) => met_no_transaction(),
                });
            }
            Fault::Lost => gate.lose(L::said(&error)),
            // An SQL error has aborted the transaction, and whoever uses it will hear of that.
            _ => {}
        }
    }

    fn end<L: Link<Dialect = Self>>(
        sandbox: &Sandbox<L>,
        savepoints: &Savepoints,
    ) -> Vec<Attempt<Ending>> {
        let own_process = sandbox.outside().is_some_and(|outside| outside.own_process);
        statements::end(sandbox.terms(), savepoints, own_process)
    }

    async fn tidy<L: Link<Dialect = Self>>(connection: &mut L::Connection, outside: &ServerSide) {
        if !outside.own_process {
            L::forget_statements(connection).await;
        }
    }

    async fn bar<L: Link<Dialect = Self>>(connection: &mut L::Connection) -> Result<(), L::Error> {
        L::run(connection, "START TRANSACTION READ ONLY").await
    }

    fn may_be_moved(outside: &ServerSide) -> bool {
        outside.own_process
    }

    fn remark(outside: &ServerSide) -> Option<String> {
        outside.sealed.then(|| REFUSED.to_owned())
    }

    async fn end_from_outside<L: Link<Dialect = Self>>(
        link: &L,
        outside: &ServerSide,
        closing: Duration,
    ) -> Result<Ended, String> {
        match link.other().await {
            Ok(other) => server::end::<L>(other, outside, closing).await,
            Err(why) => {
                // It takes a cancellation all the same. What is then left are its own limits.
                link.cancel().await;
                Err(why)
            }
        }
    }

    async fn settle<L: Link<Dialect = Self>>(
        link: &L,
        outside: &ServerSide,
        verdict: RollbackVerdict,
    ) -> RollbackVerdict {
        let Some(number) = &outside.number else {
            return verdict;
        };
        let ask = outside.facts.fate_of(number);
        let fate = fate(link, &ask).await;
        fate.unwrap_or_else(Fate::Unknown).settles(verdict)
    }

    fn read_message(said: &str) -> Fault {
        read_message(said)
    }
}

impl<L: Link<Dialect = Postgres>> Server<L> for ServerSide {
    async fn is_listed(&self, other: &mut L::Connection) -> Result<bool, L::Error> {
        L::run(other, &format!("BEGIN; {AS_LOGIN}")).await?;
        let rows = L::texts(other, &count(&self.who)).await?;
        L::run(other, "COMMIT").await?;
        Ok(rows.into_iter().flatten().any(|count| count != "0"))
    }

    async fn tell_to_end(&self, other: &mut L::Connection) -> Result<(), L::Error> {
        L::run(other, &terminate(&self.who)).await
    }
}

/// Asks what became of a transaction, until that is settled.
async fn fate<L: Link>(link: &L, ask: &str) -> Result<Fate, String> {
    let mut other = link.other().await?;
    let (times, pause) = server::GONE;
    for _ in 0..times {
        let rows = L::texts(&mut other, ask).await;
        let status = rows.map_err(|error| L::said(&error))?;
        match Fate::read(status.into_iter().flatten().next().as_deref()) {
            Fate::InProgress => tokio::time::sleep(pause).await,
            settled => return Ok(settled),
        }
    }
    Ok(Fate::InProgress)
}
