use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};

/// Makes a body `Sync`. For frameworks that require it, since an
/// [`AppBody`](crate::smoke_core::AppBody) is not `Sync`.
///
/// # Examples
///
/// ```
/// use http::{Request, Response};
/// use smoke_tower::{AppFactory, SyncBody};
/// use smoke_tower::smoke_core::AppBody;
/// use tower::{ServiceExt, service_fn};
///
/// async fn shop(_: Request<SyncBody<AppBody>>) -> Result<Response<String>, std::convert::Infallible> {
///     Ok(Response::new("the shop is open".to_owned()))
/// }
///
/// fn app() -> AppFactory {
///     smoke_tower::app(|| {
///         service_fn(shop).map_request(|request: Request<AppBody>| request.map(SyncBody::new))
///     })
/// }
/// # let _ = app();
/// ```
#[derive(Debug, Default)]
pub struct SyncBody<B>(Mutex<B>);

impl<B> SyncBody<B> {
    /// Wraps a body.
    pub fn new(body: B) -> Self {
        Self(Mutex::new(body))
    }

    fn look<T>(&self, at: impl FnOnce(&B) -> T) -> T {
        at(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<B> Body for SyncBody<B>
where
    B: Body + Unpin,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let body = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        Pin::new(body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.look(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.look(B::size_hint)
    }
}
