//! What is known, as OpenMetrics. Each label has as many values as there are tests, schedules or words.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use smoke_report::{Reason, Verdict};

use super::Endpoint;
use crate::watch::{Probe, TestMeasure};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;
type Gauges = Family<Labels, Gauge<f64, AtomicU64>>;
type Counters = Family<Labels, Counter>;

impl Endpoint {
    /// The answer to the trusted. It is 200 whatever is known.
    pub(super) fn metrics(&self) -> Response<Bytes> {
        let body = Bytes::from(self.measured().unwrap_or_default());
        let length = body.len();
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(OPEN_METRICS));
        headers.insert(CONTENT_LENGTH, length.into());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    fn measured(&self) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("smoke");
        self.probes(&mut registry);
        self.runs(&mut registry);
        let (tests, schedules) = self.runner.watch().measures(Instant::now());
        of_tests(&mut registry, &tests);
        let age = gauges(
            &mut registry,
            "schedule_age_seconds",
            "How long ago the newest run of a schedule began",
        );
        let verdict = gauges(
            &mut registry,
            "schedule_passed",
            "Whether the newest run of a schedule is a pass",
        );
        for schedule in schedules {
            let Some(newest) = schedule.newest else {
                continue;
            };
            let period = humantime::format_duration(schedule.period);
            let schedule = format!("{} every {period}", schedule.selection);
            let labels = vec![("schedule", schedule)];
            age.get_or_create(&labels).set(newest.age.as_secs_f64());
            verdict
                .get_or_create(&labels)
                .set(truth(newest.verdict.is_pass()));
        }
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }

    fn probes(&self, registry: &mut Registry) {
        let (watch, off, now) = (
            self.runner.watch(),
            self.runner.off().is_some(),
            Instant::now(),
        );
        let probes = gauges(registry, "probe", "Whether a probe path is a pass");
        for probe in Probe::ALL {
            let passes = watch.judge(probe, off, now).verdict.is_pass();
            probes
                .get_or_create(&vec![("probe", probe.name().to_owned())])
                .set(truth(passes));
        }
        let ready = watch.judge(Probe::Ready, off, now).reason;
        let states = gauges(registry, "state", "Whether the instance is in a state");
        for reason in [
            Reason::Starting,
            Reason::Held,
            Reason::Draining,
            Reason::Down,
            Reason::Degraded,
            Reason::Stale,
            Reason::Dead,
            Reason::Off,
        ] {
            let labels = vec![("state", reason.as_str().to_owned())];
            states
                .get_or_create(&labels)
                .set(truth(ready == Some(reason)));
        }
    }

    fn runs(&self, registry: &mut Registry) {
        let tally = self.runner.tally();
        let runs = counters(registry, "runs", "Runs that ended");
        for (verdict, count) in tally.runs() {
            let word = match verdict {
                Verdict::Pass => "pass",
                Verdict::Fail => "fail",
            };
            runs.get_or_create(&vec![("verdict", word.to_owned())])
                .inc_by(count);
        }
        let refused = counters(
            registry,
            "refused_starts",
            "Runs that were asked for and not begun",
        );
        for (reason, count) in tally.refusals() {
            refused
                .get_or_create(&vec![("reason", reason.to_owned())])
                .inc_by(count);
        }
        let rollbacks = counters(
            registry,
            "sandbox_verdicts",
            "Sandboxes that did not simply roll back",
        );
        for (verdict, count) in tally.rollbacks() {
            rollbacks
                .get_or_create(&vec![("verdict", verdict.to_owned())])
                .inc_by(count);
        }
    }
}

/// What the newest scheduled run of each test found.
fn of_tests(registry: &mut Registry, tests: &[TestMeasure]) {
    let outcomes = gauges(
        registry,
        "test_outcome",
        "1 for the outcome of a test in its newest scheduled run",
    );
    let durations = gauges(
        registry,
        "test_duration_seconds",
        "How long a test took in its newest scheduled run",
    );
    let down = gauges(
        registry,
        "test_down",
        "Whether a test is believed to be down",
    );
    for test in tests {
        let labels = vec![
            ("test", test.name.clone()),
            ("scope", test.scope.to_string()),
        ];
        durations
            .get_or_create(&labels)
            .set(test.duration.as_secs_f64());
        down.get_or_create(&labels).set(truth(test.down));
        let mut labels = labels;
        labels.push(("outcome", test.outcome.to_string()));
        outcomes.get_or_create(&labels).set(1.0);
    }
}

fn gauges(registry: &mut Registry, name: &str, help: &str) -> Gauges {
    let family = Gauges::default();
    registry.register(name, help, family.clone());
    family
}

fn counters(registry: &mut Registry, name: &str, help: &str) -> Counters {
    let family = Counters::default();
    registry.register(name, help, family.clone());
    family
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}
