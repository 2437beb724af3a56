//! What the tests of this workspace share.
//!
//! What they share with those who write an adapter or a backend is in `smoke-conformance`, as is
//! `eventually`, with which they wait for a state.

mod each_line;
mod log;
#[cfg(feature = "pooler")]
pub mod pooler;
mod process;
mod running;
pub mod wire;

use std::time::Duration;

pub use each_line::EachLine;
pub use log::Log;
pub use process::output;
pub use running::Running;

/// Longer than anything takes that tests wait for, on a machine that is busy.
pub const PATIENCE: Duration = Duration::from_secs(60);
