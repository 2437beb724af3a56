//! A database in memory: transactions, savepoints, one writer at a time, and a log of what was committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// How long a statement waits for the writer's lock.
const LOCK_WAIT: Duration = Duration::from_millis(200);

/// Tables by name: the keys of their rows.
type Tables = BTreeMap<String, BTreeSet<i64>>;

/// A database, or a place where there is none.
#[derive(Clone)]
pub(crate) struct Database(Option<Arc<Server>>);

#[derive(Default)]
struct Server {
    state: Mutex<State>,
    unlocked: Notify,
}

#[derive(Default)]
struct State {
    committed: Tables,
    connections: BTreeMap<u64, Option<Transaction>>,
    /// Which of the transactions that have ended were committed.
    log: BTreeMap<u64, bool>,
    /// The connection that has the writer's lock.
    writer: Option<u64>,
    last_number: u64,
}

struct Transaction {
    number: u64,
    /// What it has written, once it has written something.
    tables: Option<Tables>,
    savepoints: Vec<(String, Option<Tables>)>,
}

/// A connection of the library to the database.
pub(crate) struct Connection {
    server: Arc<Server>,
    number: u64,
    /// How deep the library believes its transactions to be nested.
    depth: usize,
    last_error: Option<Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NoTransaction,
    NoSavepoint,
    Locked,
    Disconnected,
    TimedOut,
    Other,
}

#[derive(Clone, Debug)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    pub(crate) said: String,
}

impl Error {
    pub(crate) fn new(kind: Kind, said: impl fmt::Display) -> Self {
        let said = said.to_string();
        Self { kind, said }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Error {}

/// The rows of the answer, or nothing where another connection has the writer's lock.
type Answer = Result<Option<Vec<String>>, Error>;

impl Database {
    pub(crate) fn new() -> Self {
        Self(Some(Arc::default()))
    }

    pub(crate) fn unreachable() -> Self {
        Self(None)
    }

    pub(crate) fn connect(&self) -> Result<Connection, Error> {
        let Some(server) = &self.0 else {
            return Err(Error::new(Kind::Disconnected, "connection refused"));
        };
        let mut state = server.state();
        let number = state.next_number();
        state.connections.insert(number, None);
        Ok(Connection {
            server: Arc::clone(server),
            number,
            depth: 0,
            last_error: None,
        })
    }
}

impl Server {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Connection {
    /// Runs statements as they are, and returns the rows of the last one.
    pub(crate) async fn query(&mut self, sql: &str) -> Result<Vec<String>, Error> {
        let mut rows = Vec::new();
        for statement in sql.split(';') {
            let answer = self.statement(statement).await;
            self.last_error = answer.as_ref().err().cloned();
            rows = answer?;
        }
        Ok(rows)
    }

    async fn statement(&self, sql: &str) -> Result<Vec<String>, Error> {
        let deadline = Instant::now() + LOCK_WAIT;
        loop {
            let unlocked = self.server.unlocked.notified();
            let answer = self.server.state().run(self.number, sql);
            // Somebody may have waited for what this statement has ended.
            if self.server.state().writer.is_none() {
                self.server.unlocked.notify_waiters();
            }
            if let Some(rows) = answer? {
                return Ok(rows);
            }
            if timeout_at(deadline, unlocked).await.is_err() {
                let said = format!("the database is locked for longer than {LOCK_WAIT:?}");
                return Err(Error::new(Kind::Locked, said));
            }
        }
    }

    /// Begins a transaction with those statements, which the library counts.
    pub(crate) async fn begin_with(&mut self, sql: &str) -> Result<(), Error> {
        self.query(sql).await?;
        self.depth = 1;
        Ok(())
    }

    /// Runs statements in a transaction, which is a savepoint within another one.
    pub(crate) async fn transaction(&mut self, sql: &str) -> Result<(), Error> {
        let (begin, commit) = match self.depth {
            0 => ("BEGIN".to_owned(), "COMMIT".to_owned()),
            level => (
                format!("SAVEPOINT level_{level}"),
                format!("RELEASE SAVEPOINT level_{level}"),
            ),
        };
        self.query(&begin).await?;
        self.depth += 1;
        let done = self.query(sql).await;
        if done.is_err() {
            self.roll_back().await?;
            return done.map(drop);
        }
        self.query(&commit).await?;
        self.depth -= 1;
        Ok(())
    }

    /// Rolls back the innermost of the transactions that the library counts.
    pub(crate) async fn roll_back(&mut self) -> Result<(), Error> {
        self.depth = self.depth.saturating_sub(1);
        match self.depth {
            0 => self.query("ROLLBACK").await?,
            level => {
                self.query(&format!("ROLLBACK TO SAVEPOINT level_{level}"))
                    .await?
            }
        };
        Ok(())
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The library believes to be in no transaction from now on.
    pub(crate) fn forget_transaction(&mut self) {
        self.depth = 0;
    }

    /// The error of the last statement, which is forgotten then.
    pub(crate) fn take_last_error(&mut self) -> Option<Error> {
        self.last_error.take()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.server.state().disconnect(self.number);
        self.server.unlocked.notify_waiters();
    }
}

impl State {
    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Runs one statement. Knows those that are sent here and no others.
    fn run(&mut self, by: u64, sql: &str) -> Answer {
        if !self.connections.contains_key(&by) {
            return Err(Error::new(Kind::Disconnected, "the connection was ended"));
        }
        let words: Vec<&str> = sql
            .split([' ', '(', ')', ','])
            .filter(|word| !word.is_empty())
            .collect();
        let count = |rows: usize| Ok(Some(vec![rows.to_string()]));
        let done = Ok(Some(Vec::new()));
        match words[..] {
            ["BEGIN"] => self.begin(by)?,
            [end @ ("COMMIT" | "ROLLBACK")] => self.end(by, end == "COMMIT")?,
            [end @ ("COMMIT" | "ROLLBACK"), "AND", "CHAIN"] => {
                self.end(by, end == "COMMIT")?;
                self.begin(by)?;
            }
            ["SAVEPOINT", name] => {
                let transaction = self.transaction(by)?;
                let tables = transaction.tables.clone();
                transaction.savepoints.push((name.to_owned(), tables));
            }
            ["RELEASE", "SAVEPOINT", name] => {
                let (transaction, at) = self.savepoint(by, name)?;
                transaction.savepoints.truncate(at);
            }
            ["ROLLBACK", "TO", "SAVEPOINT", name] => {
                let (transaction, at) = self.savepoint(by, name)?;
                transaction.savepoints.truncate(at + 1);
                transaction.tables = transaction.savepoints[at].1.clone();
            }
            ["KILL", number] => {
                let was_there = self.disconnect(key(number)?);
                return count(usize::from(was_there));
            }
            ["SELECT", "1"] => return count(1),
            ["SELECT", "CONNECTION_NUMBER"] => return Ok(Some(vec![by.to_string()])),
            ["SELECT", "TRANSACTION_NUMBER"] => {
                return Ok(Some(vec![self.transaction(by)?.number.to_string()]));
            }
            ["SELECT", "TRANSACTION_STATUS", number] => {
                let status = match self.log.get(&key(number)?) {
                    Some(true) => "committed",
                    Some(false) => "aborted",
                    None => "in progress",
                };
                return Ok(Some(vec![status.to_owned()]));
            }
            ["SELECT", "COUNT", "*", "FROM", "connections"] => {
                return count(self.connections.len());
            }
            ["SELECT", "COUNT", "*", "FROM", table] => {
                return count(rows(self.seen_by(by), table)?.len());
            }
            _ => return self.write(by, &words),
        }
        done
    }

    fn write(&mut self, by: u64, words: &[&str]) -> Answer {
        if self.writer.is_some_and(|writer| writer != by) {
            return Ok(None);
        }
        let mut tables = self.seen_by(by).clone();
        let mut returned = Vec::new();
        match words {
            ["CREATE", "TABLE", name, ..] => {
                tables.insert((*name).to_owned(), BTreeSet::new());
            }
            ["DROP", "TABLE", "IF", "EXISTS", name] => {
                tables.remove(*name);
            }
            ["DROP", "TABLE", name] => {
                rows(&mut tables, name)?;
                tables.remove(*name);
            }
            ["ALTER", "TABLE", name, ..] => {
                rows(&mut tables, name)?;
            }
            ["INSERT", "INTO", name, "VALUES", row, rest @ ..] => {
                if !rows(&mut tables, name)?.insert(key(row)?) {
                    let said = format!("there is a row with the key {row} already");
                    return Err(Error::new(Kind::Other, said));
                }
                if rest.ends_with(&["RETURNING", "id"]) {
                    returned.push((*row).to_owned());
                }
            }
            ["DELETE", "FROM", name, "WHERE", "id", "<>", row] => {
                let row: i64 = key(row)?;
                rows(&mut tables, name)?.retain(|other| *other == row);
            }
            _ => {
                let said = format!("not understood: {}", words.join(" "));
                return Err(Error::new(Kind::Other, said));
            }
        }
        match self.connections.get_mut(&by) {
            Some(Some(transaction)) => {
                transaction.tables = Some(tables);
                self.writer = Some(by);
            }
            _ => self.committed = tables,
        }
        Ok(Some(returned))
    }

    /// What a connection sees: what it has written itself, or what is committed.
    fn seen_by(&mut self, by: u64) -> &mut Tables {
        match self.connections.get_mut(&by) {
            Some(Some(Transaction {
                tables: Some(tables),
                ..
            })) => tables,
            _ => &mut self.committed,
        }
    }

    fn begin(&mut self, by: u64) -> Result<(), Error> {
        if self.transaction(by).is_ok() {
            return Err(Error::new(Kind::Other, "a transaction goes on already"));
        }
        let transaction = Transaction {
            number: self.next_number(),
            tables: None,
            savepoints: Vec::new(),
        };
        self.connections.insert(by, Some(transaction));
        Ok(())
    }

    fn end(&mut self, by: u64, commits: bool) -> Result<(), Error> {
        let transaction = self.connections.get_mut(&by).and_then(Option::take);
        let transaction = transaction.ok_or_else(no_transaction)?;
        self.log.insert(transaction.number, commits);
        if let Some(tables) = transaction.tables.filter(|_| commits) {
            self.committed = tables;
        }
        self.writer = self.writer.filter(|writer| *writer != by);
        Ok(())
    }

    /// Ends a connection, and with it what it has not committed; whether it was there.
    fn disconnect(&mut self, number: u64) -> bool {
        let _ = self.end(number, false);
        self.connections.remove(&number).is_some()
    }

    fn transaction(&mut self, by: u64) -> Result<&mut Transaction, Error> {
        let transaction = self.connections.get_mut(&by).and_then(Option::as_mut);
        transaction.ok_or_else(no_transaction)
    }

    fn savepoint(&mut self, by: u64, name: &str) -> Result<(&mut Transaction, usize), Error> {
        let transaction = self.transaction(by)?;
        let is_it = |(other, _): &(String, _)| other == name;
        match transaction.savepoints.iter().rposition(is_it) {
            Some(at) => Ok((transaction, at)),
            None => Err(Error::new(
                Kind::NoSavepoint,
                format!("there is no savepoint {name}"),
            )),
        }
    }
}

fn no_transaction() -> Error {
    Error::new(Kind::NoTransaction, "there is no transaction")
}

fn rows<'t>(tables: &'t mut Tables, name: &str) -> Result<&'t mut BTreeSet<i64>, Error> {
    let missing = || Error::new(Kind::Other, format!("there is no table {name}"));
    tables.get_mut(name).ok_or_else(missing)
}

fn key<N: std::str::FromStr>(word: &str) -> Result<N, Error> {
    let wrong = |_| Error::new(Kind::Other, format!("{word} is not a number"));
    word.parse().map_err(wrong)
}
