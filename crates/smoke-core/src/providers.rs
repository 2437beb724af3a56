//! What a registry has to offer to fixtures.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::mem;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::HeaderMap;

use crate::rollback::{AnyPool, ErasedBackend};
use crate::theirs::elsewhere;
use crate::{App, Context, Error, Fixture, Result, Skip};

/// The values, backends and app factory of one registry.
#[derive(Default)]
pub(crate) struct Supplies {
    pub(crate) values: HashMap<TypeId, (&'static str, Arc<dyn Any + Send + Sync>)>,
    pub(crate) backends: Vec<Arc<dyn ErasedBackend>>,
    /// The sandbox fixtures, and where each has its pool from.
    pub(crate) sandboxes: HashMap<TypeId, (&'static str, Source)>,
    pub(crate) app: Option<Arc<dyn BuildApp>>,
    /// The headers of requests to it that have none of the same name.
    pub(crate) app_headers: HeaderMap,
    /// The fixtures without which a test is skipped, and the reasons.
    pub(crate) skips: HashMap<TypeId, String>,
}

impl Drop for Supplies {
    /// The last holder, a run for example, must not run the user's `Drop` itself.
    fn drop(&mut self) {
        elsewhere((
            mem::take(&mut self.values),
            mem::take(&mut self.backends),
            mem::take(&mut self.sandboxes),
            self.app.take(),
        ));
    }
}

/// Builds the application for one test.
pub(crate) trait BuildApp: Send + Sync {
    fn check(&self, providers: &Providers<'_>) -> Result;
    fn build(&self, cx: Context) -> BoxFuture<'static, Result<Arc<dyn App>>>;
}

type Check = fn(&Providers<'_>) -> Result;
type AcquirePool = fn(Context) -> BoxFuture<'static, Result<AnyPool>>;

/// Where a sandbox fixture has its pool from.
pub(crate) enum Source {
    /// A sandbox of its own.
    Backend(Arc<dyn ErasedBackend>),
    /// The sandbox of another database.
    Shared { check: Check, acquire: AcquirePool },
}

impl Supplies {
    pub(crate) fn rolls_back(&self, pool: TypeId) -> bool {
        self.backends
            .iter()
            .any(|backend| backend.pool_types().contains(&pool))
    }

    pub(crate) fn sandbox(&self, fixture: TypeId) -> Option<&Source> {
        let (_, source) = self.sandboxes.get(&fixture)?;
        Some(source)
    }

    /// The names of the sandbox fixtures.
    pub(crate) fn sandbox_names(&self) -> impl Iterator<Item = &'static str> {
        self.sandboxes.values().map(|(name, _)| *name)
    }

    pub(crate) fn value<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let (_, value) = self.values.get(&TypeId::of::<T>())?;
        Arc::clone(value).downcast().ok()
    }
}

/// What the registry provides. A fixture's [`check`](Fixture::check) looks into it.
pub struct Providers<'a> {
    supplies: &'a Supplies,
    chain: Option<&'a Link<'a>>,
}

struct Link<'a> {
    fixture: TypeId,
    name: &'static str,
    asked_by: Option<&'a Link<'a>>,
}

impl<'a> Providers<'a> {
    pub(crate) fn new(supplies: &'a Supplies) -> Self {
        Self {
            supplies,
            chain: None,
        }
    }

    /// Checks a fixture that this one asks for.
    ///
    /// # Errors
    ///
    /// When something is missing. When the fixture asks for itself by way of others: the error shows
    /// the chain.
    pub fn check<F: Fixture>(&self) -> Result {
        let link = Link {
            fixture: TypeId::of::<F>(),
            name: type_name::<F>(),
            asked_by: self.chain,
        };
        let mut names = Vec::new();
        let mut asker = self.chain;
        while let Some(above) = asker {
            names.push(above.name);
            if above.fixture == link.fixture {
                return Err(cycle(names.into_iter().rev(), link.name));
            }
            asker = above.asked_by;
        }
        let checked = F::check(&Providers {
            supplies: self.supplies,
            chain: Some(&link),
        });
        checked.map_err(|error| match self.supplies.skips.get(&link.fixture) {
            Some(reason) => Skip::new(reason.as_str()).into(),
            None => error,
        })
    }

    /// The provided value of type `T`.
    #[must_use]
    pub fn value<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.supplies.value()
    }

    pub(crate) fn supplies(&self) -> &'a Supplies {
        self.supplies
    }

    pub(crate) fn app(&self) -> Option<&'a Arc<dyn BuildApp>> {
        self.supplies.app.as_ref()
    }
}

impl fmt::Debug for Providers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Providers").finish_non_exhaustive()
    }
}

/// The error for a fixture that is met again while it is being obtained.
pub(crate) fn cycle<'n>(chain: impl Iterator<Item = &'n str>, again: &str) -> Error {
    let mut message = String::from("a fixture asks for itself: ");
    for name in chain {
        message.push_str(name);
        message.push_str(" -> ");
    }
    message.push_str(again);
    Error::msg(message)
}
