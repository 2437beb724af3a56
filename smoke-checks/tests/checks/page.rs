//! `docs/checks.md` says of each check what it is by default.

use std::path::Path;
use std::time::{Duration, SystemTime};

use diesel::SqliteConnection;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel_migrations::EmbeddedMigrations;
use smoke_checks::{
    Certificate, Commit, Descriptors, DiskSpace, Dns, FreshMount, Heartbeat, Http, LastSeen,
    Listener, Memory, Migrations, MinijinjaTemplates, PoolConnection, PoolUse, Tcp, TeraTemplates,
    Variables, WritableFolder,
};
use smoke_core::Test;

#[test]
fn the_page_says_what_each_check_is_by_default() {
    let environment = minijinja::Environment::new();
    let seen = LastSeen::within(Duration::ZERO, "it", async || Ok(Some(SystemTime::now())));
    let pool = Pool::builder().min_idle(Some(0));
    let pool = pool.build_unchecked(ConnectionManager::<SqliteConnection>::new(":memory:"));
    let migrations = EmbeddedMigrations::new(&[]);
    let checks = [
        ("Certificate", Certificate::of("localhost:443").into()),
        ("Commit", Commit::of(&pool).into()),
        ("Descriptors", Descriptors::default().into()),
        ("DiskSpace", DiskSpace::at("/").into()),
        ("Dns", Dns::name("localhost").into()),
        ("FreshMount", FreshMount::at("/").into()),
        (
            "Heartbeat",
            Heartbeat::new("it").is_within(Duration::ZERO).into(),
        ),
        ("Http", Http::get("http://localhost/").into()),
        ("LastSeen", seen.into()),
        ("Listener", Listener::at("http://localhost/").into()),
        ("Memory", Memory::default().into()),
        ("Migrations", Migrations::of(&pool, &migrations).into()),
        (
            "MinijinjaTemplates",
            MinijinjaTemplates::of(environment).into(),
        ),
        ("PoolConnection", PoolConnection::of(&pool).into()),
        ("PoolUse", PoolUse::of(&pool).into()),
        ("Tcp", Tcp::to("localhost:1").into()),
        (
            "TeraTemplates",
            TeraTemplates::of(tera::Tera::default()).into(),
        ),
        ("Variables", Variables::set(["PATH"]).into()),
        ("WritableFolder", WritableFolder::at("/").into()),
    ];
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checks.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (check, test) in checks {
        let (begin, end) = row(check, &test);
        let is_there = page
            .lines()
            .any(|line| line.starts_with(&begin) && line.ends_with(&end));
        assert!(is_there, "docs/checks.md has no row {begin}...{end}");
        assert_eq!(test.tag_list(), ["checks"]);
        assert!(test.summary().is_some());
    }
}

/// How the row of a check begins and ends.
fn row(check: &str, test: &Test) -> (String, String) {
    let advisory = if test.is_advisory() { ", advisory" } else { "" };
    let limit = match test.time_limit().unwrap().as_secs() - 2 {
        0 => "at once".to_owned(),
        seconds => format!("{seconds} s"),
    };
    (
        format!("| `{check}` | `{}` | ", test.name()),
        format!(" | {}{advisory} | {limit} |", test.scope()),
    )
}
