//! An application that is one function, and sandboxes that write down what is done with them.

use std::any::TypeId;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::{App, AppBody, AppFactory, BoxError};
use crate::clock::Clock;
use crate::fixture::building::Unbuilt;
use crate::fixture::context::{Allowed, Surroundings};
use crate::providers::Supplies;
use crate::rollback::{
    AnyPool, ErasedBackend, HandleToken, OpenRequest, RollbackVerdict, Session, Shelf,
};
use crate::stage::Stage;
use crate::{Context, Error, Result};

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A sandbox without a database.
#[derive(Default)]
pub(crate) struct FakeSession {
    pub(crate) log: Log,
    checkouts: AtomicU64,
    /// What the next `enter` says.
    pub(crate) enters: Mutex<Option<Error>>,
    /// What the next `leave` says.
    pub(crate) leaves: Mutex<Option<RollbackVerdict>>,
    /// Whether `leave` never ends.
    pub(crate) hangs: AtomicBool,
}

impl FakeSession {
    pub(crate) fn new(log: &Log) -> Arc<Self> {
        Arc::new(Self {
            log: log.clone(),
            ..Self::default()
        })
    }

    pub(crate) fn check_out(&self) {
        self.checkouts.fetch_add(1, Ordering::SeqCst);
    }
}

impl Session for FakeSession {
    fn checkouts(&self) -> u64 {
        self.checkouts.load(Ordering::SeqCst)
    }

    fn enter(&self) -> BoxFuture<'_, Result> {
        self.log.write("enter");
        let said = self.enters.lock().unwrap().take();
        Box::pin(async { said.map_or(Ok(()), Err) })
    }

    fn leave(&self) -> BoxFuture<'_, Result<(), RollbackVerdict>> {
        self.log.write("leave");
        if self.hangs.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        let said = self.leaves.lock().unwrap().take();
        Box::pin(async { said.map_or(Ok(()), Err) })
    }

    fn finish(&self) -> BoxFuture<'_, RollbackVerdict> {
        Box::pin(async { RollbackVerdict::RolledBack })
    }

    fn cut(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

struct FakeBackend(Arc<FakeSession>, Shelf);

impl ErasedBackend for FakeBackend {
    fn pool_types(&self) -> [TypeId; 2] {
        [TypeId::of::<()>(), TypeId::of::<Arc<()>>()]
    }

    fn describe(&self) -> String {
        "no database".to_owned()
    }

    fn capacity(&self) -> usize {
        1
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn shelf(&self) -> &Shelf {
        &self.1
    }

    fn open(&self, _: OpenRequest) -> BoxFuture<'_, Result<(AnyPool, Arc<dyn Session>)>> {
        let session: Arc<dyn Session> = self.0.clone();
        Box::pin(async { Ok((Box::new(()) as AnyPool, session)) })
    }
}

#[derive(Clone)]
struct FakeApp<F>(F);

impl<F, Fut> App for FakeApp<F>
where
    F: Fn(Request<AppBody>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Response<AppBody>, BoxError>> + Send + 'static,
{
    fn call(
        &self,
        request: Request<AppBody>,
    ) -> BoxFuture<'static, Result<Response<AppBody>, BoxError>> {
        Box::pin((self.0)(request))
    }

    fn upgrades_by_body(&self, request: &Request<AppBody>) -> bool {
        let asked = request.headers().get(http::header::UPGRADE);
        asked.is_some_and(|protocol| protocol == "bodies")
    }
}

/// The context of a test whose application is `handler`, with sandboxes that are open.
pub(crate) async fn context<F, Fut>(sessions: &[Arc<FakeSession>], handler: F) -> Context
where
    F: Fn(Request<AppBody>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Response<AppBody>, BoxError>> + Send + 'static,
{
    let factory = AppFactory::new(|| (), move |()| FakeApp(handler.clone()));
    let mut supplies = Supplies::default();
    supplies.app = Some(factory.into_inner());
    let surroundings = Surroundings {
        supplies: Arc::new(supplies),
        arrival: Arc::default(),
        artifacts: None,
        stage: Stage::new(Handle::current()),
        coordinator: Handle::current(),
        sandboxes: Arc::new(Semaphore::new(1)),
        unbuilt: Unbuilt::default(),
        timing: Arc::default(),
    };
    let allowed = Allowed {
        holds: None,
        finisher: surroundings.timing.finisher,
    };
    let cx = Context::new(
        "shop::orders".into(),
        "run-1".into(),
        Arc::new(surroundings),
        (Clock::start(), allowed),
        &Arc::new(HandleToken::new().0),
    );
    for session in sessions {
        let backend: Arc<dyn ErasedBackend> =
            Arc::new(FakeBackend(Arc::clone(session), Shelf::default()));
        cx.open_sandbox(&backend).await.unwrap();
    }
    cx
}

pub(crate) fn body(bytes: impl Into<bytes::Bytes>) -> AppBody {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// An answer with a status and a text.
pub(crate) fn answer(status: u16, text: &'static str) -> Result<Response<AppBody>, BoxError> {
    Ok(Response::builder().status(status).body(body(text))?)
}
