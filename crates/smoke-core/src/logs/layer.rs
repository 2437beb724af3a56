//! The layer that hears what is logged.

use std::sync::{Arc, Weak};

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::line::line;
use crate::heard;
use crate::scene::{Scene, Seen, current};

/// Keeps for each test what is logged while it runs. See [`layer`].
#[derive(Clone, Debug)]
#[must_use = "it is a layer of the application's subscriber"]
pub struct LogLayer {
    level: LevelFilter,
}

/// A layer that keeps for each test what is logged while it runs: INFO and what is more severe.
///
/// Add it to the application's subscriber, beside the layers that are there. It hears what the filter of
/// the whole subscriber (`with_env_filter`, `.with(EnvFilter::..)`) lets pass. Where that leaves out the
/// target `smoke`, it does not hear tasks that are spawned in the test's own span.
///
/// In the application's log, lines of tests stand in the span `smoke_test` from then on.
///
/// # Examples
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
/// use tracing_subscriber::util::SubscriberInitExt;
///
/// tracing_subscriber::fmt()
///     .with_env_filter("info")
///     .finish()
///     .with(smoke_core::logs::layer())
///     .init();
/// ```
pub fn layer() -> LogLayer {
    LogLayer {
        level: LevelFilter::INFO,
    }
}

impl LogLayer {
    /// Keeps what has this level or is more severe.
    ///
    /// DEBUG and TRACE have the whole subscriber look at such events, unless its filter leaves them out.
    pub fn level(mut self, level: LevelFilter) -> Self {
        self.level = level;
        self
    }

    /// Whether this is to be heard. While no run is under way that costs one atomic load.
    fn hears(&self, metadata: &Metadata<'_>) -> bool {
        heard::is_a_run_under_way() && self.level >= *metadata.level()
    }
}

/// What a span keeps that was opened in a test. It keeps nothing of a test that is over.
struct OfTest(Weak<Seen>);

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    // Older subscribers do not tell their layers of `on_register_dispatch`.
    fn on_layer(&mut self, _: &mut S) {
        heard::listen();
    }

    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        if !heard::is_a_run_under_way() {
            return;
        }
        if let (Some(scene), Some(span)) = (current(), cx.span(id)) {
            span.extensions_mut().insert(OfTest(Arc::downgrade(&scene)));
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        if !self.hears(event.metadata()) {
            return;
        }
        if let Some(scene) = current().or_else(|| of_span(event, &cx)) {
            scene.heard.hear(|| line(event));
        }
    }
}

/// The test in which one of the spans was opened that an event is in: the nearest.
fn of_span<S>(event: &Event<'_>, cx: &Context<'_, S>) -> Option<Scene>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    cx.event_scope(event)?.find_map(|span| {
        let extensions = span.extensions();
        let OfTest(scene) = extensions.get()?;
        scene.upgrade()
    })
}
