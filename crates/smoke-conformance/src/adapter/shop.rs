//! What the suite's application is made of.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame};
use smoke_core::{
    CalledBySmokeTest, Context, Fixture, Kind, Provided, Providers, Result, Sandbox, SmokeRequest,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use crate::paper::Pool;

/// The state of the suite's application. A stack routes requests to it, with the framework's own
/// means, as an application of its users would:
///
/// | request | answer |
/// |---|---|
/// | `GET /hello` | 200 and the text [`hello`](Self::hello) |
/// | `POST /echo` | 200 and the body of the request, as it comes, of any length |
/// | `GET /stream` | 200 and [`stream`](Self::stream), `content-type: text/event-stream`; with `trailer: x-chunks` where there are trailers |
/// | `GET /whoami` | 200 and [`whoami`](Self::whoami) of the `SmokeRequest` and the `CalledBySmokeTest` in the request's extensions, and of whether it has the header `x-smoke-request` |
/// | `GET /visits` | 200 and [`Visits::next`] of a `Visits` that is made where the routes are built |
/// | `POST /rows` | 201 after [`write`](Self::write) |
/// | `POST /keep` | 201 after [`keep`](Self::keep) |
/// | `POST /careless` | 201, and nothing is written |
/// | `GET /broken` | what the application's error handler makes of [`broken`](Self::broken): 500 and the text `handled: `, followed by the error |
/// | `GET /panic` | nothing: the handler calls [`panic`](Self::panic) |
/// | `GET /shout` with `Upgrade: shout` | 101 with `Connection: upgrade` and `Upgrade: shout`, then in capitals whatever comes: [`shout`](Self::shout) |
/// | anything else | the application's own 404 and the text [`NO_SUCH_PAGE`](Self::NO_SUCH_PAGE) |
///
/// A middleware adds the header `x-app: yes` to each of these answers.
///
/// It is a fixture: the factory of the application under test asks for it.
#[derive(Clone, Debug)]
pub struct Shop {
    greeting: &'static str,
    pool: Pool,
    drawer: Arc<Drawer>,
    chunks: Arc<Mutex<Option<Chunks>>>,
}

impl Shop {
    /// What is answered where nothing else is.
    pub const NO_SUCH_PAGE: &str = "platypus: no such page";

    /// The shop of production, and how the chunks of its stream are sent.
    pub(super) fn of_production() -> (Self, mpsc::UnboundedSender<Bytes>) {
        let (chunk, chunks) = mpsc::unbounded_channel();
        let shop = Self {
            greeting: "hello from production",
            pool: Pool::of_production(),
            drawer: Arc::default(),
            chunks: Arc::new(Mutex::new(Some(Chunks::new(chunks)))),
        };
        (shop, chunk)
    }

    /// Says who greets: production, or the test's sandbox.
    #[must_use]
    pub fn hello(&self) -> String {
        self.greeting.to_owned()
    }

    /// The name of the test whose request it is, of this service or of another one, or `nobody`;
    /// and whether the handler got the header that no handler should get.
    #[must_use]
    pub fn whoami(
        &self,
        smoke: Option<&SmokeRequest>,
        called: Option<&CalledBySmokeTest>,
        header: bool,
    ) -> String {
        let mut who = match (smoke, called) {
            (None, None) => "nobody".to_owned(),
            (Some(smoke), None) => smoke.test().to_owned(),
            (None, Some(called)) => format!("{}, calling in {}", called.test(), called.run()),
            (Some(smoke), Some(called)) => format!("{smoke:?} and {called:?}"),
        };
        if header {
            who.push_str(", with a header");
        }
        who
    }

    /// A body of chunks that come when the suite sends them.
    #[must_use]
    pub fn stream(&self) -> Chunks {
        let chunks = self
            .chunks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        chunks.unwrap_or_else(|| Chunks::new(mpsc::unbounded_channel().1))
    }

    /// Writes a row, which takes a connection from the pool.
    pub fn write(&self) {
        self.pool.take();
    }

    /// Writes a row, and keeps the pool where it outlives the test.
    pub fn keep(&self) {
        self.pool.take();
        let mut drawer = self.drawer.0.lock().unwrap_or_else(PoisonError::into_inner);
        drawer.push(self.pool.clone());
    }

    /// Sends back in capitals what comes over a connection, until it ends.
    ///
    /// # Errors
    ///
    /// When the connection breaks.
    pub async fn shout(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let mut heard = [0; 64];
        loop {
            let length = stream.read(&mut heard).await?;
            if length == 0 {
                return Ok(());
            }
            stream
                .write_all(&heard[..length].to_ascii_uppercase())
                .await?;
        }
    }

    /// Fails.
    ///
    /// # Errors
    ///
    /// Always, with an error of the application's own.
    pub fn broken(&self) -> Result<String, Broken> {
        Err(Broken)
    }

    /// Panics.
    ///
    /// # Panics
    ///
    /// Always.
    #[must_use]
    pub fn panic(&self) -> String {
        panic!("the till fell")
    }
}

impl Fixture for Shop {
    const KIND: Kind = Kind::Database;

    fn check(providers: &Providers<'_>) -> Result {
        providers.check::<Sandbox<Pool>>()?;
        providers.check::<Provided<Drawer>>()
    }

    async fn acquire(cx: &Context) -> Result<Self> {
        let (shop, chunk) = Self::of_production();
        for text in ["one, ", "two, ", "three"] {
            let _ = chunk.send(Bytes::from_static(text.as_bytes()));
        }
        Ok(Self {
            greeting: "hello from a sandbox",
            pool: cx.get::<Sandbox<Pool>>().await?.0,
            drawer: Provided::into_arc(cx.get().await?),
            ..shop
        })
    }
}

/// Where pools are kept that should not be.
#[derive(Debug, Default)]
pub(super) struct Drawer(Mutex<Vec<Pool>>);

/// Counts the requests since the routes were built.
#[derive(Clone, Debug, Default)]
pub struct Visits(Arc<AtomicUsize>);

impl Visits {
    /// Counts one more, and says how many there were.
    #[must_use]
    pub fn next(&self) -> String {
        (self.0.fetch_add(1, Ordering::SeqCst) + 1).to_string()
    }
}

/// An error of the application's own.
#[derive(Clone, Copy, Debug)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the till is stuck")
    }
}

impl std::error::Error for Broken {}

/// A body that is not known beforehand: a stream of its chunks, or a body that ends with the
/// trailer `x-chunks`, their number.
#[derive(Debug)]
pub struct Chunks {
    source: mpsc::UnboundedReceiver<Bytes>,
    sent: u64,
    ended: bool,
}

impl Chunks {
    fn new(source: mpsc::UnboundedReceiver<Bytes>) -> Self {
        Self {
            source,
            sent: 0,
            ended: false,
        }
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(self.source.poll_recv(cx));
        self.sent += u64::from(chunk.is_some());
        Poll::Ready(chunk.map(Ok))
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = match ready!(self.as_mut().poll_next(cx)) {
            Some(chunk) => chunk.map(Frame::data),
            None => {
                self.ended = true;
                let name = HeaderName::from_static("x-chunks");
                Ok(Frame::trailers(HeaderMap::from_iter([(
                    name,
                    HeaderValue::from(self.sent),
                )])))
            }
        };
        Poll::Ready(Some(frame))
    }
}
