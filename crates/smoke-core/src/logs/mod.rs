//! What a test logged, beside what became of it.
//!
//! A test that did not pass shows in its answer what was logged while it ran: by the test, by handlers
//! of the application under test, and by tasks that they spawned within a span
//! (`tokio::spawn(work.in_current_span())`). Only trusted viewers see it.
//!
//! At most 100 lines and 16 KiB are kept of a test, and nothing of one that passed. Secrets are hidden
//! in it as in all texts of an answer. While no run is under way the layer costs one atomic load an event.
//!
//! # Examples
//!
//! ```
//! use smoke_core::{Registry, Runner, Selection, Test, fail};
//! use tracing_subscriber::layer::SubscriberExt;
//! use tracing_subscriber::util::SubscriberInitExt;
//!
//! # #[tokio::main]
//! # async fn main() {
//! // With the application's own layers, in `main`.
//! tracing_subscriber::registry().with(smoke_core::logs::layer()).init();
//!
//! async fn charges() -> smoke_core::Result {
//!     tracing::info!(amount = 14, "charging");
//!     fail!("the till is shut")
//! }
//!
//! let registry = Registry::new().test(Test::new("shop::charges", charges));
//! let report = Runner::new(registry).run(Selection::fast()).await;
//! assert!(report.tests[0].log[0].ends_with(": charging amount=14"));
//! # }
//! ```

mod layer;
mod line;

pub use layer::{LogLayer, layer};
