//! A panic of the application under test ends nothing, whatever the application's panic hook does:
//! the one of this file ends the process.

use std::time::Duration;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse};
use futures_util::stream;
use smoke_actix::{Client, Outcome, Registry, Result, Runner, Selection, Test};

async fn asks(client: Client, path: &str) -> Result {
    client.get(path).send().await?.ensure_status(200)?;
    Ok(())
}

async fn handler() -> HttpResponse {
    panic!("the handler is on fire")
}

async fn body() -> HttpResponse {
    let burning = stream::poll_fn(
        |_| -> std::task::Poll<Option<Result<Bytes, std::io::Error>>> {
            panic!("the body is on fire")
        },
    );
    HttpResponse::Ok().streaming(burning)
}

async fn function() -> Result<HttpResponse, actix_web::Error> {
    web::block(|| -> () { panic!("the function is on fire") }).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn task() -> HttpResponse {
    let burning = actix_web::rt::spawn(async { panic!("the task is on fire") });
    let _: Result<(), _> = burning.await;
    HttpResponse::Ok().finish()
}

/// Needs more of the stack than the 2 MiB that a thread has unless it is given more.
async fn deep() -> HttpResponse {
    fn descend(top: usize) -> usize {
        let here = std::hint::black_box([0_u8; 1024]);
        let at = std::ptr::from_ref(&here).cast::<u8>() as usize;
        if top.saturating_sub(at) >= 6 << 20 {
            return 1;
        }
        let levels = descend(top);
        levels + 1 + usize::from(here[levels % here.len()])
    }
    fn from_here() -> usize {
        let top = 0_u8;
        descend(std::ptr::from_ref(&top) as usize)
    }
    let levels = from_here().min(web::block(from_here).await.unwrap_or(0));
    assert!(levels > 1000, "{levels}");
    HttpResponse::Ok().finish()
}

#[tokio::test]
async fn a_panic_of_the_application_under_test_does_not_reach_the_applications_hook() {
    std::panic::set_hook(Box::new(|info| {
        println!("{info}");
        std::process::exit(42);
    }));
    let routes = || {
        App::new()
            .route("/handler", web::get().to(handler))
            .route("/body", web::get().to(body))
            .route("/function", web::get().to(function))
            .route("/task", web::get().to(task))
            .route("/deep", web::get().to(deep))
    };
    let registry = ["handler", "body", "function", "task", "deep"].iter().fold(
        Registry::new().app(smoke_actix::app(move || routes)),
        |registry, name| {
            let asks = move |client: Client| async move { asks(client, &format!("/{name}")).await };
            registry.test(Test::new(*name, asks).timeout(Duration::from_secs(60)))
        },
    );
    let report = Runner::new(registry).run(Selection::slow()).await;
    let found = |name: &str| report.tests.iter().find(|test| test.name == name).unwrap();
    for name in ["handler", "body"] {
        let test = found(name);
        let said = test.message.as_deref().unwrap();
        assert_eq!(test.outcome, Outcome::Errored, "{test:#?}");
        assert!(said.contains("panics.rs:"), "{said}");
        assert!(said.contains(&format!("the {name} is on fire")), "{said}");
    }
    assert!(!found("function").outcome.is_good());
    for name in ["task", "deep"] {
        assert_eq!(found(name).outcome, Outcome::Passed, "{report:#?}");
    }
    let _ = std::panic::take_hook();
}
