//! A page reaches the application, and nothing else on this machine or elsewhere.

use smoke_browser::{Browser, Browsers};
use smoke_core::{Error, Outcome, Result, Test, ensure, ensure_eq};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::shop::{pages, run};

/// Asks what the page asks for, and says what came of it.
const FETCH: &str = "const [url, done] = arguments; \
     fetch(url, { mode: 'no-cors' }).then(() => done('reached'), () => done('not reached'));";

async fn fetched(browser: &Browser, url: &str) -> Result<String> {
    let reached = browser.execute_async(FETCH, vec![url.into()]).await?;
    Ok(reached.as_str().unwrap_or_default().to_owned())
}

/// A service beside the application, which answers whoever asks.
async fn neighbour() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

#[tokio::test]
async fn what_is_not_the_application_is_not_reached_unless_it_is_allowed() {
    let (near, allowed) = (neighbour().await, neighbour().await);
    let test = move |browser: Browser| async move {
        browser.open("/").await?;
        for url in [
            format!("http://127.0.0.1:{near}/"),
            format!("http://localhost:{near}/"),
            format!("http://localhost:{allowed}/"),
            // Nobody's address (RFC 5737), and nobody's name.
            "http://192.0.2.1/".to_owned(),
            "http://example.com/".to_owned(),
        ] {
            ensure_eq!(fetched(&browser, &url).await?, "not reached", "{url}");
        }
        let url = format!("http://127.0.0.1:{allowed}/");
        ensure_eq!(fetched(&browser, &url).await?, "reached");
        ensure_eq!(fetched(&browser, "/").await?, "reached");
        let said = browser.console().await?;
        let refused = said
            .iter()
            .any(|line| line.contains("ERR_PROXY_CONNECTION_FAILED"));
        ensure!(refused, "{said:?}");
        Ok::<_, Error>(())
    };
    let browsers = Browsers::new().allow(format!("127.0.0.1:{allowed}"));
    let registry = pages(&[("/", "<h1>Open</h1>".to_owned())]).provide(browsers);
    let test = run(registry.test(Test::new("shop::is_alone", test))).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}
