//! A connection that is lost before it is looked at.

use smoke_testing::pooler::{self, Production};

use crate::application::Application;
use crate::{Sandbox, is_escaped, is_lost, with_every_pool};

with_every_pool! {
    what_was_committed_before_the_loss_is_an_escape,
}

async fn what_was_committed_before_the_loss_is_an_escape<A: Application>() {
    let production = Production::through_sessions().await;
    // It takes the cursor away that has the server refuse it.
    let commit = "CLOSE ALL; COMMIT";
    for (sql, escaped) in [(commit, true), ("ROLLBACK", false), ("SELECT 1", false)] {
        let sandbox = Sandbox::<A>::open(&production.pooled).await;
        let process = sandbox.pool.process().await;
        sandbox.session.enter().await.unwrap();
        let insert = production.insert(i32::from(escaped));
        sandbox.run(&format!("{insert}; {sql}")).await.unwrap();
        pooler::end(process).await;
        let left = sandbox.session.leave().await.unwrap_err();
        assert!(is_lost(&left), "{sql}: {left:?}");
        let verdict = sandbox.finish().await;
        assert_eq!(is_escaped(&verdict), escaped, "{sql}: {verdict:?}");
        assert_eq!(is_lost(&verdict), !escaped, "{sql}: {verdict:?}");
    }
    assert_eq!(production.rows().await, 1);
}
