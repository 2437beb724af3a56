//! An error as the coordinator gets it: texts, and nothing of the user's.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::{Boxed, Error, Inner};
use crate::redact::{REPORTED, shown};
use crate::rollback::RollbackVerdict;

/// More causes of one error are not reported.
pub(crate) const MOST_CAUSES: usize = 16;

/// What the sandboxes read in an error while its sources were there.
#[derive(Clone, Debug)]
pub(crate) struct Explained {
    pub(crate) verdict: RollbackVerdict,
    /// The verdict that was among the sources.
    source: Option<RollbackVerdict>,
}

impl Error {
    /// The same error as plain data: short texts without secrets, and no value of the user's. What
    /// the sandboxes have read in it is an [`Explained`] among its sources.
    pub(crate) fn plain(&self, explained: Option<RollbackVerdict>) -> Self {
        let source = self.downcast_ref::<RollbackVerdict>().cloned();
        let source: Option<Boxed> = match (explained, source) {
            (Some(verdict), source) => Some(Box::new(Explained { verdict, source })),
            (None, Some(verdict)) => Some(Box::new(verdict)),
            (None, None) => None,
        };
        let causes = self.0.causes.iter().take(MOST_CAUSES);
        Self(Arc::new(Inner {
            kind: self.0.kind,
            message: shown(&self.0.message, REPORTED),
            causes: causes.map(|cause| shown(cause, REPORTED)).collect(),
            place: self.0.place.clone(),
            source,
        }))
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verdict.fmt(f)
    }
}

impl StdError for Explained {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|verdict| verdict as _)
    }
}
