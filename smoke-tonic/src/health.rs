//! The service.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use http::request::Parts;
use smoke_core::{Probe, Runner};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// How often a watched service is looked at: a verdict may also grow old.
const PERIOD: Duration = Duration::from_millis(500);

/// The health service of a runner, for tonic's `Server`.
#[must_use]
pub fn health(runner: &Runner) -> HealthServer<SmokeHealth> {
    HealthServer::new(SmokeHealth {
        runner: runner.clone(),
    })
}

/// What answers [`health`].
#[derive(Clone, Debug)]
pub struct SmokeHealth {
    runner: Runner,
}

impl SmokeHealth {
    fn status_of(&self, probe: Probe) -> ServingStatus {
        if self.runner.standing(probe).status.is_pass() {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        }
    }

    /// # Errors
    ///
    /// Where a token is required, and none that is right was sent.
    fn admit(&self, probe: Probe, request: &Request<HealthCheckRequest>) -> Result<(), Status> {
        let head = head(request.metadata());
        if self.runner.may_hear(probe, &head, request.remote_addr()) {
            Ok(())
        } else {
            Err(Status::unauthenticated(
                "a token is required: authorization: Bearer ..",
            ))
        }
    }
}

/// The probe that answers for a service.
fn probe_of(service: &str) -> Option<Probe> {
    match service {
        "" => Some(Probe::Ready),
        "smoke" => Some(Probe::Status),
        _ => None,
    }
}

/// The head of a request, as the registry's access is asked about it.
fn head(metadata: &MetadataMap) -> Parts {
    let (mut head, ()) = http::Request::new(()).into_parts();
    head.method = http::Method::POST;
    head.headers = metadata.clone().into_headers();
    head
}

fn told(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}

#[tonic::async_trait]
impl Health for SmokeHealth {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let service = &request.get_ref().service;
        let Some(probe) = probe_of(service) else {
            let known = r#"the services are "" and "smoke""#;
            return Err(Status::not_found(format!(
                "{service:?} is unknown: {known}"
            )));
        };
        self.admit(probe, &request)?;
        Ok(Response::new(told(self.status_of(probe))))
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let probe = probe_of(&request.get_ref().service);
        if let Some(probe) = probe {
            self.admit(probe, &request)?;
        }
        let watched = Watched {
            health: self.clone(),
            probe,
            last: None,
        };
        let changes = stream::unfold(watched, Watched::next);
        Ok(Response::new(
            changes.map(|status| Ok(told(status))).boxed(),
        ))
    }
}

/// A service that somebody watches.
struct Watched {
    health: SmokeHealth,
    /// None for one that is not known: the protocol wants it to be watched all the same.
    probe: Option<Probe>,
    last: Option<ServingStatus>,
}

impl Watched {
    /// Waits for the next change. None once the runner is shut down.
    async fn next(mut self) -> Option<(ServingStatus, Self)> {
        loop {
            let now = match self.probe {
                Some(probe) => self.health.status_of(probe),
                None => ServingStatus::ServiceUnknown,
            };
            if self.last != Some(now) {
                self.last = Some(now);
                return Some((now, self));
            }
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                () = self.health.runner.stopped() => return None,
            }
        }
    }
}
