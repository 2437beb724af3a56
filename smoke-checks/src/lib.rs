//! Ready-made smoke tests of what stands around an application: its folders, disks and mounts, its
//! variables, its databases, the services that it calls, its certificates, its workers, its own listener.
//!
//! Each check is a small builder that becomes a [`Test`](smoke_core::Test). A registry takes it as it is.
//! Make a `Test` of it where you want something else than its defaults:
//!
//! ```
//! # #[cfg(all(unix, feature = "system"))] {
//! use smoke_checks::WritableFolder;
//! use smoke_core::{Registry, Test};
//!
//! let uploads = Test::from(WritableFolder::at("/var/lib/shop/uploads"))
//!     .named("shop::uploads::folder_is_writable")
//!     .shared();
//! let registry = Registry::new()
//!     .test(WritableFolder::at("/var/cache/shop"))
//!     .test(uploads);
//! assert!(registry.problems().is_empty());
//! # }
//! ```
//!
//! # Names
//!
//! A check is called after what it is: `checks::writable_folder`. What it looks at, such as a path or a
//! host, stands in its description and its messages: strangers see names, and neither of those. Two
//! checks of one kind need two names: [`Test::named`](smoke_core::Test::named). All checks have the tag
//! `checks`.
//!
//! # Failed and errored
//!
//! A check fails where what it looks at is not as it should be, and its message says what to do. It errs
//! where it could not look.
//!
//! # Features
//!
//! None is on by default. A check that needs no other library needs no feature.
//!
//! | feature | checks |
//! |---|---|
//! | none | [`Dns`], [`Heartbeat`], [`LastSeen`], [`Tcp`], [`Variables`] |
//! | `system` | [`Descriptors`], [`DiskSpace`], [`FreshMount`], [`Memory`], [`WritableFolder`] (Unix only) |
//! | `http` | [`Http`], [`Listener`] |
//! | `minijinja`, `tera` | [`MinijinjaTemplates`], [`TeraTemplates`] |
//! | `tls` | [`Certificate`] |
//! | `sqlx`, `diesel`, `deadpool`, `deadpool-diesel`, `bb8` | [`PoolConnection`], [`PoolUse`], [`Migrations`], [`Commit`], for the pools of that library: [`database`] |
//! | `database` | the same, for pools of any other |

#[cfg(feature = "tls")]
mod certificate;
#[cfg(any(feature = "http", feature = "minijinja", feature = "tera"))]
mod chain;
mod check;
mod connect;
#[cfg(feature = "database")]
pub mod database;
mod dns;
mod heartbeat;
mod home;
#[cfg(feature = "http")]
mod http;
mod last_seen;
mod outside;
#[cfg(any(feature = "tls", all(unix, feature = "system")))]
mod own_thread;
#[cfg(all(unix, feature = "system"))]
mod system;
mod tcp;
#[cfg(any(feature = "minijinja", feature = "tera"))]
mod templates;
#[cfg(any(feature = "http", feature = "tls"))]
mod trust;
mod variables;

#[cfg(feature = "tls")]
pub use certificate::Certificate;
#[cfg(feature = "database")]
pub use database::{Commit, Migrations, PoolConnection, PoolUse};
pub use dns::Dns;
pub use heartbeat::{Heartbeat, HeartbeatWithin};
#[cfg(feature = "http")]
pub use http::{Http, Listener};
pub use last_seen::LastSeen;
#[cfg(all(unix, feature = "system"))]
pub use system::{Descriptors, DiskSpace, FreshMount, Memory, WritableFolder};
pub use tcp::Tcp;
#[cfg(feature = "minijinja")]
pub use templates::MinijinjaTemplates;
#[cfg(feature = "tera")]
pub use templates::TeraTemplates;
pub use variables::Variables;

/// Nothing but the code in the page on checks, which `cargo test` compiles from here.
#[cfg(doctest)]
#[doc = include_str!("../../docs/checks.md")]
struct Page;
