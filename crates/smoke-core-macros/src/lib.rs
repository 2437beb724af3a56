//! The attributes `#[smoke_test]` and `#[smoke_suite]`.
//!
//! Use them from the adapter for your framework, such as `smoke_axum`, or from `smoke_core`. The code
//! that they emit only calls that crate.
//!
//! # Examples
//!
//! ```
//! use smoke_core::{Registry, Result, Runner, Selection, ensure_eq, smoke_suite, smoke_test};
//!
//! /// A function can be a test.
//! #[smoke_test]
//! async fn two_and_two() -> Result {
//!     ensure_eq!(2 + 2, 4);
//!     Ok(())
//! }
//!
//! /// The tests of a suite share a set-up.
//! struct Till {
//!     coins: u32,
//! }
//!
//! #[smoke_suite]
//! impl Till {
//!     #[set_up]
//!     fn open() -> Self {
//!         Self { coins: 3 }
//!     }
//!
//!     #[smoke_test]
//!     fn has_change(&self) -> Result {
//!         ensure_eq!(self.coins, 3);
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let report = Runner::new(Registry::discover()).run(Selection::fast()).await;
//! assert_eq!(report.counts().passed, 2);
//! # }
//! ```

mod attributes;
mod call;
mod description;
mod function;
mod krate;
mod signature;
mod suite;
mod test;

use proc_macro::TokenStream;

/// Makes a smoke test from a function, so that `Registry::discover()` finds it.
///
/// The function is `async`, or it blocks and runs on a thread of its own. Its arguments are at most
/// eight fixtures. It returns `()`, or a `Result<(), E>` whose error becomes the test's. The function
/// can still be called.
///
/// The test's name is the function's path. The function's doc comment describes the test in reports.
///
/// # Examples
///
/// ```
/// use smoke_core::{Provided, Result, ensure, smoke_test};
///
/// struct Config {
///     public_url: String,
///     folder: std::path::PathBuf,
/// }
///
/// /// Links that leave the house begin with https.
/// #[smoke_test]
/// async fn the_public_url_is_https(config: Provided<Config>) -> Result {
///     ensure!(config.public_url.starts_with("https://"));
///     Ok(())
/// }
///
/// /// Uploads find a folder.
/// #[smoke_test(slow, timeout = "5s", tags("disk"), serial = "uploads")]
/// fn the_folder_is_there(config: Provided<Config>) -> std::io::Result<()> {
///     std::fs::read_dir(&config.folder).map(drop)
/// }
/// # fn main() {}
/// ```
///
/// # Attributes
///
/// | attribute | meaning |
/// |---|---|
/// | `slow` | runs only if slow tests are asked for |
/// | `instance` | a failure is the fault of this process or its host alone, which may lose traffic for it; without it, of what all replicas share |
/// | `advisory` | if it fails it is reported as warned, and blocks nothing |
/// | `on_request` | schedules leave it out: it runs only where somebody asks for a run that has it |
/// | `destructive` | something stays of it: runs only if the registry allows it and a POST with the token asks |
/// | `shared`, `decisive`, `scheduled` | in a suite that says `instance`, `advisory` or `on_request`: not this test |
/// | `timeout = "5s"` | how long it may take, instead of the registry's limit for tests |
/// | `tags("a", "b")` | tags to select it by: `?select=tag:a` |
/// | `serial` | never runs at the same time as another `serial` test |
/// | `serial = "group"` | never runs at the same time as another test of that group |
/// | `skip = "reason"` | does not run, and is reported as skipped with that reason |
/// | `name = "other_name"` | the last part of its path, instead of the function's name |
/// | `crate = "path"` | the path of `smoke_core`, or of an adapter, in your crate |
///
/// Without `crate`, the first of `smoke-axum`, `smoke-actix`, `smoke-tower` and `smoke-core` that the
/// package depends on is used, even if it is renamed.
#[proc_macro_attribute]
pub fn smoke_test(attributes: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(attributes.into(), item.into()).into()
}

/// Makes a suite from a type. Its methods that are marked `#[smoke_test]` are tests. Each of them gets a
/// new value of the type.
///
/// # Examples
///
/// ```
/// use smoke_core::{Provided, Result, ensure, smoke_suite};
///
/// struct Config {
///     limit: u32,
/// }
///
/// struct Accounts {
///     limit: u32,
/// }
///
/// #[smoke_suite(tags("accounts"))]
/// impl Accounts {
///     #[set_up]
///     async fn new(config: Provided<Config>) -> Result<Self> {
///         Ok(Self { limit: config.limit })
///     }
///
///     /// An account has a limit.
///     #[smoke_test(timeout = "2s")]
///     async fn have_a_limit(&self) -> Result {
///         ensure!(self.limit > 0);
///         Ok(())
///     }
///
///     #[smoke_test]
///     fn have_a_low_limit(&self, config: Provided<Config>) -> Result {
///         ensure!(self.is_at_most(config.limit));
///         Ok(())
///     }
///
///     #[tear_down]
///     async fn close(&self) {}
///
///     fn is_at_most(&self, limit: u32) -> bool {
///         self.limit <= limit
///     }
/// }
/// # fn main() {}
/// ```
///
/// # Methods
///
/// Each method is `async` or blocks, and takes at most eight fixtures.
///
/// | method | takes | returns |
/// |---|---|---|
/// | `#[smoke_test]`: a test, with the same attributes as on a function | `&self`, fixtures | `()` or `Result<(), E>` |
/// | `#[set_up]`: makes the value before each test; without it, the value is the type's `Default` | fixtures | `Self` or `Result<Self, E>` |
/// | `#[tear_down]`: runs after each test whose value was made, whatever its outcome | `&self`, fixtures | `()` or `Result<(), E>` |
/// | `#[suite_set_up]`: runs once in each run, before the first of the suite's selected tests | fixtures of kind unit | `()` or `Result<(), E>` |
/// | `#[suite_tear_down]`: runs once in each run, after the last of them | fixtures of kind unit | `()` or `Result<(), E>` |
///
/// All other methods are helpers.
///
/// # Attributes
///
/// The same as those of [`macro@smoke_test`]. `name` replaces the type's name as the last part of the
/// suite's path. `tags` are added to each test's own. `slow` and `destructive` hold for all of its
/// tests. All others are their defaults: a test
/// that says `shared`, `decisive` or `scheduled` is not what its suite says by `instance`, `advisory` or
/// `on_request`.
#[proc_macro_attribute]
pub fn smoke_suite(attributes: TokenStream, item: TokenStream) -> TokenStream {
    suite::expand(attributes.into(), item.into()).into()
}
