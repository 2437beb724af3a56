//! The report of a run of production smoke tests: outcomes, counts, verdict, wire format, renderers.
//!
//! This crate has no engine and no HTTP. A service writes its answer with it, and a program that reads
//! the answer parses it with it.
//!
//! ```
//! use std::time::Duration;
//! use smoke_report::{Format, Kind, Outcome, Report, TestReport, Verdict};
//!
//! let report = Report::new("run-1")
//!     .with_build("4f2a91c")
//!     .with_duration(Duration::from_nanos(12_307_861))
//!     .with_tests([
//!         TestReport::new("shop::cart::is_empty", "shop::cart", Kind::Unit, Outcome::Passed, Duration::from_millis(2)),
//!         TestReport::new("shop::cart::adds", "shop::cart", Kind::Http, Outcome::Failed, Duration::from_millis(10))
//!             .with_message("total must be 14"),
//!     ]);
//!
//! assert_eq!(report.verdict(), Verdict::Fail);
//! assert_eq!(report.render(Format::Text), "\
//! FAIL
//! test classes: 1
//! tests run: 2
//! tests passed: 1
//! tests failed: 1
//! tests errored: 0
//! time: 12.307861ms
//!
//! shop::cart::adds failed: total must be 14
//! ");
//!
//! // A reader of the JSON answer gets the same report back.
//! let answer = report.render(Format::Json);
//! assert_eq!(serde_json::from_str::<Report>(&answer)?, report);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # What can be relied on
//!
//! - **When in doubt, FAIL.** A PASS has at least one test that ran, no test that failed or errored,
//!   and no reason against it.
//! - **The first line of a text answer is the verdict**, and `status` is the first key of a JSON answer.
//! - **The verdict's opposite occurs nowhere in an answer**: a FAIL never contains the bytes `PASS`,
//!   nor a PASS `FAIL`, because monitors search the whole body for them. If a name or a message contains
//!   them, text writes them in lower case, and JSON escapes the first letter (`\u0050ASS`), which parsers
//!   undo. Only [`Report::render`] does this; other serializers do not.
//! - **A text answer is shorter than 4096 bytes.** Every message is on one line of at most 1024 bytes.
//!   The last line counts the lines that do not fit.
//! - **A JSON answer that contradicts itself is an error**, for example one that says PASS and lists a
//!   failed test. One that says FAIL without a reason remains a FAIL. Unknown keys are ignored.

mod change;
mod counts;
mod entry;
mod format;
mod json;
mod kind;
mod line;
mod millis;
mod opposite;
mod outcome;
mod place;
mod reason;
mod report;
mod request;
mod scope;
mod stamp;
mod standing;
mod text;
mod times;
mod verdict;

pub use change::{Change, TestState};
pub use counts::Counts;
pub use entry::TestReport;
pub use format::{Format, ParseFormatError};
pub use kind::{Kind, ParseKindError};
pub use outcome::Outcome;
pub use place::{ParsePlaceError, Place};
pub use reason::Reason;
pub use report::Report;
pub use request::RequestMade;
pub use scope::{ParseScopeError, Scope};
pub use standing::{DownTest, NewestRun, ScheduleStanding, Standing};
pub use times::Times;
pub use verdict::Verdict;
