//! Hearing of the errors that diesel hands on.

use std::sync::Arc;

use diesel::connection::{Instrumentation, InstrumentationEvent, get_default_instrumentation};
use smoke_rollback::dialect::Dialect;
use smoke_rollback::gate::Gate;

use crate::errors::{read, said};

/// What a sandbox's connection is instrumented with, beside what the application has set for all.
///
/// Where the application instruments the connection itself, nothing is heard.
pub(crate) fn instrumentation<D: Dialect>(gate: Arc<Gate>) -> impl Instrumentation {
    let mut applications = get_default_instrumentation();
    move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { .. } = &event {
            // What came with rows was told to nobody.
            gate.witness().ask();
        }
        match &event {
            // Not once it has ended: nobody may wait for that.
            InstrumentationEvent::StartQuery { query, .. } if D::ENDS_ON_ITS_OWN => {
                gate.witness().sent(&query.to_string());
            }
            InstrumentationEvent::FinishQuery {
                error: Some(error), ..
            } => gate.witness().saw(read::<D>(error), said(error)),
            _ => {}
        }
        applications.on_connection_event(event);
    }
}
