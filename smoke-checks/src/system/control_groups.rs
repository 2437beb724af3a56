//! What memory is left of the limits of the control groups that this process is in.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;

use super::least::Free;

/// How a version of control groups calls what it says.
struct Version {
    limit: &'static str,
    used: &'static str,
    /// In `memory.stat`: files that are kept for nobody who asks for them now.
    kept: &'static str,
}

const V1: Version = Version {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    kept: "total_inactive_file ",
};
const V2: Version = Version {
    limit: "memory.max",
    used: "memory.current",
    kept: "inactive_file ",
};
/// Version 1 has no word for no limit, but a number of bytes that no machine has.
const NO_LIMIT: u64 = 1 << 62;

/// What is left of the limit of each group that this process is in, and the group's name.
///
/// # Errors
///
/// Where there is a group whose limit cannot be seen.
pub(super) fn limits() -> io::Result<Vec<(String, Free)>> {
    match fs::read_to_string("/proc/self/cgroup") {
        Ok(groups) => of_groups(Path::new("/sys/fs/cgroup"), &groups),
        // The kernel has none.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Those of the group that `/proc/self/cgroup` names, and of those that it is in. A group without a limit is
/// left out.
fn of_groups(root: &Path, groups: &str) -> io::Result<Vec<(String, Free)>> {
    let Some((version, root, group)) = own(root, groups)? else {
        return Ok(Vec::new());
    };
    let up = group
        .ancestors()
        .take_while(|group| group.starts_with(&root));
    let found = up.filter_map(|group| {
        let name = format!("the control group {}", group.display());
        Some((name, version.of_group(group)?))
    });
    Ok(found.collect())
}

/// The group that decides about this process's memory, its version and the root of that.
fn own(root: &Path, groups: &str) -> io::Result<Option<(Version, PathBuf, PathBuf)>> {
    // Such as `4:memory:/shop`. Where version 1 has the memory, version 2 has nothing to say of it.
    let of = |is_it: fn(&str) -> bool| {
        groups.lines().find_map(|line| {
            let (controllers, group) = line.split_once(':')?.1.split_once(':')?;
            is_it(controllers).then(|| group.trim_start_matches('/'))
        })
    };
    let is_v1 = |controllers: &str| controllers.split(',').any(|name| name == "memory");
    if let Some(group) = of(is_v1) {
        let root = root.join("memory");
        // A container mostly sees its own group at the root, under the name that it has outside.
        let group = Some(root.join(group)).filter(|group| group.exists());
        let group = group.unwrap_or_else(|| root.clone());
        let is_seen = has_this_process(&group);
        return seen(is_seen, (V1, root, group));
    }
    if let Some(group) = of(str::is_empty) {
        let group = root.join(group);
        let is_seen = has_this_process(&group);
        return seen(is_seen, (V2, root.to_owned(), group));
    }
    Ok(None)
}

/// Whether it is this process's group: of a mount that shows another part of the groups, it may be one of the same
/// name.
fn has_this_process(group: &Path) -> bool {
    let own = process::id().to_string();
    match fs::read_to_string(group.join("cgroup.procs")) {
        Ok(processes) => processes.lines().any(|id| id == own),
        // Such a group has threads, and keeps their processes to itself.
        Err(error) => error.kind() == ErrorKind::Unsupported,
    }
}

fn seen<T>(is_seen: bool, group: T) -> io::Result<Option<T>> {
    if is_seen {
        return Ok(Some(group));
    }
    Err(io::Error::other(
        "the limit of the control group of this process cannot be seen",
    ))
}

impl Version {
    fn of_group(&self, group: &Path) -> Option<Free> {
        let read = |file: &str| fs::read_to_string(group.join(file)).ok();
        let number = |text: String| text.trim().parse::<u64>().ok();
        // It is the word "max" where version 2 has none, and the root of that has no such file.
        let limit = number(read(self.limit)?).filter(|limit| *limit < NO_LIMIT)?;
        let used = number(read(self.used)?)?;
        let kept = read("memory.stat").and_then(|stat| {
            let line = stat.lines().find_map(|line| line.strip_prefix(self.kept));
            line?.parse::<u64>().ok()
        });
        Some(Free::left(limit, used.saturating_sub(kept.unwrap_or(0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn group(at: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(at).unwrap();
        for (name, content) in files {
            fs::write(at.join(name), content).unwrap();
        }
    }

    fn own_id() -> String {
        format!("1\n{}\n", process::id())
    }

    /// In MiB: what is free, and of how much.
    fn found(root: &Path, groups: &str) -> Vec<(u64, u64)> {
        let found = of_groups(root, groups).unwrap();
        let found = found.iter();
        found
            .map(|(_, free)| (free.free / MIB, free.of / MIB))
            .collect()
    }

    #[test]
    fn each_group_up_to_the_root_is_a_limit_and_files_that_are_kept_are_free() {
        let root = tempfile::tempdir().unwrap();
        let slice = root.path().join("kubepods");
        group(
            &slice,
            &[
                ("memory.max", "104857600\n"),
                ("memory.current", "99614720\n"),
                ("memory.stat", "anon 1\n"),
            ],
        );
        group(
            &slice.join("pod"),
            &[
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
            &[
                ("cgroup.procs", &own_id()),
                ("memory.max", "max\n"),
                ("memory.current", "1\n"),
            ],
        );
        let groups = "4:pids:/old\n0::/kubepods/pod/container\n";
        assert_eq!(found(root.path(), groups), [(20, 50), (5, 100)]);
    }

    #[test]
    fn version_1_is_read_where_it_has_the_memory() {
        let root = tempfile::tempdir().unwrap();
        let memory = root.path().join("memory");
        group(
            &memory,
            &[
                ("memory.limit_in_bytes", "9223372036854771712\n"),
                ("memory.usage_in_bytes", "99614720\n"),
            ],
        );
        let id = own_id();
        let own = [
            ("cgroup.procs", &*id),
            ("memory.limit_in_bytes", "104857600\n"),
            ("memory.usage_in_bytes", "99614720\n"),
            (
                "memory.stat",
                "inactive_file 7\ntotal_inactive_file 10485760\n",
            ),
        ];
        group(&memory.join("shop"), &own);
        let groups = "5:cpu,memory:/shop\n0::/\n";
        assert_eq!(found(root.path(), groups), [(15, 100)]);
        // In a container, whose name is of outside.
        group(&memory, &own);
        assert_eq!(found(root.path(), "5:memory:/docker/0a1b\n"), [(15, 100)]);
    }

    #[test]
    fn a_group_that_cannot_be_seen_is_an_error_and_none_is_not() {
        let root = tempfile::tempdir().unwrap();
        // Those of the host, as a container may see them.
        for root in [root.path().to_owned(), root.path().join("memory")] {
            group(
                &root,
                &[
                    ("cgroup.procs", "1\n"),
                    ("memory.limit_in_bytes", "9223372036854771712\n"),
                ],
            );
        }
        for groups in [
            "0::/../elsewhere\n",
            "4:memory:/own\n",
            "0::/own\n",
            "0::/\n",
            "4:memory:/\n",
        ] {
            let error = of_groups(root.path(), groups).unwrap_err();
            assert!(error.to_string().contains("cannot be seen"), "{error}");
        }
        assert_eq!(found(root.path(), ""), []);
        assert_eq!(found(root.path(), "4:pids:/own\n"), []);
    }
}
