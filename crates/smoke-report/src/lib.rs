//! What a run of production smoke tests found: outcomes, counts, verdict, wire format, renderers.
//!
//! This crate holds no engine and no HTTP. A service uses it to answer; whatever reads the answer uses it to understand.
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
//! - **When in doubt, FAIL.** PASS needs a test that ran, no test that failed or errored, and no reason against it.
//! - **The first line of a text answer is the verdict**, and `status` is the first key of a JSON answer.
//! - **The verdict's opposite occurs nowhere in an answer**: a FAIL never holds the bytes `PASS`, nor a PASS `FAIL`, since monitors look for them anywhere in a body.
//!   Where a name or a message holds them, text has them in lower case, and JSON escapes the first letter (`\u0050ASS`), which parsers read as it was.
//!   That is what [`Report::render`] does; another serializer given a [`Report`] does not.
//! - **A text answer is shorter than 4096 bytes.** Every message is on one line of at most 1024; lines that do not fit are counted in the last line.
//! - **A JSON answer that contradicts itself is not a report**: one that says PASS beside a failed test is an error.
//!   One that says FAIL without saying why remains a FAIL.
//!   Unknown keys are ignored.

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
mod report;
mod request;
mod text;
mod times;
mod verdict;

pub use counts::Counts;
pub use entry::TestReport;
pub use format::{Format, ParseFormatError};
pub use kind::Kind;
pub use outcome::Outcome;
pub use place::{ParsePlaceError, Place};
pub use report::Report;
pub use request::RequestMade;
pub use times::Times;
pub use verdict::Verdict;
