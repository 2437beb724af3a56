//! No two modules of a folder use each other, directly or by way of others.
//!
//! Looked at is what a file names by a path from the crate's root or from a module above it. The
//! names at the root itself are the crate's vocabulary, which every module may use.

#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Folders that are not looked at yet.
const NOT_YET: [&str; 1] = ["crates/smoke-core/src/run"];

/// A module, or a name in one, from the crate's root.
type Name = Vec<String>;

/// Whom each module of a folder uses among its siblings.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The modules of one crate, and what each names.
#[derive(Default)]
struct Crate {
    modules: BTreeMap<Name, Vec<Name>>,
    /// What a folder shows of its modules: `app::AppFactory` is `app::factory::AppFactory`.
    shown: BTreeMap<Name, Name>,
}

impl Crate {
    fn read(&mut self, folder: &Path, module: &[String]) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let inner = [module, &[name.to_owned()]].concat();
            match name {
                "tests" | "fake" => {}
                _ if path.is_dir() => self.read(&path, &inner),
                "lib" | "main" | "mod" => self.file(&path, module),
                _ => self.file(&path, &inner),
            }
        }
    }

    fn file(&mut self, path: &Path, module: &[String]) {
        let text = code(&fs::read_to_string(path).unwrap());
        let uses = text.split(';').filter_map(|used| used.rsplit_once("use "));
        let shows = uses.filter(|(before, _)| before.trim_end().ends_with([')', 'b']));
        for shown in shows.flat_map(|(_, tree)| expanded(tree)) {
            let name: Name = module.iter().chain(shown.last()).cloned().collect();
            self.shown.insert(name, [module, &shown].concat());
        }
        let roots = ["crate::", "super::"].map(|root| text.match_indices(root));
        let starts = roots.into_iter().flatten().map(|(at, _)| text.split_at(at));
        let whole = starts.filter(|(before, _)| !before.ends_with([':', '_']));
        let named = whole.flat_map(|(_, tree)| expanded(tree));
        let named = named.map(|path| absolute(module, &path)).collect();
        self.modules.insert(module.to_vec(), named);
    }

    fn siblings(&self) -> BTreeMap<Name, Uses> {
        let mut folders: BTreeMap<Name, Uses> = BTreeMap::new();
        for (module, named) in &self.modules {
            for named in named {
                let shown = self.shown.get(named).filter(|_| named.len() > 1);
                let named = shown.unwrap_or(named);
                let pairs = module.iter().zip(named);
                let common = pairs.take_while(|(a, b)| a == b).count();
                if let (Some(user), Some(used)) = (module.get(common), named.get(common))
                    && self.modules.contains_key(&named[..=common])
                {
                    let folder = folders.entry(module[..common].to_vec()).or_default();
                    folder.entry(user.clone()).or_default().insert(used.clone());
                }
            }
        }
        folders
    }
}

/// A file without its comments, and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = text.lines().map(|line| line.split("//").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths of a tree as `use` has it: `a::{b, c::d}` are two.
fn expanded(tree: &str) -> Vec<Name> {
    let end = tree.find(|char: char| !(char.is_alphanumeric() || "_:".contains(char)));
    let (before, rest) = tree.split_at(end.unwrap_or(tree.len()));
    let prefix = before.split("::").filter(|part| !part.is_empty());
    let prefix: Name = prefix.map(str::to_owned).collect();
    if !(before.ends_with("::") && rest.starts_with('{')) {
        return vec![prefix];
    }
    let (mut depth, mut branches) = (0, vec![String::new()]);
    for char in rest.chars() {
        depth += i32::from(char == '{') - i32::from(char == '}');
        match char {
            '{' if depth == 1 => {}
            '}' if depth == 0 => break,
            ',' if depth == 1 => branches.push(String::new()),
            _ => branches.last_mut().unwrap().push(char),
        }
    }
    let branches = branches.iter().map(|branch| branch.trim());
    let paths = branches.filter(|branch| !branch.is_empty());
    let paths = paths.flat_map(expanded);
    paths.map(|path| [&prefix[..], &path].concat()).collect()
}

/// A path that begins with `crate` or `super`, from the root.
fn absolute(module: &[String], path: &[String]) -> Name {
    let above = path.iter().take_while(|part| *part == "super").count();
    let from = &module[..module.len().saturating_sub(above)];
    match path.strip_prefix(&["crate".to_owned()]) {
        Some(path) => path.to_vec(),
        None => [from, &path[above..]].concat(),
    }
}

/// Those that are left when whoever uses no other, or is used by no other, is taken away again and
/// again.
fn in_circles(mut uses: Uses) -> Uses {
    loop {
        let used: BTreeSet<_> = uses.values().flatten().cloned().collect();
        let users: BTreeSet<_> = uses.keys().cloned().collect();
        let before = uses.clone();
        uses.retain(|user, _| used.contains(user));
        for used in uses.values_mut() {
            used.retain(|used| users.contains(used));
        }
        uses.retain(|_, used| !used.is_empty());
        if uses == before {
            return uses;
        }
    }
}

#[test]
fn modules_of_a_folder_use_each_other_in_one_direction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut circles = String::new();
    let mut crates = 0;
    for folder in [root.to_owned(), root.join("crates")] {
        for entry in fs::read_dir(folder).unwrap() {
            let src = entry.unwrap().path().join("src");
            let mut read = Crate::default();
            if src.join("lib.rs").exists() {
                read.read(&src, &[]);
                crates += 1;
            }
            for (folder, uses) in read.siblings() {
                let folder = src.join(folder.join("/"));
                let folder = folder.strip_prefix(root).unwrap();
                if NOT_YET.iter().any(|known| folder.starts_with(known)) {
                    continue;
                }
                for (user, used) in in_circles(uses) {
                    let used: Vec<_> = used.into_iter().collect();
                    let folder = folder.display();
                    circles += &format!("\n{folder}: {user} uses {}", used.join(", "));
                }
            }
        }
    }
    assert!(crates > 10, "{crates} crates were found");
    assert!(
        circles.is_empty(),
        "lift what both need below them:{circles}"
    );
}

#[test]
fn a_circle_is_found_and_what_only_leads_there_is_not() {
    let uses = |pairs: &[(&str, &[&str])]| -> Uses {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        pairs
            .iter()
            .map(|(user, used)| ((*user).to_owned(), owned(used)))
            .collect()
    };
    let found = in_circles(uses(&[
        ("a", &["b"]),
        ("b", &["c", "d"]),
        ("c", &["b"]),
        ("d", &["e"]),
    ]));
    assert_eq!(found, uses(&[("b", &["c"]), ("c", &["b"])]));
}
