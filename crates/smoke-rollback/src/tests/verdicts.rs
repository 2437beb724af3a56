//! What is made of a guard that could not be proven.

use smoke_core::{RollbackVerdict, Session as _};

use super::scripted::{Open, Plain, open};
use crate::Fault;
use crate::lock::lock;

/// The verdict where the end fails like that.
async fn where_it_fails<const READS_CODES: bool>(fault: Fault) -> RollbackVerdict {
    let Open {
        script, session, ..
    } = open::<Plain, READS_CODES>().await;
    lock(&script.failing).push(("RELEASE SAVEPOINT smoke_guard", fault));
    session.finish().await
}

#[tokio::test]
async fn a_library_that_tells_errors_apart_is_believed() {
    use RollbackVerdict::{ConnectionLost, Contended, Escaped, Unknown};
    let verdict = where_it_fails::<true>;
    assert!(matches!(verdict(Fault::Ended).await, Escaped { .. }));
    assert!(matches!(verdict(Fault::Lost).await, ConnectionLost { .. }));
    assert!(matches!(verdict(Fault::Busy).await, Contended { .. }));
    assert!(matches!(verdict(Fault::Reset).await, Unknown { .. }));
    assert!(matches!(verdict(Fault::Other).await, Unknown { .. }));
}

#[tokio::test]
async fn an_error_that_says_nothing_is_an_escape_where_the_library_tells_no_errors_apart() {
    use RollbackVerdict::{ConnectionLost, Escaped, Unknown};
    let verdict = where_it_fails::<false>;
    for fault in [Fault::Ended, Fault::Busy, Fault::Other] {
        let found = verdict(fault).await;
        assert!(matches!(found, Escaped { .. }), "{fault:?}: {found:?}");
    }
    assert!(matches!(verdict(Fault::Lost).await, ConnectionLost { .. }));
    assert!(matches!(verdict(Fault::Reset).await, Unknown { .. }));
}

#[tokio::test]
async fn the_first_finding_is_the_verdict_whatever_comes_after_it() {
    let Open {
        script, session, ..
    } = open::<Plain, true>().await;
    for start in ["RELEASE", "ROLLBACK TO"] {
        lock(&script.failing).push((start, Fault::Ended));
    }
    session.enter().await.unwrap_err();
    lock(&script.failing).clear();
    let verdict = session.finish().await;
    assert!(
        matches!(verdict, RollbackVerdict::Escaped { .. }),
        "{verdict:?}"
    );
}
