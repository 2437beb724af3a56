//! What shows why a test failed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use fantoccini::Client;
use smoke_core::Context;

use crate::{Browsers, console};

/// Names the folder, where the application does not.
const FOLDER: &str = "SMOKE_ARTIFACTS";
/// How many tests of a process leave something: the first ones say most.
const MOST: usize = 20;
/// The size of a screenshot, in bytes.
const LARGEST_PICTURE: usize = 8 * 1024 * 1024;
/// The length of what the console said, in characters.
const LONGEST_TEXT: usize = 64 * 1024;
/// The length of a file's name, without what stands behind the dot.
const LONGEST_NAME: usize = 150;

/// Those of this process.
static PLACES: Places = Places(AtomicUsize::new(0));

/// Places for what tests leave, of which the first ones get one each.
struct Places(AtomicUsize);

impl Places {
    /// Whether there was one left.
    fn take(&self) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst) < MOST
    }
}

/// Where a test leaves what shows why it failed.
pub(crate) struct Artifacts {
    folder: PathBuf,
    name: String,
}

impl Artifacts {
    /// Those of a test, if somebody wants them. What an earlier run has left of it is removed.
    pub(crate) fn of(cx: &Context, browsers: &Browsers) -> Option<Self> {
        let folder = browsers
            .artifacts
            .clone()
            .or_else(|| std::env::var_os(FOLDER).map(PathBuf::from))
            .filter(|folder| !folder.as_os_str().is_empty())
            .or_else(|| cx.artifacts().map(Path::to_owned))?;
        let artifacts = Self {
            folder,
            name: file_name(cx.test_name()),
        };
        for kind in ["png", "txt"] {
            let _ = fs::remove_file(artifacts.path(kind));
        }
        Some(artifacts)
    }

    /// Writes what the browser shows now.
    pub(crate) async fn write(&self, client: &Client) {
        if !PLACES.take() {
            return;
        }
        // A page that is still loading keeps the browser from answering whatever comes after it.
        self.keep_text("URL: unknown: the browser did not answer in time\n");
        let url = match client.current_url().await {
            Ok(url) => url.to_string(),
            Err(error) => format!("unknown: {error}"),
        };
        let mut text = format!("URL: {url}\n");
        match console::said(client).await {
            Ok(lines) => lines.iter().for_each(|line| {
                text.push_str(line);
                text.push('\n');
            }),
            Err(error) => text.push_str(&format!("the console cannot be read: {error}\n")),
        }
        // A page that hangs is not shown, and has been told of by then.
        self.keep_text(&text);
        if let Ok(picture) = client.screenshot().await {
            self.keep_picture(&picture);
        }
    }

    fn keep_text(&self, text: &str) {
        let text: String = text.chars().take(LONGEST_TEXT).collect();
        self.keep("txt", text.as_bytes());
    }

    fn keep_picture(&self, picture: &[u8]) {
        if picture.len() <= LARGEST_PICTURE {
            self.keep("png", picture);
        }
    }

    fn keep(&self, kind: &str, content: &[u8]) {
        let path = self.path(kind);
        let kept = fs::create_dir_all(&self.folder).and_then(|()| fs::write(&path, content));
        if let Err(error) = kept {
            tracing::warn!(target: "smoke", "failed to write {}: {error}", path.display());
        }
    }

    fn path(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", self.name))
    }
}

/// A test's name as that of a file, on any system.
fn file_name(test: &str) -> String {
    let plain = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => letter,
        _ => '.',
    };
    let name: String = test.replace("::", ".").chars().map(plain).collect();
    name.chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_twenty_of_a_process_have_a_place() {
        let places = Places(AtomicUsize::new(0));
        assert_eq!((0..100).filter(|_| places.take()).count(), 20);
    }

    #[test]
    fn a_long_text_is_cut_and_a_large_picture_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = Artifacts {
            folder: folder.path().join("kept"),
            name: "shop.till".to_owned(),
        };
        let left = |kind| fs::metadata(artifacts.path(kind)).map(|file| file.len());
        // Of two bytes each.
        artifacts.keep_text(&"é".repeat(LONGEST_TEXT + 1));
        assert_eq!(left("txt").unwrap(), 2 * 64 * 1024);
        let mut picture = vec![0; LARGEST_PICTURE + 1];
        artifacts.keep_picture(&picture);
        assert!(left("png").is_err());
        picture.pop();
        artifacts.keep_picture(&picture);
        assert_eq!(left("png").unwrap(), 8 * 1024 * 1024);
    }

    #[test]
    fn a_name_stays_in_its_folder() {
        assert_eq!(file_name("shop::users::signs_up"), "shop.users.signs_up");
        assert_eq!(file_name("../../etc/pass wd"), "......etc.pass.wd");
        assert_eq!(file_name(&"a".repeat(1000)).len(), LONGEST_NAME);
    }
}
