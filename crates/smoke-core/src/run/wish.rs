//! What kind of run somebody asks for.

/// What kind of run somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wish {
    /// A run that has just ended, or one that is under way, will do.
    Any,
    /// A run that begins now.
    Fresh,
    /// A run that begins now, and answers nobody else.
    Alone,
    /// A run of a schedule: it begins now, whatever others have asked for.
    Scheduled,
}
