//! `App::wrap(Smoke::new(&runner))`.

mod body;
mod future;
mod service;
mod transform;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use service::SmokeMiddleware;
pub use transform::Smoke;
