//! The application under test: what users get, in process.

use smoke_core::{Client, Outcome, Result as Tested, Sandbox, Test, TestFn, TestReport};

use crate::adapter::Shop;
use crate::adapter::bench::{Bench, only};
use crate::adapter::stack::Stack;
use crate::paper::{Paper, Pool};

type Found = Result<(), String>;

async fn run<S: Stack, Marker: 'static>(
    bench: &Bench<S>,
    paper: &Paper,
    function: impl TestFn<Marker>,
) -> Result<TestReport, String> {
    let registry = bench.in_process(paper).unwrap_or_default();
    only(registry.test(Test::new("shop::test", function))).await
}

fn ended(test: &TestReport, outcome: Outcome, message: &str) -> Found {
    let said = test.message.as_deref().unwrap_or_default();
    let causes = test.causes.join(": ");
    if test.outcome == outcome && (said.contains(message) || causes.contains(message)) {
        return Ok(());
    }
    Err(format!(
        "the test {}: {said:?} (caused by: {causes}), where {outcome} and {message:?} were expected",
        test.outcome
    ))
}

async fn passes<S: Stack, Marker: 'static>(
    bench: &Bench<S>,
    function: impl TestFn<Marker>,
) -> Found {
    ended(
        &run(bench, &Paper::default(), function).await?,
        Outcome::Passed,
        "",
    )
}

pub(super) async fn pages<S: Stack>(bench: &Bench<S>) -> Found {
    passes(bench, async |client: Client| -> Tested {
        for (path, status, text) in [
            ("/hello", 200, "hello from a sandbox"),
            ("/hello?x=1", 200, "hello from a sandbox"),
            ("/missing", 404, Shop::NO_SUCH_PAGE),
            ("/broken", 500, "handled: the till is stuck"),
            ("/stream", 200, "one, two, three"),
        ] {
            let page = client.get(path).send().await?.ensure_status(status)?;
            smoke_core::ensure_eq!(page.text()?, text, "at {path}");
            smoke_core::ensure_eq!(page.header("x-app"), Some("yes"), "at {path}");
        }
        Ok(())
    })
    .await
}

pub(super) async fn bodies<S: Stack>(bench: &Bench<S>) -> Found {
    passes(bench, async |client: Client| -> Tested {
        let large: Vec<u8> = (0..1_u32 << 17).flat_map(u32::to_le_bytes).collect();
        for body in [large, Vec::new()] {
            let request = client.post("/echo").without_database().body(body.clone());
            let answer = request.send().await?.ensure_status(200)?;
            smoke_core::ensure!(
                answer.bytes() == &body,
                "{} bytes came back",
                answer.bytes().len()
            );
        }
        Ok(())
    })
    .await
}

pub(super) async fn blocking<S: Stack>(bench: &Bench<S>) -> Found {
    passes(bench, |client: Client| -> Tested {
        client.get("/hello").send_blocking()?.ensure_status(200)?;
        client.get("/missing").send_blocking()?.ensure_status(404)?;
        Ok(())
    })
    .await
}

pub(super) async fn smoke_request<S: Stack>(bench: &Bench<S>) -> Found {
    passes(bench, async |client: Client| -> Tested {
        smoke_core::ensure_eq!(client.get("/whoami").send().await?.text()?, "shop::test");
        Ok(())
    })
    .await
}

pub(super) async fn recursion<S: Stack>(bench: &Bench<S>) -> Found {
    passes(bench, async |client: Client| -> Tested {
        for path in ["/smoketest/", "/smoketest/slow", "/smoketest/?format=json"] {
            let answer = client.get(path).send().await?.ensure_status(503)?;
            smoke_core::ensure_contains!(answer.text()?, "it would never end", "at {path}");
        }
        Ok(())
    })
    .await
}

pub(super) async fn a_panic<S: Stack>(bench: &Bench<S>) -> Found {
    let paper = Paper::default();
    let panics = run(bench, &paper, async |client: Client| -> Tested {
        client.get("/panic").send().await?;
        Ok(())
    });
    ended(
        &panics.await?,
        Outcome::Errored,
        "GET /panic: the application panicked",
    )?;
    passes(bench, async |client: Client| -> Tested {
        smoke_core::ensure!(client.get("/panic").send().await.is_err());
        client.get("/hello").send().await?.ensure_status(200)?;
        Ok(())
    })
    .await
}

pub(super) async fn built_once<S: Stack>(bench: &Bench<S>) -> Found {
    let visits = async |client: Client, other: Client| -> Tested {
        for (at, client) in [&client, &other, &client].into_iter().enumerate() {
            let visits = client.get("/visits").send().await?.text()?;
            smoke_core::ensure_eq!(visits, (at + 1).to_string());
        }
        Ok(())
    };
    let Some(registry) = bench.in_process(&Paper::default()) else {
        return Ok(());
    };
    let registry = registry
        .test(Test::new("shop::a", visits))
        .test(Test::new("shop::b", visits));
    let report = smoke_core::Runner::new(registry)
        .run(smoke_core::Selection::fast())
        .await;
    report
        .tests
        .iter()
        .try_for_each(|test| ended(test, Outcome::Passed, ""))
}

pub(super) async fn sandboxes<S: Stack>(bench: &Bench<S>) -> Found {
    let paper = Paper::default();
    let writes = async |client: Client, pool: Sandbox<Pool>| -> Tested {
        client.post("/rows").send().await?.ensure_status(201)?;
        smoke_core::ensure_eq!(pool.taken(), 1);
        client.get("/hello").send().await?.ensure_status(200)?;
        Ok(())
    };
    ended(&run(bench, &paper, writes).await?, Outcome::Passed, "")?;
    let lines = paper.diary.lines();
    let expected = [
        "open shop::test",
        "enter",
        "leave",
        "enter",
        "leave",
        "finish shop::test",
    ];
    if lines == expected {
        return Ok(());
    }
    Err(format!(
        "the sandbox saw {lines:?}, where {expected:?} were expected"
    ))
}

pub(super) async fn bypassed<S: Stack>(bench: &Bench<S>) -> Found {
    let careless = async |client: Client| -> Tested {
        client.post("/careless").send().await?;
        Ok(())
    };
    let paper = Paper::default();
    let message = "POST /careless succeeded without taking a connection from the sandbox";
    ended(
        &run(bench, &paper, careless).await?,
        Outcome::Errored,
        message,
    )?;
    passes(bench, async |client: Client| -> Tested {
        client
            .post("/careless")
            .without_database()
            .send()
            .await?
            .ensure_status(201)?;
        client.post("/missing").send().await?.ensure_status(404)?;
        Ok(())
    })
    .await
}

pub(super) async fn straggler<S: Stack>(bench: &Bench<S>) -> Found {
    let keeps = async |client: Client| -> Tested {
        client.post("/keep").send().await?.ensure_status(201)?;
        Ok(())
    };
    let test = run(bench, &Paper::default(), keeps).await?;
    ended(
        &test,
        Outcome::Errored,
        "still held after the test had ended",
    )
}
