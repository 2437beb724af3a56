//! The processes of one browser.

use std::path::Path;

use smoke_browser::Browser;
use smoke_conformance::eventually;
use smoke_testing::PATIENCE;

/// The folder of a browser that was started for a test: a part of the environment of each of its processes.
pub(crate) fn folder(browser: &Browser) -> String {
    let capabilities = browser.capabilities().unwrap();
    let chromium = capabilities.get("chrome").map(|said| &said["userDataDir"]);
    let profile = chromium.or(capabilities.get("moz:profile"));
    let profile = profile.and_then(|profile| profile.as_str()).unwrap();
    let mut parts = Path::new(profile).iter().map(|part| part.to_str().unwrap());
    let ours = parts.find(|part| part.starts_with("smoke-browser-"));
    ours.unwrap_or_else(|| panic!("{profile} is in no folder of ours"))
        .to_owned()
}

/// The processes with that in their environment or their arguments.
pub(crate) fn of(mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        // One that has just ended has nothing to read.
        let read = |name: &str| std::fs::read(process.path().join(name)).unwrap_or_default();
        let (environment, arguments) = (read("environ"), read("cmdline"));
        let [environment, arguments] =
            [environment, arguments].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        if environment.contains(mark) || arguments.contains(mark) {
            found.push(arguments.replace('\0', " "));
        }
    }
    found
}

/// Waits until none is left, nor the folder.
pub(crate) async fn are_gone(folder: &str) {
    let look = async || (of(folder), std::env::temp_dir().join(folder).exists());
    let gone = |(processes, there): &(Vec<String>, bool)| processes.is_empty() && !there;
    eventually(PATIENCE, look, gone).await.unwrap();
}
