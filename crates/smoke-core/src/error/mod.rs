//! What can go wrong in a test, and how a failed assertion is told from everything else.

mod capped;
mod failure;
mod outcome;
mod plain;

use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use smoke_report::Place;

pub use failure::{Failure, Skip};
pub use outcome::IntoOutcome;

pub(crate) use capped::capped;
pub(crate) use plain::{Explained, MOST_CAUSES};

use failure::Mark;

/// A result whose error is an [`Error`].
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

type Boxed = Box<dyn StdError + Send + Sync>;

/// Why a test did not pass.
///
/// Every error that can be boxed becomes one by `?`: errors of the standard library and of other
/// crates, `anyhow` and `eyre` reports, strings. A [`Failure`] or a [`Skip`] is recognised through
/// any of them, however deep in the chain of sources, so that helpers may return what they like.
///
/// Like `anyhow::Error`, it is no `std::error::Error` itself.
///
/// # Examples
///
/// ```
/// use smoke_core::{ErrorKind, Result, ensure_eq};
///
/// fn helper(left: i32) -> anyhow::Result<()> {
///     ensure_eq!(left, 14);
///     Ok(())
/// }
///
/// fn test() -> Result {
///     let left = "3".parse()?;
///     helper(left)?;
///     Ok(())
/// }
///
/// assert_eq!(test().unwrap_err().kind(), ErrorKind::Failed);
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    causes: Vec<String>,
    place: Option<Place>,
    source: Option<Boxed>,
}

/// Which outcome an [`Error`] gives its test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// An assertion did not hold.
    Failed,
    /// Anything else went wrong.
    Errored,
    /// The test asked to be skipped.
    Skipped,
}

impl Error {
    /// An error with a message of its own, at the caller's place.
    #[track_caller]
    #[must_use]
    pub fn msg(message: impl fmt::Display) -> Self {
        Self(Arc::new(Inner {
            kind: ErrorKind::Errored,
            message: capped(message),
            causes: Vec::new(),
            place: Some(Location::caller().into()),
            source: None,
        }))
    }

    /// Which outcome the error gives its test.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, in one sentence. No more than the first 32 KiB are kept, here and of the
    /// causes.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What caused it, nearest cause first.
    #[must_use]
    pub fn causes(&self) -> &[String] {
        &self.0.causes
    }

    /// Where the assertion stands, or where the error was turned into this one.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Puts a message before this one, which becomes the first cause. Kind and place stay.
    #[must_use]
    pub fn context(self, message: impl fmt::Display) -> Self {
        let causes = [self.0.message.clone()]
            .into_iter()
            .chain(self.0.causes.iter().cloned())
            .collect();
        let (kind, place) = (self.0.kind, self.0.place.clone());
        let source = Some(Box::new(Carried(self)) as Boxed);
        Self(Arc::new(Inner {
            kind,
            message: capped(message),
            causes,
            place,
            source,
        }))
    }

    /// Something errored in other words, with the same causes.
    pub(crate) fn reworded(self, message: String) -> Self {
        let (causes, place) = (self.0.causes.clone(), self.0.place.clone());
        let source = Some(Box::new(Carried(self)) as Boxed);
        Self(Arc::new(Inner {
            kind: ErrorKind::Errored,
            message,
            causes,
            place,
            source,
        }))
    }

    /// The same error with another as its cause, and with the place of that.
    pub(crate) fn caused_by(self, cause: &Self) -> Self {
        let causes = [&cause.0.message]
            .into_iter()
            .chain(&cause.0.causes)
            .cloned()
            .collect();
        let (message, place) = (self.0.message.clone(), cause.0.place.clone());
        let source = Some(Box::new(Carried(self)) as Boxed);
        Self(Arc::new(Inner {
            kind: ErrorKind::Errored,
            message,
            causes,
            place,
            source,
        }))
    }

    /// The same error with another one beside it, after its own causes.
    pub(crate) fn beside(self, other: &Self) -> Self {
        let others = [&other.0.message].into_iter().chain(&other.0.causes);
        let causes = self.0.causes.iter().chain(others).cloned().collect();
        let (kind, message, place) = (self.0.kind, self.0.message.clone(), self.0.place.clone());
        let source = Some(Box::new(Carried(self)) as Boxed);
        Self(Arc::new(Inner {
            kind,
            message,
            causes,
            place,
            source,
        }))
    }

    /// The same error with another place, or with none.
    pub(crate) fn with_place(self, place: Option<Place>) -> Self {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => Self(Arc::new(Inner { place, ..inner })),
            Err(shared) => Self(shared),
        }
    }

    /// The first error of type `T` among what this one was made of.
    #[must_use]
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        chain(self.0.source.as_deref()?).find_map(|error| match error.downcast_ref::<Carried>() {
            Some(Carried(inner)) => inner.downcast_ref(),
            None => error.downcast_ref(),
        })
    }
}

impl<E: Into<Boxed>> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Self {
        let source: Boxed = error.into();
        let mark = chain(&*source).find_map(|error| error.downcast_ref::<Mark>());
        let (kind, place) = match mark {
            Some(mark) => (mark.kind(), mark.place().clone()),
            None => (ErrorKind::Errored, Location::caller().into()),
        };
        let message = capped(&source);
        let mut causes: Vec<String> = Vec::new();
        for cause in chain(&*source).skip(1).filter(|cause| !cause.is::<Mark>()) {
            let cause = capped(cause);
            // Some errors repeat their source in their own words; once is enough.
            if causes.last().unwrap_or(&message) != &cause {
                causes.push(cause);
            }
        }
        Self(Arc::new(Inner {
            kind,
            message,
            causes,
            place: Some(place),
            source: Some(source),
        }))
    }
}

/// A chain of sources that is longer goes round in circles.
const LONGEST_CHAIN: usize = 128;

/// An error and its sources, outermost first.
fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| <dyn StdError>::source(*error)).take(LONGEST_CHAIN)
}

/// Makes an [`Error`] a source of another.
struct Carried(Error);

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for Carried {}

impl fmt::Display for Error {
    /// The message; with `{:#}` the causes too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if f.alternate() {
            for cause in &self.0.causes {
                write!(f, ": {cause}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")?;
        self.0
            .place
            .as_ref()
            .map_or(Ok(()), |place| write!(f, " ({place})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(Boxed);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("failed to open the till")
        }
    }

    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&*self.0)
        }
    }

    fn number() -> Result<i32> {
        Ok("x".parse::<i32>()?)
    }

    #[test]
    fn an_error_of_another_crate_is_errored_where_it_was_passed_on() {
        let error = number().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Errored);
        assert_eq!(error.message(), "invalid digit found in string");
        assert_eq!(error.place().unwrap().file, file!());
        assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    }

    #[test]
    fn a_failure_is_recognised_through_any_wrapping() {
        let failure = || Failure::new("left is 3");
        let wrapped: [Error; 6] = [
            failure().into(),
            Outer(Box::new(failure())).into(),
            anyhow::Error::new(failure()).into(),
            anyhow::Error::new(failure())
                .context("while counting")
                .into(),
            eyre::Report::new(failure()).into(),
            eyre::Report::new(failure())
                .wrap_err("while counting")
                .into(),
        ];
        for error in wrapped {
            assert_eq!(error.kind(), ErrorKind::Failed, "{error:?}");
            assert!(format!("{error:#}").ends_with("left is 3"), "{error:#}");
            assert_eq!(error.place().unwrap().file, file!());
        }
        assert_eq!(
            Error::from(anyhow::Error::new(Skip::new("no printer"))).kind(),
            ErrorKind::Skipped
        );
        assert_eq!(Error::from("left is 3").kind(), ErrorKind::Errored);
    }

    #[test]
    fn context_keeps_the_kind_and_becomes_the_message() {
        let error = Error::from(Outer("empty".into())).context("cannot sell");
        assert_eq!(error.message(), "cannot sell");
        assert_eq!(error.causes(), ["failed to open the till", "empty"]);
        assert!(error.downcast_ref::<Outer>().is_some());
        assert_eq!(
            Error::from(Failure::new("no")).context("why").kind(),
            ErrorKind::Failed
        );
    }
}
