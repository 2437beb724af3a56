//! What can go wrong with an in-process request.

use smoke_report::Place;

use crate::error::capped;
use crate::panic;
use crate::rollback::RollbackVerdict;
use crate::scene::Scene;
use crate::thread::{Payload, discard};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a request to the application under test got no valid answer.
///
/// `request` is its method and path, without the query: `POST /users`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request is invalid.
    #[error("{request} cannot be sent")]
    Invalid {
        /// The request.
        request: String,
        /// What is wrong with it.
        source: Source,
    },
    /// The sandbox's one connection was not free: the test still holds it.
    #[error(
        "{request} cannot be sent: the sandbox has one connection, and the test still holds it; drop it first"
    )]
    ConnectionHeld {
        /// The request.
        request: String,
        /// What the pool said.
        source: Source,
    },
    /// The test that the request belongs to is over.
    #[error("{request} cannot be sent: await it in the test")]
    Over {
        /// The request.
        request: String,
        /// The reason.
        source: Source,
    },
    /// The application panicked.
    #[error("{request}: the application panicked{}: {message}", at(.place))]
    Panicked {
        /// The request.
        request: String,
        /// The panic's message.
        message: String,
        /// Where it panicked, if the runner's panic hook saw it.
        place: Option<Place>,
    },
    /// The application's service returned an error instead of a response.
    #[error("{request}: the application's service failed")]
    Service {
        /// The request.
        request: String,
        /// The error.
        source: Source,
    },
    /// The answer's body broke off.
    #[error("{request}: the body of the answer broke off")]
    Body {
        /// The request.
        request: String,
        /// What the body said.
        source: Source,
    },
    /// The answer's body is larger than was allowed.
    #[error(
        "{request}: the body of the answer is larger than {limit} bytes; allow more with .max_body(..)"
    )]
    TooLarge {
        /// The request.
        request: String,
        /// The upper bound, in bytes.
        limit: usize,
    },
    /// It is not certain that the request's writes can be rolled back.
    #[error("{verdict}")]
    Rollback {
        /// What was found.
        verdict: RollbackVerdict,
        /// Why there was no answer, if there was none. This is often the cause of the verdict.
        #[source]
        answer: Option<Box<RequestError>>,
    },
    /// The request was sent with a blocking call from asynchronous code, whose thread it would block.
    #[error("{request} cannot be sent: {message}")]
    Blocking {
        /// The request.
        request: String,
        /// What to do instead.
        message: String,
    },
}

impl RequestError {
    /// The error that a caught panic of the application becomes.
    pub(crate) fn panicked(request: &str, payload: Payload, scene: &Scene) -> Self {
        let panicked = Self::Panicked {
            request: request.to_owned(),
            message: capped(panic::message(&*payload)),
            place: panic::place(scene),
        };
        discard(payload);
        panicked
    }
}

fn at(place: &Option<Place>) -> String {
    place
        .as_ref()
        .map_or_else(String::new, |place| format!(" at {place}"))
}
