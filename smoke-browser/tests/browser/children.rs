//! Browsers of another process: this program once more, with one of the ignored tests below.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use smoke_browser::Browser;
use smoke_conformance::eventually;
use smoke_core::{Limits, Outcome, Provided, Result, Runner, Test};
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

/// Has a browser until it is killed, or the command line told to stop.
#[tokio::test]
#[ignore = "ended by another test"]
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
    let limits = Limits::default().run(PATIENCE);
    let runner = Runner::new(registry.test(test).limits(limits));
    smoke_cli::run(&runner, smoke_cli::Args::default()).await;
}

/// A victim that has its browser, and the folder of that.
async fn victim_with_a_browser() -> (Killed, String) {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let child = child("children::victim")
        .env(SEEN, &seen)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = Killed(child.unwrap());
    let look = async || std::fs::read_to_string(&seen).ok();
    let told = eventually(PATIENCE, look, Option::is_some).await;
    let folder = told.expect("the victim says which its browser is").unwrap();
    assert!(processes::of(&folder).len() > 3);
    (child, folder)
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_no_browser() {
    let (child, folder) = victim_with_a_browser().await;
    drop(child);
    processes::are_gone(&folder).await;
}

impl Killed {
    fn send(&self, signal: &str) {
        let id = self.0.id().to_string();
        let sent = output(Command::new("kill").args([signal, &id]), PATIENCE);
        assert!(sent.status.success(), "{sent:?}");
    }

    /// Waits until it says this to whoever looks on.
    fn hears(&mut self, words: &str) {
        let said = self.0.stderr.as_mut().unwrap();
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains(words)), "{words}");
    }

    /// Waits until it has ended by itself, and reported this.
    fn reports(&mut self, words: &str) {
        let mut said = String::new();
        let out = self.0.stdout.as_mut().unwrap();
        out.read_to_string(&mut said).unwrap();
        self.0.wait().unwrap();
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn ctrl_c_twice_leaves_no_browser() {
    let (mut child, folder) = victim_with_a_browser().await;
    child.send("-INT");
    child.hears("Ctrl-C again stops those that run");
    // The first one leaves it to the test.
    assert!(processes::of(&folder).len() > 3);
    child.send("-INT");
    child.reports("stopped by Ctrl-C");
    processes::are_gone(&folder).await;
}

#[tokio::test]
async fn sigterm_to_the_command_line_leaves_no_browser() {
    let (mut child, folder) = victim_with_a_browser().await;
    child.send("-TERM");
    child.reports("stopped by SIGTERM");
    processes::are_gone(&folder).await;
}

/// Uses the driver that the environment names.
#[tokio::test]
#[ignore = "begun by another test"]
async fn guest() {
    let test = run(pages(&[("/", "open".to_owned())]).test(opens())).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:#?}");
}

/// What becomes of a guest of the driver at that port.
pub(crate) async fn guest_of(port: u16) -> Output {
    let url = format!("http://127.0.0.1:{port}");
    let guest = move || output(child("children::guest").env(URL, url), PATIENCE);
    tokio::task::spawn_blocking(guest).await.unwrap()
}

/// A driver with that in its environment, and its port, if it listens.
fn driver(mark: &str) -> Option<(Killed, u16)> {
    let driver = Command::new("chromedriver")
        .arg("--port=0")
        .envs(["HOME", "TMPDIR"].map(|name| (name, mark)))
        .stdout(Stdio::piped())
        .spawn();
    let mut driver = Killed(driver.unwrap());
    let said = BufReader::new(driver.0.stdout.take().unwrap()).lines();
    let port = said.map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    Some((driver, port?))
}

#[tokio::test]
async fn a_driver_that_runs_already_is_used_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().to_str().unwrap();
    // Its port may be taken.
    let (_driver, port) = (0..10).find_map(|_| driver(mark)).unwrap();
    let told = guest_of(port).await;
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
