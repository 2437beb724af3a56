//! The methods with which an application chooses, which every `Rollback` of this crate has.

/// On any database.
macro_rules! choose_on_any {
    () => {
        /// Sandboxes in which nothing can be written, for tests that only read: on SQLite
        /// production's writers then do not wait for them. Beside one that writes, it gets a name
        /// of its own (`SandboxOf`, `Registry::rollback_of`).
        pub fn read_only(mut self) -> Self {
            self.choices.read_only = true;
            self
        }

        /// How long a sandbox may hold its transaction: 2 s unless set, and 1 s on SQLite.
        pub fn limit(mut self, limit: Duration) -> Self {
            self.choices.limit = Some(limit);
            self
        }

        /// How many sandboxes may be open at the same time: 1 unless set, and never more on SQLite,
        /// which has one writer. Each is a connection beside those of the application's pool.
        pub fn capacity(mut self, capacity: usize) -> Self {
            self.choices.capacity = capacity;
            self
        }

        /// Gives each test a connection of its own, also where one could be moved from test to test.
        ///
        /// A connection that is moved was rolled back, and belongs to nobody between two tests. What a
        /// transaction does not undo in it stays until the end of the run: a `PRAGMA` on SQLite, a
        /// statement that a test has prepared by name on PostgreSQL.
        pub fn one_connection_a_test(mut self) -> Self {
            self.choices.one_connection_a_test = true;
            self
        }
    };
}

/// On PostgreSQL. Takes the lines of an example up to a `Rollback` with a URL, and what that URL is
/// needed for.
macro_rules! choose_on_postgres {
    ($import:literal, $rollback:literal) => {
        /// Names the user that the application connects as. Where sandboxes connect as another
        /// one, that is logged once: tests with other rights may pass where production fails.
        pub fn application_user(mut self, user: &str) -> Self {
            self.choices.application_user = Some(user.into());
            self
        }

        /// Gives each statement a savepoint of its own, as long as the application is in no
        /// transaction of its own: an SQL error then aborts nothing but its statement, as in
        /// production. For applications that go on after one (get-or-create on a unique
        /// violation).
        ///
        /// It costs a round trip more a statement, and two where that is prepared first. It works
        /// by way of a relay in this process that has to understand the connection: the sandbox has
        /// to be one of `postgres(url)`, and the URL has to say `sslmode=disable` or name a Unix
        /// socket, and has to hold the password: a `.pgpass` is not found. How it works:
        /// [`smoke_pg_relay`].
        ///
        /// # Examples
        ///
        /// ```no_run
        /// # #[cfg(all(feature = "deadpool", feature = "postgres", feature = "postgres-r2d2", feature = "deadpool-diesel"))]
        /// # fn example() {
        #[doc = $import]
        ///
        /// let url = "postgres://app@db/shop?sslmode=disable";
        #[doc = $rollback]
        /// # }
        /// ```
        #[cfg(feature = "savepoint-each-statement")]
        pub fn savepoint_each_statement(mut self) -> Self {
            self.choices.savepoint_each_statement = true;
            self
        }
    };
}

/// On MariaDB and MySQL.
macro_rules! choose_on_mysql {
    () => {
        /// Lets tests and the application write, although these databases commit on their own
        /// before every statement that creates, alters, drops or truncates a table, locks one,
        /// grants a right or begins a transaction.
        ///
        /// **What was written before such a statement stays in the database**, whatever a sandbox
        /// does. The statement itself and what comes after it are refused, and the test is errored
        /// and not run again. So ask for this where the application's handlers send nothing of the
        /// kind. Tables of an engine without transactions (MyISAM, Aria) keep what is written, too.
        pub fn accept_implicit_commits(mut self) -> Self {
            self.choices.accepts_implicit_commits = true;
            self
        }
    };
}

#[allow(unused_imports, reason = "databases are chosen by features")]
pub(crate) use {choose_on_any, choose_on_mysql, choose_on_postgres};
