//! The names of a sandbox's savepoints, and the statements that set, prove and release them.

use uuid::Uuid;

/// Statements that are sent together, and what is known when all of them have succeeded.
///
/// Attempts are made one after the other until one succeeds. What a driver says of an error
/// (a message in the language of the server, often without its code) is never relied upon.
#[derive(Debug)]
pub(crate) struct Attempt<T> {
    pub(crate) sql: String,
    pub(crate) means: T,
}

/// What came of entering a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entering {
    /// The request has a savepoint of its own.
    Entered,
    /// An SQL error before the request had aborted the transaction.
    Aborted,
}

/// What came of ending a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was the one that was begun, and it is rolled back.
    RolledBack,
    /// The same, but a commit would have been refused.
    Refused,
}

/// The savepoints of one sandbox: the guard, and within it one for the request that is handled.
///
/// The nonce keeps the application from having savepoints of the same name.
#[derive(Debug)]
pub(crate) struct Savepoints {
    nonce: String,
    requests: u64,
    entered: Option<u64>,
}

impl Savepoints {
    pub(crate) fn new() -> Self {
        let mut nonce = Uuid::new_v4().simple().to_string();
        nonce.truncate(16);
        Self {
            nonce,
            requests: 0,
            entered: None,
        }
    }

    /// The guard: it exists as long as the transaction is the one that was begun.
    pub(crate) fn guard(&self) -> String {
        format!("smoke_guard_{}", self.nonce)
    }

    fn request(&self, number: u64) -> String {
        format!("smoke_req_{}_{number}", self.nonce)
    }

    /// Fails unless the guard exists, and sets it anew where the transaction now is.
    pub(crate) fn prove(&self) -> String {
        let guard = self.guard();
        format!("RELEASE SAVEPOINT {guard}; SAVEPOINT {guard}")
    }

    /// Fails unless the guard exists, and undoes what came after it.
    pub(crate) fn back_to_guard(&self) -> String {
        format!("ROLLBACK TO SAVEPOINT {}", self.guard())
    }

    /// Ends the savepoint of the request that was entered, if any.
    pub(crate) fn leave(&self) -> Option<[Attempt<()>; 3]> {
        let request = self.request(self.entered?);
        let prove = self.prove();
        Some(
            [
                format!("RELEASE SAVEPOINT {request}; {prove}"),
                // An SQL error has aborted the transaction: what the request did is undone.
                format!("ROLLBACK TO SAVEPOINT {request}; RELEASE SAVEPOINT {request}; {prove}"),
                // The savepoint was released by a call whose answer nobody waited for.
                format!("{}; {prove}", self.back_to_guard()),
            ]
            .map(|sql| Attempt { sql, means: () }),
        )
    }

    pub(crate) fn left(&mut self) {
        self.entered = None;
    }

    /// Proves the guard and sets the savepoint of a new request. Counts as entered from now on,
    /// since a call whose answer nobody waits for may have been carried out.
    pub(crate) fn enter(&mut self) -> [Attempt<Entering>; 2] {
        self.requests += 1;
        self.entered = Some(self.requests);
        [
            Attempt {
                sql: format!(
                    "{}; SAVEPOINT {}",
                    self.prove(),
                    self.request(self.requests)
                ),
                means: Entering::Entered,
            },
            Attempt {
                sql: self.back_to_guard(),
                means: Entering::Aborted,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_left_before_the_guard_is_proven() {
        let mut savepoints = Savepoints::new();
        assert!(savepoints.leave().is_none());
        let guard = savepoints.guard();
        let [entered, _] = savepoints.enter();
        let request = savepoints.request(1);
        assert_eq!(
            entered.sql,
            format!("RELEASE SAVEPOINT {guard}; SAVEPOINT {guard}; SAVEPOINT {request}")
        );
        let [left, ..] = savepoints.leave().unwrap();
        assert_eq!(
            left.sql,
            format!("RELEASE SAVEPOINT {request}; RELEASE SAVEPOINT {guard}; SAVEPOINT {guard}")
        );
        savepoints.left();
        assert!(savepoints.leave().is_none());
    }
}
