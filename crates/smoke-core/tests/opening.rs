//! A backend that does not come to an end with opening a sandbox. The only test of its process,
//! since it counts threads.

mod support;

use std::time::Duration;

use smoke_core::{Limits, Outcome, Registry, Result, Runner, Selection, Test};
use support::{PATIENCE, assert_ended, eventually, only};

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_backend_that_never_opens_holds_one_thread_and_its_place() {
    #[derive(Clone)]
    struct Never;
    impl smoke_core::Backend for Never {
        type Pool = ();
        fn describe(&self) -> String {
            "never".to_owned()
        }
        fn open(
            &self,
            _: smoke_core::OpenRequest,
        ) -> futures_util::future::BoxFuture<'_, Result<smoke_core::Opened<()>>> {
            Box::pin(std::future::pending())
        }
    }
    let test = Test::new("a", |_: smoke_core::Sandbox<()>| {}).timeout(Duration::from_millis(50));
    let limits = Limits::default().starts_per_minute(1000);
    let runner = Runner::new(Registry::new().rollback(Never).test(test).limits(limits));
    runner.run(Selection::fast()).await;
    let before = threads();
    for _ in 0..10 {
        let test = only(runner.run(Selection::fast()).await);
        assert_ended(&test, Outcome::Errored, "still hung since");
    }
    // The operating system may take a moment.
    let gone = eventually(
        PATIENCE,
        async || threads(),
        |threads| *threads <= before + 1,
    );
    gone.await.unwrap();
}
