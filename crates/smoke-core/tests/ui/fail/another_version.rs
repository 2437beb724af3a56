//! What is not of the version that smoke tests know.

use smoke_core::{Factory, Registry};

/// What an adapter's library calls a router.
mod known {
    pub struct Router;
}

mod older {
    pub struct Router;
}

fn app<Marker>(_: impl Factory<Marker, known::Router>) {}

#[derive(Clone)]
struct Pool;

fn main() {
    let _ = Registry::new().rollback(Pool);
    app(|| older::Router);
}
