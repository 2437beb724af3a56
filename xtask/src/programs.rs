//! Where programs are installed.

use std::fs;
use std::path::{Path, PathBuf};

/// Where an administrator's programs are, and those of monitors.
const ADMINISTRATORS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/usr/lib/nagios/plugins"];

/// The `bin` folders of the versions that stand beside each other in a folder, newest first.
pub(crate) fn newest_first(versions: &Path) -> Vec<PathBuf> {
    let mut found: Vec<(Vec<u32>, PathBuf)> = fs::read_dir(versions)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = version(entry.file_name().to_str()?)?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, bin)| bin).collect()
}

/// The first of the names that is a program in `PATH`, or where an administrator's programs are.
pub(crate) fn in_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(ADMINISTRATORS.map(PathBuf::from));
    let all = std::env::join_paths(folders).ok()?;
    names
        .iter()
        .find_map(|name| which::which_in(name, Some(&all), "/").ok())
}

fn version(name: &str) -> Option<Vec<u32>> {
    name.split('.').map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first_and_other_folders_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9.6", "15", "9.10", "common", "100"] {
            fs::create_dir_all(folder.path().join(name).join("bin")).unwrap();
        }
        let expected: Vec<_> = ["100/bin", "15/bin", "9.10/bin", "9.6/bin"]
            .map(|name| folder.path().join(name))
            .into();
        assert_eq!(newest_first(folder.path()), expected);
    }

    #[test]
    fn a_folder_that_is_not_there_holds_no_version() {
        assert!(newest_first(Path::new("/no/such/folder")).is_empty());
    }
}
