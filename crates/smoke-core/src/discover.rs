//! The tests that are linked into the binary.

use crate::{Suite, Test};

/// What one `#[smoke_test]` or `#[smoke_suite]` hands in.
#[derive(Debug)]
pub struct Submission(Make);

#[derive(Debug)]
enum Make {
    Test(fn() -> Test),
    Suite(fn() -> Suite),
}

impl Submission {
    /// Hands in a free function.
    #[must_use]
    pub const fn test(make: fn() -> Test) -> Self {
        Self(Make::Test(make))
    }

    /// Hands in a suite with its tests.
    #[must_use]
    pub const fn suite(make: fn() -> Suite) -> Self {
        Self(Make::Suite(make))
    }
}

inventory::collect!(Submission);

/// Every submission of this binary. The linker decides on the order in which they come, so they
/// are sorted by path: the tests, the suites, and the tests of each suite.
#[must_use]
pub fn all() -> (Vec<Test>, Vec<Suite>) {
    let (mut tests, mut suites) = (Vec::new(), Vec::new());
    for submission in inventory::iter::<Submission> {
        match submission.0 {
            Make::Test(make) => tests.push(make()),
            Make::Suite(make) => suites.push(make()),
        }
    }
    by_path(&mut tests);
    suites.sort_by(|a, b| a.name.cmp(&b.name));
    for suite in &mut suites {
        by_path(&mut suite.tests);
    }
    (tests, suites)
}

fn by_path(tests: &mut [Test]) {
    tests.sort_by(|a, b| a.name.cmp(&b.name));
}
