//! What the suite needs to know of a web stack.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;

use smoke_core::{AppFactory, Runner};

use super::Shop;

/// A web framework with its server, and the suite's little application written in it.
///
/// [`Shop`] says what the application answers.
///
/// # Examples
///
/// An application of which only a part is shown, with a server and an adapter of one's own:
///
/// ```
/// # mod my { pub use smoke_conformance::adapter::Shop;
/// #   #[derive(Clone)] pub struct Routes; impl Routes {
/// #     pub fn new(_: Shop) -> Self { Self }
/// #     pub fn smoke_tests(self, _: smoke_core::Runner, _: Option<String>) -> Self { self } }
/// #   pub async fn serve(_: tokio::net::TcpListener, _: Routes) {}
/// #   pub fn app(_: impl Fn(Shop) -> Routes) -> smoke_core::AppFactory { unimplemented!() } }
/// use std::io;
///
/// use smoke_conformance::adapter::{Served, Shop, Site, Stack};
/// use smoke_core::{AppFactory, Runner};
/// use tokio::net::TcpListener;
///
/// struct My;
///
/// impl Stack for My {
///     async fn serve(&self, site: Site) -> io::Result<Served> {
///         let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
///         let address = listener.local_addr()?;
///         let routes = my::Routes::new(site.shop).smoke_tests(site.runner, site.prefix);
///         tokio::spawn(my::serve(listener, routes));
///         Ok(Served::new(address, ()))
///     }
///
///     fn app(&self, runner: Runner) -> Option<AppFactory> {
///         Some(my::app(move |shop: Shop| {
///             my::Routes::new(shop).smoke_tests(runner.clone(), None)
///         }))
///     }
/// }
/// ```
pub trait Stack: Send + Sync + 'static {
    /// Serves the application with the endpoint on a free port of `127.0.0.1`.
    ///
    /// # Errors
    ///
    /// When the server cannot be started.
    fn serve(&self, site: Site) -> impl Future<Output = io::Result<Served>> + Send;

    /// The same application as the application under test, built of a [`Shop`], which is a
    /// fixture; with the endpoint of `runner` as it is served. None where the adapter has no
    /// application under test.
    fn app(&self, runner: Runner) -> Option<AppFactory>;

    /// Whether the stack cannot do something that others can. Nothing is lacking unless it says
    /// so; what it lacks is not checked.
    fn lacks(&self, feature: Feature) -> bool {
        let _ = feature;
        false
    }
}

/// What is to be served.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Site {
    /// Whose endpoint it is.
    pub runner: Runner,
    /// The endpoint's prefix, where it is another than the adapter's own.
    pub prefix: Option<String>,
    /// What the application is made of.
    pub shop: Shop,
}

impl Site {
    pub(super) fn new(runner: Runner, shop: Shop) -> Self {
        Self {
            runner,
            prefix: None,
            shop,
        }
    }
}

/// A server that serves until this is dropped.
pub struct Served {
    pub(super) address: SocketAddr,
    /// Locked never: a guard need not be `Sync`.
    _guard: Mutex<Box<dyn Any + Send>>,
}

impl Served {
    /// A server at an address. `guard` stops it when it is dropped; a task of the test's own
    /// runtime needs none, since it ends with the test.
    pub fn new(address: SocketAddr, guard: impl Any + Send) -> Self {
        Self {
            address,
            _guard: Mutex::new(Box::new(guard)),
        }
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Served").field(&self.address).finish()
    }
}

/// What not every stack can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feature {
    /// Sends trailers after a body.
    Trailers,
    /// Gives a connection to the application after `101 Switching Protocols`.
    Upgrades,
    /// Takes the header `x-smoke-request` off requests to the application, and says whose it is
    /// where it is signed. What stands around the application does; a route does not.
    SmokeHeader,
    /// Tells the endpoint the address of whoever sends a request.
    PeerAddress,
}
