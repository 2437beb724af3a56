//! What the code that `#[smoke_test]` and `#[smoke_suite]` emit calls, beside the public names.

use std::future::Future;

use smoke_report::{Kind, Place};

use crate::test::erase;
use crate::{Context, Error, Fixture, Result, SuiteValue, TestFn};

/// A fixture by the type of an argument: `<A as Argument<_>>::Fixture` is `A`.
///
/// Where `A` is no fixture, the compiler says so at the argument and nowhere else. That takes two
/// impls, since a single one would be taken for granted and its bound complained about wherever
/// the type is used; and closures that get their arguments by [`Argument::argument`], so that
/// nothing else tells the compiler what the type would be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a fixture",
    label = "a smoke test cannot ask for this",
    note = "fixtures are `Provided<T>`, `Sandbox<Pool>`, `Client`, `Unique` and types of your own that implement `Fixture`",
    note = "to hand a value of the application to its tests, write `Provided<{Self}>`, and `.provide(..)` the value to the registry"
)]
pub trait Argument<Marker: ?Sized>: Sized {
    /// The type itself.
    type Fixture;

    /// The fixture itself.
    fn argument(fixture: Self::Fixture) -> Self;
}

#[diagnostic::do_not_recommend]
impl<F: Fixture> Argument<IsFixture> for F {
    type Fixture = F;

    fn argument(fixture: F) -> F {
        fixture
    }
}

#[diagnostic::do_not_recommend]
impl<F: Never> Argument<dyn Never> for F {
    type Fixture = F;

    fn argument(fixture: F) -> F {
        fixture
    }
}

/// Marks the impl of [`Argument`] that holds.
#[derive(Debug)]
pub struct IsFixture;

/// A trait of no type.
pub trait Never {}

/// What a `#[set_up]` may return.
#[diagnostic::on_unimplemented(
    message = "the `#[set_up]` of `{V}` cannot return `{Self}`",
    label = "return `Self` or `Result<Self, E>`"
)]
pub trait Made<V> {
    /// The suite's value, or what stood in the way.
    ///
    /// # Errors
    ///
    /// The set-up's own.
    fn made(self) -> Result<V>;
}

impl<V: SuiteValue> Made<V> for V {
    fn made(self) -> Result<V> {
        Ok(self)
    }
}

impl<V: SuiteValue, E: Into<Error>> Made<V> for Result<V, E> {
    #[track_caller]
    fn made(self) -> Result<V> {
        self.map_err(Into::into)
    }
}

/// A suite's value where no method makes it.
#[diagnostic::on_unimplemented(
    message = "nothing makes the `{Self}` that this suite's tests are called on",
    label = "no `#[set_up]`, and no `Default`",
    note = "mark a method that returns `Self` with `#[set_up]`, or derive `Default`"
)]
pub trait Anew: Sized {
    /// The value.
    fn anew() -> Self;
}

#[diagnostic::do_not_recommend]
impl<V: Default> Anew for V {
    fn anew() -> Self {
        Self::default()
    }
}

/// Runs the tear-down of one test.
///
/// # Errors
///
/// Those of its fixtures, and its own.
pub fn tear_down<Marker: 'static>(
    cx: Context,
    function: impl TestFn<Marker>,
) -> impl Future<Output = Result> + Send {
    erase(function).run(cx)
}

/// Refuses, when compiling, a fixture of a suite-level set-up or tear-down.
///
/// # Panics
///
/// When the fixture is not of kind unit.
#[track_caller]
pub const fn lives_for_a_run(kind: Kind) {
    assert!(
        matches!(kind, Kind::Unit),
        "a suite's set-up and tear-down take fixtures of kind unit only: \
         this one belongs to a single test"
    );
}

/// A place from `file!`, `line!` and `column!`.
#[must_use]
pub fn place(file: &str, line: u32, column: u32) -> Place {
    Place::new(file, line, column)
}
