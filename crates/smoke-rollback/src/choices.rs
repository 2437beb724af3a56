//! What an application chooses for its sandboxes.

use std::sync::Arc;
use std::time::Duration;

use crate::Dialect;
use crate::terms::Terms;
use crate::witness::Witness;
use smoke_core::OpenRequest;

/// What an application chooses for its sandboxes, whatever the pool: the fields of a backend's builder.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use smoke_rollback::Choices;
///
/// struct Rollback {
///     choices: Choices,
/// }
///
/// impl Rollback {
///     fn limit(mut self, limit: Duration) -> Self {
///         self.choices.limit = Some(limit);
///         self
///     }
/// }
///
/// let rollback = Rollback { choices: Choices::default() };
/// assert_eq!(rollback.limit(Duration::from_secs(1)).choices.capacity, 1);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Choices {
    /// How long a sandbox may hold its transaction, where that is not left to the database's default.
    pub limit: Option<Duration>,
    /// How many sandboxes may be open at the same time: 1 unless chosen.
    pub capacity: usize,
    /// Whether nothing can be written.
    pub read_only: bool,
    /// Whether tests may write on a database that commits on its own before some statements.
    pub accepts_implicit_commits: bool,
    /// Who the application connects as.
    pub application_user: Option<Arc<str>>,
    /// Whether each statement has a savepoint of its own.
    pub savepoint_each_statement: bool,
    /// Whether each test has a connection of its own, also where one could be moved from test to
    /// test.
    pub one_connection_a_test: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            limit: None,
            capacity: 1,
            read_only: false,
            accepts_implicit_commits: false,
            application_user: None,
            savepoint_each_statement: false,
            one_connection_a_test: false,
        }
    }
}

impl Choices {
    /// How many sandboxes may be open at the same time on that database.
    #[must_use]
    pub fn capacity_on<D: Dialect>(&self) -> usize {
        self.capacity.min(D::CAPACITY)
    }

    /// How long a sandbox may hold its transaction on that database.
    #[must_use]
    pub fn limit_on<D: Dialect>(&self) -> Duration {
        self.limit.unwrap_or(D::LIMIT)
    }

    /// The terms of one sandbox. `writes` says whether sandboxes of this database may write by default.
    /// Where the sandbox may not write, the witness keeps the advice for a test that writes all the
    /// same.
    #[must_use]
    pub fn terms(&self, request: &OpenRequest, writes: bool, witness: &Witness) -> Terms {
        Terms {
            writes: witness.admits_writes(self.read_only, writes || self.accepts_implicit_commits),
            application_user: self.application_user.clone(),
            ..Terms::new(Arc::clone(&request.test), request.limit)
        }
    }
}
