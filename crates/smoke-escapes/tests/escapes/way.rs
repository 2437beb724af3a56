//! A way out of a sandbox.

/// What is tried, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    /// As the table shows it.
    pub(crate) name: &'static str,
    pub(crate) step: Step,
    /// Why nothing can tell that something stays, where that is so.
    pub(crate) unseen: Option<&'static str>,
    /// Whether the transaction has written nothing before.
    pub(crate) alone: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Statements, one after the other on one connection of the sandbox. Their errors are passed
    /// over. `{mark}` stands for the mark of the transaction on PostgreSQL, and `{folder}` for
    /// where the database's file is.
    Sql(&'static [&'static str]),
    Act(Act),
    /// One of the library's own.
    Own(usize),
}

/// What is more than statements.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Writes through production's pool.
    StaticPool,
    /// The same, in a `GET`.
    StaticPoolInGet,
    /// The same, after the sandbox's connection was used in the same request.
    StaticPoolBeside,
    /// Writes through a pool that is made on the spot.
    PoolOfItsOwn,
    /// Writes through the sandbox's pool once the test is over.
    Later,
    /// Takes the sandbox's connection, and writes and commits once the test is over.
    LaterOnAHeldConnection,
    /// Panics with the connection in hand.
    Panic,
    /// The same, after a `COMMIT`.
    CommitAndPanic,
    /// Asks for a second connection while it has one.
    TwoAtOnce,
    /// Writes and never comes back.
    Never,
    /// Is given up while it has a transaction open.
    GivenUp,
}

pub(crate) const fn sql(name: &'static str, statements: &'static [&'static str]) -> Way {
    Way {
        name,
        step: Step::Sql(statements),
        unseen: None,
        alone: false,
    }
}

pub(crate) const fn act(name: &'static str, act: Act) -> Way {
    Way {
        name,
        step: Step::Act(act),
        unseen: None,
        alone: false,
    }
}

impl Way {
    pub(crate) const fn unseen(mut self, why: &'static str) -> Self {
        self.unseen = Some(why);
        self
    }

    pub(crate) const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }
}
