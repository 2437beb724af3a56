//! The names of a sandbox's savepoints, and the statements that set, prove and release them.

use uuid::Uuid;

const GUARD: &str = "smoke_guard_";
const REQUEST: &str = "smoke_req_";
const CHECKOUT: &str = "smoke_out_";

/// How many hexadecimal digits tell sandboxes apart.
const NONCE: usize = 16;

/// Statements that are sent together, and what is known when all of them have succeeded.
///
/// Attempts are made one after the other until one succeeds. What a driver says of an error
/// (a message in the language of the server, often without its code) is never relied upon.
#[derive(Debug)]
pub struct Attempt<T> {
    /// The statements.
    pub sql: String,
    /// What is known then.
    pub means: T,
}

/// What came of entering a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entering {
    /// The request has a savepoint of its own.
    Entered,
    /// An SQL error before the request had aborted the transaction.
    Aborted,
}

/// What came of leaving a request, or of a check-out within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// The transaction was in order.
    Left,
    /// An SQL error had aborted the transaction, and what the request did is undone, as far as
    /// it has to be.
    Aborted,
}

/// What came of ending a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was the one that was begun, and it is rolled back.
    RolledBack,
    /// The same, but a commit would have been refused.
    Refused,
}

/// The savepoints of one sandbox: the guard, and within it one for the request that is handled.
///
/// The nonce keeps the application from having savepoints of the same name.
#[derive(Debug)]
pub struct Savepoints {
    nonce: String,
    requests: u64,
    entered: Option<u64>,
    spare: Vec<String>,
    checkouts: bool,
}

/// Whether some sandbox's own savepoint may be called that.
pub(crate) fn is_own(name: &str) -> bool {
    [GUARD, REQUEST, CHECKOUT].into_iter().any(|own| {
        let nonce = name.strip_prefix(own).and_then(|rest| rest.get(..NONCE));
        nonce.is_some_and(|nonce| nonce.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

impl Default for Savepoints {
    fn default() -> Self {
        Self::new()
    }
}

impl Savepoints {
    /// Savepoints that no other sandbox has.
    #[must_use]
    pub fn new() -> Self {
        let mut nonce = Uuid::new_v4().simple().to_string();
        nonce.truncate(NONCE);
        Self {
            nonce,
            requests: 0,
            entered: None,
            spare: Vec::new(),
            checkouts: false,
        }
    }

    /// Keeps savepoints of the library's own between the guard and what the application does, so
    /// that a library that rolls back one level too many does not end the transaction.
    #[must_use]
    pub fn with_spare(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.spare = names.into_iter().collect();
        self
    }

    /// Keeps one more savepoint, innermost, for what is done during one check-out.
    #[must_use]
    pub fn with_checkouts(mut self) -> Self {
        self.checkouts = true;
        self
    }

    /// The guard: it exists as long as the transaction is the one that was begun.
    #[must_use]
    pub fn guard(&self) -> String {
        format!("{GUARD}{}", self.nonce)
    }

    fn request(&self, number: u64) -> String {
        format!("{REQUEST}{}_{number}", self.nonce)
    }

    fn checkout(&self) -> Option<String> {
        self.checkouts.then(|| format!("{CHECKOUT}{}", self.nonce))
    }

    /// Sets the guard anew, and all that is within it.
    fn set_again(&self, request: Option<String>) -> String {
        let guard = self.guard();
        let release = self.release();
        let within = self.spare.iter().cloned();
        let within = within.chain(request).chain(self.checkout());
        within.fold(format!("{release}; SAVEPOINT {guard}"), |sql, name| {
            format!("{sql}; SAVEPOINT {name}")
        })
    }

    /// Fails unless the guard exists, and sets it anew where the transaction now is.
    #[must_use]
    pub fn prove(&self) -> String {
        self.set_again(None)
    }

    /// Fails unless the guard exists, which it does not do any more then.
    #[must_use]
    pub fn release(&self) -> String {
        format!("RELEASE SAVEPOINT {}", self.guard())
    }

    /// Fails unless the guard exists, and undoes what came after it.
    #[must_use]
    pub fn back_to_guard(&self) -> String {
        format!("ROLLBACK TO SAVEPOINT {}", self.guard())
    }

    /// Undoes what was done since the last check-out, which is all that is left to do where an
    /// SQL error has aborted the transaction.
    #[must_use]
    pub fn undo_checkout(&self) -> Option<String> {
        Some(format!("ROLLBACK TO SAVEPOINT {}", self.checkout()?))
    }

    /// Fails in any other transaction, and outside of one, and leaves the savepoint of the request
    /// alone. Where an SQL error has aborted the transaction, the second attempt undoes what was
    /// done during the check-out before: no more than is undone outside of a transaction. None
    /// unless there is a savepoint for it.
    #[must_use]
    pub fn check_out(&self) -> Option<[Attempt<Leaving>; 2]> {
        let name = self.checkout()?;
        Some(
            [
                (
                    format!("RELEASE SAVEPOINT {name}; SAVEPOINT {name}"),
                    Leaving::Left,
                ),
                (format!("ROLLBACK TO SAVEPOINT {name}"), Leaving::Aborted),
            ]
            .map(|(sql, means)| Attempt { sql, means }),
        )
    }

    /// Ends the savepoint of the request that was entered, if any.
    #[must_use]
    pub fn leave(&self) -> Option<Vec<Attempt<Leaving>>> {
        let request = self.request(self.entered?);
        let prove = self.prove();
        let release = format!("RELEASE SAVEPOINT {request}; {prove}");
        let undo = self.undo_checkout();
        let attempts = [
            Some((release.clone(), Leaving::Left)),
            undo.map(|undo| (format!("{undo}; {release}"), Leaving::Aborted)),
            // An SQL error has aborted the transaction: what the request did is undone.
            Some((
                format!("ROLLBACK TO SAVEPOINT {request}; {release}"),
                Leaving::Aborted,
            )),
            // The savepoint was released by a call whose answer nobody waited for.
            Some((format!("{}; {prove}", self.back_to_guard()), Leaving::Left)),
        ];
        let attempts = attempts.into_iter().flatten();
        Some(
            attempts
                .map(|(sql, means)| Attempt { sql, means })
                .collect(),
        )
    }

    /// The request has been left.
    pub fn left(&mut self) {
        self.entered = None;
    }

    /// Proves the guard and sets the savepoint of a new request. Counts as entered from now on,
    /// since a call whose answer nobody waits for may have been carried out.
    pub fn enter(&mut self) -> Vec<Attempt<Entering>> {
        self.requests += 1;
        self.entered = Some(self.requests);
        let enter = self.set_again(Some(self.request(self.requests)));
        let attempts = [
            Some((enter.clone(), Entering::Entered)),
            self.undo_checkout()
                .map(|undo| (format!("{undo}; {enter}"), Entering::Entered)),
            Some((self.back_to_guard(), Entering::Aborted)),
        ];
        let attempts = attempts.into_iter().flatten();
        attempts
            .map(|(sql, means)| Attempt { sql, means })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_left_before_the_guard_is_proven() {
        let mut savepoints = Savepoints::new();
        assert!(savepoints.leave().is_none());
        assert!(savepoints.check_out().is_none());
        let guard = savepoints.guard();
        let entered = savepoints.enter();
        let request = savepoints.request(1);
        assert_eq!(
            entered[0].sql,
            format!("RELEASE SAVEPOINT {guard}; SAVEPOINT {guard}; SAVEPOINT {request}")
        );
        assert_eq!(entered.len(), 2);
        let left = savepoints.leave().unwrap();
        assert_eq!(
            left[0].sql,
            format!("RELEASE SAVEPOINT {request}; RELEASE SAVEPOINT {guard}; SAVEPOINT {guard}")
        );
        assert_eq!(left.len(), 3);
        savepoints.left();
        assert!(savepoints.leave().is_none());
    }

    #[test]
    fn its_own_savepoints_are_known_from_the_applications() {
        let mut savepoints = Savepoints::new().with_checkouts();
        savepoints.enter();
        for own in [
            savepoints.guard(),
            savepoints.request(12),
            savepoints.checkout().unwrap(),
        ] {
            assert!(is_own(&own), "{own}");
        }
        for other in [
            "smoke_",
            "smoke_guard_1",
            "smoke_req_é",
            "diesel_savepoint_1",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn the_savepoint_of_a_check_out_is_within_all_others() {
        let mut savepoints = Savepoints::new()
            .with_spare(["spare".to_owned()])
            .with_checkouts();
        let (guard, out) = (savepoints.guard(), savepoints.checkout().unwrap());
        let entered = savepoints.enter();
        let request = savepoints.request(1);
        let sql = format!(
            "RELEASE SAVEPOINT {guard}; SAVEPOINT {guard}; SAVEPOINT spare; SAVEPOINT {request}; SAVEPOINT {out}"
        );
        assert_eq!(entered[0].sql, sql);
        assert_eq!(
            entered[1].sql,
            format!("ROLLBACK TO SAVEPOINT {out}; {sql}")
        );
        let [checked, undone] = savepoints.check_out().unwrap();
        assert_eq!(
            checked.sql,
            format!("RELEASE SAVEPOINT {out}; SAVEPOINT {out}")
        );
        assert_eq!(undone.sql, format!("ROLLBACK TO SAVEPOINT {out}"));
    }
}
