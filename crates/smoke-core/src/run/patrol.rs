//! The watch over the lanes of a run, from outside.

use std::sync::Arc;
use std::time::Instant;

use tokio::time::{Instant as TokioInstant, sleep_until};

use super::conduct::Run;
use super::execution::Worked;
use super::lane::Look;
use super::stop::Stop;

/// Takes from the lanes what is over its time, until nothing is left of the run.
///
/// No test sets a clock of its own. What begins after a look is looked at again before the shortest
/// limit of all is over, and what ends with something to let go of before the time for that is.
pub(super) async fn patrol(run: Arc<Run>) {
    let round = run
        .shortest_limit()
        .min(run.course.engine.timing().letting_go);
    let mut shut = std::pin::pin!(Stop::clone(&run.stop).shut());
    let mut complete = std::pin::pin!(run.record.complete());
    let mut is_shut = false;
    loop {
        let next = look(&run, Instant::now() + round);
        tokio::select! {
            biased;
            () = &mut complete => return,
            () = &mut shut, if !is_shut => is_shut = true,
            () = sleep_until(TokioInstant::from_std(next)) => {}
        }
    }
}

/// Looks at each lane. When to look next, at the latest.
fn look(run: &Arc<Run>, latest: Instant) -> Instant {
    let lanes = run.lanes().clone();
    let now = Instant::now();
    let mut next = latest;
    for lane in lanes {
        match lane.look(run, now) {
            Look::Idle => {}
            Look::Until(until) => next = next.min(until),
            Look::Taken(execution, worked) => {
                run.lanes().retain(|known| !Arc::ptr_eq(known, &lane));
                match &worked {
                    Worked::Stopped(_) => lane.abort(),
                    // What it ended with is not let go of.
                    Worked::Ended(_) => execution.suspect(run),
                }
                run.conclude(*execution, worked);
            }
        }
    }
    next
}
