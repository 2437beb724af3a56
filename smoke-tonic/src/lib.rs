//! The gRPC health service ([`grpc.health.v1`]), answered from what smoke tests have found.
//!
//! A kubelet, Envoy, `grpc_health_probe` and gRPC's own clients ask it whether a server is well. Two
//! services are known:
//!
//! | service | answers as | for |
//! |---|---|---|
//! | `""` | `{prefix}/ready` | load balancers, readiness |
//! | `"smoke"` | `{prefix}/status` | monitors |
//!
//! A PASS is `SERVING`, and a FAIL `NOT_SERVING`. Nothing is run, and nothing is waited for: the
//! [schedules](smoke_core::Schedule) of the registry have done that before. `Watch` tells each change
//! within half a second, and ends when the runner is shut down, so that it does not hold a server up.
//!
//! # Examples
//!
//! ```no_run
//! use smoke_core::{Registry, Runner};
//! use tonic::transport::Server;
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let runner = Runner::new(Registry::discover().usual_schedules());
//! runner.start();
//! Server::builder()
//!     .add_service(smoke_tonic::health(&runner))
//!     .serve("0.0.0.0:50051".parse()?)
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! `SmokeLayer` of `smoke-tower` answers `/smoketest/` on the same port.
//!
//! [`grpc.health.v1`]: https://github.com/grpc/grpc/blob/master/doc/health-checking.md

mod health;

pub use health::{SmokeHealth, health};
