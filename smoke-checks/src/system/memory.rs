//! Memory is left.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use smoke_core::{Error, Result, Test, fail};

use super::least::{Free, Least, bytes};
use crate::check;

/// Memory that is left to this process: until the limit of its address space (`ulimit -v`), until that of
/// its container (cgroup v2, each group up to the root), and on its host. Linux only.
///
/// 10 % of each has to be left unless set. What the system keeps of files, and gives back when memory is
/// short, counts as free.
///
/// It is about this *instance*, and *advisory*: taking out of traffic whoever has much to do gives it to
/// the next.
///
/// # Fails when
///
/// Less is left.
///
/// # Errors
///
/// It errs where `/proc` cannot be read.
///
/// # Examples
///
/// ```
/// use smoke_checks::Memory;
/// use smoke_core::Registry;
///
/// let registry = Registry::new().test(Memory::free_at_least(64 << 20));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Memory {
    least: Least,
}

impl Memory {
    /// The check that so many bytes are left.
    pub fn free_at_least(bytes: u64) -> Self {
        Self {
            least: Least::Number(bytes),
        }
    }

    /// The check that so much is left, in percent.
    pub fn free_percent_at_least(percent: u8) -> Self {
        Self {
            least: Least::Percent(percent),
        }
    }

    fn look(self) -> Result {
        let limits = limits().map_err(|error| {
            Error::from(error).context("what memory is left cannot be read: Linux says it in /proc")
        })?;
        for (whose, free) in limits {
            if !self.least.is_met(free) {
                fail!(
                    "{whose} has {} of memory left, and should have {}: does this process keep what it no longer \
                     needs? Give it more, or fewer things to do at once",
                    free.shown(bytes),
                    self.least.shown(bytes)
                );
            }
        }
        Ok(())
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::free_percent_at_least(10)
    }
}

/// What is left of each limit there is, and whose limit it is.
fn limits() -> io::Result<Vec<(String, Free)>> {
    let mut limits = Vec::new();
    if let Some(limit) = getrlimit(Resource::As).current {
        let used = of_line(&fs::read_to_string("/proc/self/status")?, "VmSize:")?;
        let free = left(limit, used);
        limits.push((
            "the address space of this process (ulimit -v)".to_owned(),
            free,
        ));
    }
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    limits.extend(of_groups(Path::new("/sys/fs/cgroup"), &groups));
    let host = fs::read_to_string("/proc/meminfo")?;
    let free = Free {
        free: of_line(&host, "MemAvailable:")?,
        of: of_line(&host, "MemTotal:")?,
    };
    limits.push(("the host".to_owned(), free));
    Ok(limits)
}

fn left(limit: u64, used: u64) -> Free {
    Free {
        free: limit.saturating_sub(used),
        of: limit,
    }
}

/// Bytes of a line such as `MemTotal:  24684084 kB`.
fn of_line(text: &str, name: &str) -> io::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    number
        .map(|kibibytes| kibibytes.saturating_mul(1024))
        .ok_or_else(|| io::Error::other(format!("there is no {name}")))
}

/// What is left of the group that `/proc/self/cgroup` names, and of those that it is in. A group without
/// a limit is none, and one whose files are not there is another version's.
fn of_groups(root: &Path, groups: &str) -> Vec<(String, Free)> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"));
    let Some(own) = own.filter(|own| !own.starts_with("..")) else {
        return Vec::new();
    };
    let group = root.join(own);
    let up = group
        .ancestors()
        .take_while(|group| group.starts_with(root));
    up.filter_map(|group| {
        Some((
            format!("the control group {}", group.display()),
            of_group(group)?,
        ))
    })
    .collect()
}

fn of_group(group: &Path) -> Option<Free> {
    let read = |file: &str| fs::read_to_string(group.join(file)).ok();
    let number = |text: String| text.trim().parse::<u64>().ok();
    // It is the word "max" where there is none.
    let limit = number(read("memory.max")?)?;
    let used = number(read("memory.current")?)?;
    let kept = read("memory.stat").and_then(|stat| {
        let line = stat
            .lines()
            .find_map(|line| line.strip_prefix("inactive_file "));
        line?.parse::<u64>().ok()
    });
    Some(left(limit, used.saturating_sub(kept.unwrap_or(0))))
}

impl From<Memory> for Test {
    fn from(check: Memory) -> Self {
        let description = "memory is left to this process";
        let look = move || {
            let ended = check.look();
            async { ended }
        };
        check::test("memory", description, Duration::ZERO, look)
            .instance()
            .advisory()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn group(at: &Path, files: [(&str, &str); 3]) {
        fs::create_dir_all(at).unwrap();
        for (name, content) in files {
            fs::write(at.join(name), content).unwrap();
        }
    }

    #[test]
    fn each_group_up_to_the_root_is_a_limit_and_files_that_are_kept_are_free() {
        let root = tempfile::tempdir().unwrap();
        let slice = root.path().join("kubepods");
        group(
            &slice,
            [
                ("memory.max", "104857600\n"),
                ("memory.current", "99614720\n"),
                ("memory.stat", "anon 1\n"),
            ],
        );
        group(
            &slice.join("pod"),
            [
                ("memory.max", "52428800\n"),
                ("memory.current", "41943040\n"),
                (
                    "memory.stat",
                    "anon 1\ninactive_file 10485760\nactive_file 5\n",
                ),
            ],
        );
        group(
            &slice.join("pod/container"),
            [
                ("memory.max", "max\n"),
                ("memory.current", "1\n"),
                ("memory.stat", ""),
            ],
        );
        let found = of_groups(root.path(), "4:memory:/old\n0::/kubepods/pod/container\n");
        let found: Vec<_> = found
            .iter()
            .map(|(_, free)| (free.free / MIB, free.of / MIB))
            .collect();
        assert_eq!(found, [(20, 50), (5, 100)]);
    }

    #[test]
    fn without_groups_of_version_2_there_is_no_limit_of_one() {
        let root = tempfile::tempdir().unwrap();
        assert!(of_groups(root.path(), "0::/../elsewhere\n").is_empty());
        assert!(of_groups(root.path(), "4:memory:/own\n").is_empty());
        assert!(of_groups(root.path(), "0::/own\n").is_empty());
    }
}
