//! What can go wrong in a test, and how a failed assertion is told from everything else.

mod capped;
mod chain;
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

use chain::{causes, chain, explained, says};
use failure::Mark;

/// A result whose error is an [`Error`].
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

type Boxed = Box<dyn StdError + Send + Sync>;

/// Why a test did not pass.
///
/// `?` turns every error that can be boxed into one: errors of the standard library and of other
/// crates, `anyhow` and `eyre` reports, strings. A [`Failure`] or a [`Skip`] is found inside any of
/// them, however deep in the chain of sources, so helpers may return any error type.
///
/// Like `anyhow::Error`, it does not implement `std::error::Error`.
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

/// One piece of an [`Error`], as [`Error::find`] gives it to a reader.
#[derive(Clone, Copy, Debug)]
pub enum Clue<'e> {
    /// One of the errors in the chain.
    Error(&'e (dyn StdError + 'static)),
    /// The text of one of them, perhaps together with the text of others.
    Text(&'e str),
}

/// Which outcome an [`Error`] gives its test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An assertion did not hold.
    Failed,
    /// Anything else went wrong.
    Errored,
    /// The test asked to be skipped.
    Skipped,
}

impl Error {
    /// An error with a message, at the caller's place.
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

    /// What another error says, which stays where it is.
    #[cfg(feature = "live")]
    #[track_caller]
    pub(crate) fn quoting(error: &(dyn StdError + 'static)) -> Self {
        let mut quoting = Self::msg(error);
        let sources = chain(error).skip(1).map(capped);
        if let Some(inner) = Arc::get_mut(&mut quoting.0) {
            inner.causes = causes(&inner.message, sources);
        }
        quoting
    }

    /// Which outcome the error gives its test.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, in one sentence. Only the first 32 KiB of the message and of each cause are
    /// kept.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What caused it, nearest cause first.
    #[must_use]
    pub fn causes(&self) -> &[String] {
        &self.0.causes
    }

    /// The place of the assertion, or the place where another error was turned into this one.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Puts a message before this one, which becomes the first cause. Kind and place stay.
    #[must_use]
    pub fn context(self, message: impl fmt::Display) -> Self {
        let (kind, place) = (self.0.kind, self.0.place.clone());
        let texts = self.texts();
        self.retold(kind, capped(message), texts, place)
    }

    /// The same error, said of something.
    pub(crate) fn said_of(self, what: impl fmt::Display) -> Self {
        let (kind, texts, place) = (self.0.kind, self.0.causes.clone(), self.0.place.clone());
        let message = format!("{what}: {}", self.0.message);
        self.retold(kind, message, texts, place)
    }

    /// The same error with something that may explain it.
    pub(crate) fn remarked(self, remark: &str) -> Self {
        let (kind, texts, place) = (self.0.kind, self.0.causes.clone(), self.0.place.clone());
        let message = format!("{}; {remark}", self.0.message);
        self.retold(kind, message, texts, place)
    }

    /// Whether both are one error that was passed on.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Something errored in other words, with the same causes.
    pub(crate) fn reworded(self, message: String) -> Self {
        let (texts, place) = (self.0.causes.clone(), self.0.place.clone());
        self.retold(ErrorKind::Errored, message, texts, place)
    }

    /// The same error as what another one, which is only its consequence, comes from: said first,
    /// with the causes of both and the place of the other.
    pub(crate) fn seen_as(self, consequence: Self) -> Self {
        let message = explained(&self.0.message, &consequence.0.message);
        let texts = [&self, &consequence].map(|error| error.0.causes.clone());
        let place = consequence.0.place.clone();
        let sources = vec![self, consequence];
        Self::made_of(ErrorKind::Errored, message, texts.concat(), place, sources)
    }

    /// The same error with another one beside it, after its own causes.
    pub(crate) fn beside(self, other: Self) -> Self {
        let (kind, message, place) = (self.0.kind, self.0.message.clone(), self.0.place.clone());
        let texts = [self.0.causes.clone(), other.texts()].concat();
        Self::made_of(kind, message, texts, place, vec![self, other])
    }

    /// The same error with one more cause, its last.
    pub(crate) fn because(self, cause: String) -> Self {
        let (kind, message, place) = (self.0.kind, self.0.message.clone(), self.0.place.clone());
        let texts = [self.0.causes.clone(), vec![cause]].concat();
        self.retold(kind, message, texts, place)
    }

    /// The same error with one text in place of another, wherever that is said.
    pub(crate) fn saying(self, text: &str, instead: &str) -> Self {
        let replaced = |said: &String| said.replace(text, instead);
        let (message, causes) = (
            replaced(&self.0.message),
            self.0.causes.iter().map(replaced),
        );
        let (kind, causes, place) = (self.0.kind, causes.collect(), self.0.place.clone());
        self.retold(kind, message, causes, place)
    }

    /// Whether the message or a cause has that text in it.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.texts().iter().any(|said| says(said, text))
    }

    fn retold(
        self,
        kind: ErrorKind,
        message: String,
        texts: Vec<String>,
        place: Option<Place>,
    ) -> Self {
        Self::made_of(kind, message, texts, place, vec![self])
    }

    fn made_of(
        kind: ErrorKind,
        message: String,
        texts: Vec<String>,
        place: Option<Place>,
        sources: Vec<Self>,
    ) -> Self {
        Self(Arc::new(Inner {
            kind,
            causes: causes(&message, texts),
            message,
            place,
            source: Some(Box::new(Carried(sources))),
        }))
    }

    /// The message and the causes.
    fn texts(&self) -> Vec<String> {
        let texts = [&self.0.message].into_iter().chain(&self.0.causes);
        texts.cloned().collect()
    }

    /// The same error with another place, or with none.
    pub(crate) fn with_place(self, place: Option<Place>) -> Self {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => Self(Arc::new(Inner { place, ..inner })),
            Err(shared) => Self(shared),
        }
    }

    /// The first error of type `T` in the chain that this one was made of.
    ///
    /// A wrapper may hide the type of the error inside: `anyhow` and `eyre` hide their root's, and an
    /// enum with `#[error(transparent)]` hides its field's. [`find`](Self::find) reads those, too.
    #[must_use]
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.sources()
            .into_iter()
            .find_map(|error| error.downcast_ref())
    }

    /// Asks a reader about each error in the chain, outermost first, and returns its first answer. If
    /// the reader knows none of them by type, it is asked about each text, because a wrapper may hide
    /// the type. It is not asked about the texts of a failed assertion, which may be about anything.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{Error, ErrorKind};
    /// use smoke_core::{Clue, Error as SmokeError};
    ///
    /// let is_refused = |error: &SmokeError| error.find(|clue| match clue {
    ///     Clue::Error(error) => Some(error.downcast_ref::<Error>()?.kind() == ErrorKind::ConnectionRefused),
    ///     Clue::Text(text) => text.contains("connection refused").then_some(true),
    /// });
    ///
    /// let refused = || Error::from(ErrorKind::ConnectionRefused);
    /// assert_eq!(is_refused(&refused().into()), Some(true));
    /// assert_eq!(is_refused(&anyhow::Error::new(refused()).into()), Some(true));
    /// assert_eq!(is_refused(&"no paper".into()), None);
    /// ```
    pub fn find<T>(&self, mut read: impl FnMut(Clue<'_>) -> Option<T>) -> Option<T> {
        let known = self
            .sources()
            .into_iter()
            .find_map(|error| read(Clue::Error(error)));
        if known.is_some() || self.0.kind != ErrorKind::Errored {
            return known;
        }
        self.said()
            .into_iter()
            .find_map(|text| read(Clue::Text(text)))
    }

    /// All errors that this one was made of, outermost first.
    fn sources(&self) -> Vec<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref().into_iter();
        source
            .flat_map(|source| chain(source))
            .flat_map(|error| match error.downcast_ref::<Carried>() {
                Some(Carried(inner)) => inner.iter().flat_map(Self::sources).collect(),
                None => vec![error],
            })
            .collect()
    }

    /// All that was said, by this error and by what it was made of.
    fn said(&self) -> Vec<&str> {
        let carried = self
            .0
            .source
            .as_deref()
            .and_then(|source| source.downcast_ref::<Carried>());
        let within = carried.into_iter().flat_map(|Carried(inner)| inner);
        let own = [&self.0.message].into_iter().chain(&self.0.causes);
        own.map(String::as_str)
            .chain(
                within
                    .filter(|error| error.0.kind == ErrorKind::Errored)
                    .flat_map(Self::said),
            )
            .collect()
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
        let sources = chain(&*source).skip(1).filter(|cause| !cause.is::<Mark>());
        let causes = causes(&message, sources.map(capped));
        Self(Arc::new(Inner {
            kind,
            message,
            causes,
            place: Some(place),
            source: Some(source),
        }))
    }
}

/// Makes errors the source of another.
#[derive(Debug)]
struct Carried(Vec<Error>);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|error| write!(f, "{error}"))
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

    /// An error of a database that a wrapper shows as it is.
    #[derive(Debug, thiserror::Error)]
    enum Transparent {
        #[error(transparent)]
        Number(#[from] std::num::ParseIntError),
    }

    /// How a backend reads: by the type, or by what the library says.
    fn is_no_number(error: &Error) -> bool {
        let no_number = error.find(|clue| match clue {
            Clue::Error(error) => error.is::<std::num::ParseIntError>().then_some(()),
            Clue::Text(text) => text.contains("invalid digit found").then_some(()),
        });
        no_number.is_some()
    }

    #[test]
    fn an_error_is_found_behind_any_wrapper() {
        let number = || "x".parse::<i32>().unwrap_err();
        let transparent = || Transparent::from(number());
        let wrapped: [Error; 11] = [
            number().into(),
            Outer(Box::new(number())).into(),
            anyhow::Error::new(number()).into(),
            anyhow::Error::new(number())
                .context("while counting")
                .into(),
            anyhow::anyhow!("while counting: {}", number()).into(),
            eyre::Report::new(number()).into(),
            eyre::Report::new(number())
                .wrap_err("while counting")
                .into(),
            transparent().into(),
            anyhow::Error::new(transparent()).into(),
            Error::from(anyhow::Error::new(number())).context("while counting"),
            Error::msg("the till is shut").seen_as(number().into()),
        ];
        for error in wrapped {
            assert!(is_no_number(&error), "{error:?}");
        }
        assert!(!is_no_number(&Error::msg("no paper")));
        // What an assertion is about is not what failed.
        let failure = Failure::new("left is invalid digit found");
        assert!(!is_no_number(&failure.into()));
    }

    #[test]
    fn a_consequence_is_no_cause() {
        let deadlock = || Error::from("deadlock detected").context("busy: deadlock detected");
        let failed = Error::from(Failure::new("GET / answered 500"));
        let place = failed.place().cloned();
        let said = deadlock().seen_as(failed);
        assert_eq!(said.kind(), ErrorKind::Errored);
        assert_eq!(
            said.message(),
            "busy: deadlock detected; the test ended with: GET / answered 500"
        );
        assert_eq!(said.causes(), [""; 0]);
        assert_eq!(said.place(), place.as_ref());
        let same = deadlock().seen_as(Error::msg("deadlock detected"));
        assert_eq!(same.message(), "busy: deadlock detected");
        let more = deadlock().seen_as(Error::msg("no order (busy: deadlock detected)"));
        assert_eq!(more.message(), "no order (busy: deadlock detected)");
        let caused = Error::from(Outer("x".into())).context("GET / answered 500");
        assert_eq!(
            deadlock().seen_as(caused).causes(),
            ["failed to open the till", "x"]
        );
    }
}
