//! Browsers of another process: this program once more, with one of the ignored tests below.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use smoke_browser::Browser;
use smoke_conformance::eventually;
use smoke_core::{Outcome, Provided, Result, Test};
use smoke_testing::{PATIENCE, output};

use crate::processes;
use crate::shop::{opens, pages, run};

/// Where the victim says which its browser is.
const SEEN: &str = "SMOKE_BROWSER_SEEN";
const URL: &str = "SMOKE_WEBDRIVER_URL";

fn child(test: &str) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", test]);
    child
}

/// Ends with the test, however that ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Has a browser until it is killed.
#[tokio::test]
#[ignore = "killed by another test"]
async fn victim() {
    let seen = std::env::var(SEEN).expect("another test names the file");
    let seen = Arc::new(seen);
    let endless = async |seen: Provided<Arc<String>>, browser: Browser| -> Result {
        browser.open("/").await?;
        let unseen = format!("{}.new", **seen);
        std::fs::write(&unseen, processes::folder(&browser))?;
        std::fs::rename(&unseen, &***seen)?;
        std::future::pending().await
    };
    let test = Test::new("shop::waits", endless).timeout(PATIENCE);
    let registry = pages(&[("/", "open".to_owned())]).provide(seen);
    run(registry.test(test)).await;
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_no_browser() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let child = child("children::victim")
        .env(SEEN, &seen)
        .stdout(Stdio::null())
        .spawn();
    let child = Killed(child.unwrap());
    let look = async || std::fs::read_to_string(&seen).ok();
    let told = eventually(PATIENCE, look, Option::is_some).await;
    let running = told.as_ref().ok().and_then(|told| told.clone());
    let running = running.map(|folder| (processes::of(&folder).len(), folder));
    drop(child);
    let (count, folder) = running.expect("the victim says which its browser is");
    assert!(count > 3);
    processes::are_gone(&folder).await;
}

/// Uses the driver that the environment names.
#[tokio::test]
#[ignore = "begun by another test"]
async fn guest() {
    let test = run(pages(&[("/", "open".to_owned())]).test(opens())).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

#[tokio::test]
async fn a_driver_that_runs_already_is_used_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().to_str().unwrap();
    let driver = Command::new("chromedriver")
        .arg("--port=0")
        .envs(["HOME", "TMPDIR"].map(|name| (name, mark)))
        .stdout(Stdio::piped())
        .spawn();
    let mut driver = Killed(driver.unwrap());
    let said = BufReader::new(driver.0.stdout.take().unwrap()).lines();
    let port = said.map_while(std::io::Result::ok).find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    let url = format!("http://127.0.0.1:{}", port.unwrap());
    let told = output(child("children::guest").env(URL, url), PATIENCE);
    let look = async || processes::of(mark);
    let left = eventually(PATIENCE, look, |left| left.len() == 1).await;
    assert!(told.status.success(), "{told:?}");
    // The driver alone, without a browser.
    let left = left.unwrap();
    let program = left[0].split(' ').next().unwrap();
    assert!(Path::new(program).ends_with("chromedriver"), "{left:?}");
}

#[test]
fn a_driver_elsewhere_is_refused() {
    let told = output(
        child("children::guest").env(URL, "http://192.0.2.1:4444"),
        PATIENCE,
    );
    let said = String::from_utf8_lossy(&told.stdout);
    assert!(!told.status.success(), "{said}");
    assert!(
        said.contains("has to begin with http://127.0.0.1"),
        "{said}"
    );
}
