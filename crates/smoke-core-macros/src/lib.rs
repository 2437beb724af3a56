//! The attributes `#[smoke_test]` and `#[smoke_suite]`.
//!
//! Use them from the crate that brings the smoke tests to your framework, such as `smoke_axum`,
//! or from `smoke_core`: what they emit calls that crate, and holds no behaviour of its own.
//!
//! # Examples
//!
//! ```
//! use smoke_core::{Registry, Result, Runner, Selection, ensure_eq, smoke_suite, smoke_test};
//!
//! /// A function is a test.
//! #[smoke_test]
//! async fn two_and_two() -> Result {
//!     ensure_eq!(2 + 2, 4);
//!     Ok(())
//! }
//!
//! /// The methods of a suite share what is set up for each of them.
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

/// Makes a smoke test of a function, and has `Registry::discover()` find it.
///
/// The function is `async`, or it blocks and gets a thread of its own. Its arguments, eight at
/// most, are fixtures. It returns `()`, or a `Result<(), E>` whose error becomes the test's. It
/// stays a function that can be called.
///
/// The test is called by the function's path; its doc comment says what the test shows.
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
/// | `slow` | runs only where slow tests are asked for |
/// | `timeout = "5s"` | how long it may take, instead of the registry's limit for tests |
/// | `tags("a", "b")` | by which it can be selected: `?select=tag:a` |
/// | `serial` | runs beside no other test that says `serial` |
/// | `serial = "group"` | runs beside no other test of that group |
/// | `skip = "reason"` | does not run, and is reported as skipped for that reason |
/// | `name = "other_name"` | the last part of its path, instead of the function's name |
/// | `crate = "path"` | where the core is: any path that has the core's items at its root |
///
/// Without `crate`, the core is the first of `smoke-axum`, `smoke-actix`, `smoke-tower` and
/// `smoke-core` that is a dependency of the package, under whatever name.
#[proc_macro_attribute]
pub fn smoke_test(attributes: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(attributes.into(), item.into()).into()
}

/// Makes a suite of a type: its methods marked `#[smoke_test]` are tests on a value that is made
/// anew for each of them.
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
/// All of them are `async` or block, and take eight fixtures at most.
///
/// | method | takes | returns |
/// |---|---|---|
/// | `#[smoke_test]`: a test, with the attributes that the macro has on functions | `&self`, fixtures | `()` or `Result<(), E>` |
/// | `#[set_up]`: makes the value before each test; without one, it is the type's `Default` | fixtures | `Self` or `Result<Self, E>` |
/// | `#[tear_down]`: runs after each test whose value was made, whatever its outcome | `&self`, fixtures | `()` or `Result<(), E>` |
/// | `#[suite_set_up]`: runs once a run, before the first of the suite's selected tests | fixtures of kind unit | `()` or `Result<(), E>` |
/// | `#[suite_tear_down]`: runs once a run, after the last of them | fixtures of kind unit | `()` or `Result<(), E>` |
///
/// The others are the suite's helpers.
///
/// # Attributes
///
/// Those of [`macro@smoke_test`]. `name` is the last part of the suite's path, instead of the type's
/// name. `slow`, `timeout`, `serial` and `skip` are for the tests that do not say them themselves;
/// `tags` are added to each test's own.
#[proc_macro_attribute]
pub fn smoke_suite(attributes: TokenStream, item: TokenStream) -> TokenStream {
    suite::expand(attributes.into(), item.into()).into()
}
