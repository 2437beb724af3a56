//! The names of a sandbox's savepoints, and the statements that set, prove and release them.
//!
//! The names are the same in every sandbox, so that a server's statistics of statements hold a few
//! texts of ours, however many sandboxes there were.

/// The guard: it exists as long as the transaction is the one that was begun.
pub const GUARD: &str = "smoke_guard";
const REQUEST: &str = "smoke_request";
const CHECKOUT: &str = "smoke_checkout";

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
#[derive(Debug, Default)]
pub struct Savepoints {
    entered: bool,
    spare: Vec<String>,
    checkouts: bool,
}

/// Whether a sandbox's own savepoint is called that.
#[must_use]
pub fn is_own(name: &str) -> bool {
    [GUARD, REQUEST, CHECKOUT].contains(&name)
}

impl Savepoints {
    /// The guard, and nothing else.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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

    /// Sets the guard anew, and all that is within it.
    fn set_again(&self, request: Option<&str>) -> String {
        self.within(request).fold(
            format!("{}; SAVEPOINT {GUARD}", Self::release()),
            |sql, name| format!("{sql}; SAVEPOINT {name}"),
        )
    }

    /// What is within the guard, outermost first.
    fn within<'s>(&'s self, request: Option<&'s str>) -> impl Iterator<Item = &'s str> {
        let spare = self.spare.iter().map(String::as_str);
        spare
            .chain(request)
            .chain(self.checkouts.then_some(CHECKOUT))
    }

    /// Sets the guard and all that is within it, in a transaction that has just begun.
    #[must_use]
    pub fn set(&self) -> String {
        self.within(None)
            .fold(format!("SAVEPOINT {GUARD}"), |sql, name| {
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
    pub fn release() -> String {
        format!("RELEASE SAVEPOINT {GUARD}")
    }

    /// Fails unless the guard exists, and undoes what came after it.
    #[must_use]
    pub fn back_to_guard() -> String {
        format!("ROLLBACK TO SAVEPOINT {GUARD}")
    }

    /// Undoes what was done since the last check-out, which is all that is left to do where an
    /// SQL error has aborted the transaction.
    #[must_use]
    pub fn undo_checkout(&self) -> Option<String> {
        self.checkouts
            .then(|| format!("ROLLBACK TO SAVEPOINT {CHECKOUT}"))
    }

    /// Fails in any other transaction, and outside of one, and leaves the savepoint of the request
    /// alone. Where an SQL error has aborted the transaction, the second attempt undoes what was
    /// done during the check-out before: no more than is undone outside of a transaction. None
    /// unless there is a savepoint for it.
    #[must_use]
    pub fn check_out(&self) -> Option<[Attempt<Leaving>; 2]> {
        let undo = self.undo_checkout()?;
        let again = format!("RELEASE SAVEPOINT {CHECKOUT}; SAVEPOINT {CHECKOUT}");
        let attempts = [(again, Leaving::Left), (undo, Leaving::Aborted)];
        Some(attempts.map(|(sql, means)| Attempt { sql, means }))
    }

    /// Ends the savepoint of the request that was entered, if any.
    #[must_use]
    pub fn leave(&self) -> Option<Vec<Attempt<Leaving>>> {
        if !self.entered {
            return None;
        }
        let prove = self.prove();
        let release = format!("RELEASE SAVEPOINT {REQUEST}; {prove}");
        let undo = self.undo_checkout();
        let attempts = [
            Some((release.clone(), Leaving::Left)),
            undo.map(|undo| (format!("{undo}; {release}"), Leaving::Aborted)),
            // An SQL error has aborted the transaction: what the request did is undone.
            Some((
                format!("ROLLBACK TO SAVEPOINT {REQUEST}; {release}"),
                Leaving::Aborted,
            )),
            // The savepoint was released by a call whose answer nobody waited for.
            Some((format!("{}; {prove}", Self::back_to_guard()), Leaving::Left)),
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
        self.entered = false;
    }

    /// Proves the guard and sets the savepoint of a new request. Counts as entered from now on,
    /// since a call whose answer nobody waits for may have been carried out.
    pub fn enter(&mut self) -> Vec<Attempt<Entering>> {
        self.entered = true;
        let enter = self.set_again(Some(REQUEST));
        let attempts = [
            Some((enter.clone(), Entering::Entered)),
            self.undo_checkout()
                .map(|undo| (format!("{undo}; {enter}"), Entering::Entered)),
            Some((Self::back_to_guard(), Entering::Aborted)),
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
        assert_eq!(savepoints.set(), "SAVEPOINT smoke_guard");
        assert!(savepoints.leave().is_none());
        assert!(savepoints.check_out().is_none());
        let entered = savepoints.enter();
        assert_eq!(
            entered[0].sql,
            "RELEASE SAVEPOINT smoke_guard; SAVEPOINT smoke_guard; SAVEPOINT smoke_request"
        );
        assert_eq!(entered.len(), 2);
        let left = savepoints.leave().unwrap();
        assert_eq!(
            left[0].sql,
            "RELEASE SAVEPOINT smoke_request; RELEASE SAVEPOINT smoke_guard; SAVEPOINT smoke_guard"
        );
        assert_eq!(left.len(), 3);
        savepoints.left();
        assert!(savepoints.leave().is_none());
    }

    #[test]
    fn its_own_savepoints_are_known_from_the_applications() {
        for own in [GUARD, REQUEST, CHECKOUT] {
            assert!(is_own(own), "{own}");
        }
        for other in ["smoke_", "smoke_guard_1", "diesel_savepoint_1"] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn the_savepoint_of_a_check_out_is_within_all_others() {
        let mut savepoints = Savepoints::new()
            .with_spare(["spare".to_owned()])
            .with_checkouts();
        assert_eq!(
            savepoints.set(),
            "SAVEPOINT smoke_guard; SAVEPOINT spare; SAVEPOINT smoke_checkout"
        );
        let entered = savepoints.enter();
        let sql = "RELEASE SAVEPOINT smoke_guard; SAVEPOINT smoke_guard; SAVEPOINT spare; \
                   SAVEPOINT smoke_request; SAVEPOINT smoke_checkout";
        assert_eq!(entered[0].sql, sql);
        assert_eq!(
            entered[1].sql,
            format!("ROLLBACK TO SAVEPOINT smoke_checkout; {sql}")
        );
        let [checked, undone] = savepoints.check_out().unwrap();
        assert_eq!(
            checked.sql,
            "RELEASE SAVEPOINT smoke_checkout; SAVEPOINT smoke_checkout"
        );
        assert_eq!(undone.sql, "ROLLBACK TO SAVEPOINT smoke_checkout");
    }
}
