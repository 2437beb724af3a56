//! Whoever listens is told of what scheduled runs decide.

use std::sync::mpsc;

use smoke_core::{Change, Registry};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::adapter::bench::Bench;
use crate::adapter::scheduled::{PATIENCE, Switch, comes_to_say, often};
use crate::adapter::stack::Stack;

async fn hears(
    told: &mut UnboundedReceiver<Change>,
    text: &str,
    run_by: &str,
) -> Result<(), String> {
    let hearing = tokio::time::timeout(PATIENCE, told.recv());
    let change = match hearing.await {
        Ok(Some(change)) => change,
        _ => return Err(format!("{text:?} is not told")),
    };
    let by = change.instance.as_deref().unwrap_or_default();
    if change.to_string() == text && by == run_by && !change.run.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{text:?} was to be told, and this came: {change:?}"
    ))
}

pub(super) async fn heard<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let (disk, database, room) = (Switch::default(), Switch::default(), Switch::broken());
    let registry = Registry::new()
        .instance("till-1")
        .test(disk.test("shop::disk").instance())
        .test(database.test("shop::database"))
        .test(room.test("shop::room").advisory())
        .schedule(often().instance())
        .schedule(often().shared())
        .fail_after(1)
        .recover_after(1);
    let site = bench.serve(registry.open()).await?;
    // The first listener never comes back.
    let (release, held) = mpsc::channel::<()>();
    let (tell, mut told) = unbounded_channel();
    let added = site
        .runner
        .on_change(move |_| {
            let _ = held.recv();
        })
        .and_then(|()| site.runner.on_change(move |change| drop(tell.send(change))));
    added.map_err(|error| error.to_string())?;

    // What somebody asks for moves nothing, and nobody is told of what first works or is advisory.
    database.set(true);
    site.get("/smoketest/").await?.is_verdict(503, "FAIL")?;
    database.set(false);
    site.runner.start();
    comes_to_say(&site, "status", 200, "").await?;
    for (switch, broken, text) in [
        (
            &database,
            true,
            "shop::database (shared) is down, and was up: no space left on the shelf",
        ),
        (
            &disk,
            true,
            "shop::disk (instance) is down, and was up: no space left on the shelf",
        ),
        (&disk, false, "shop::disk (instance) is up, and was down"),
        (
            &database,
            false,
            "shop::database (shared) is up, and was down",
        ),
    ] {
        switch.set(broken);
        hears(&mut told, text, "till-1").await?;
    }
    comes_to_say(&site, "status", 200, "").await?;
    drop(release);
    Ok(())
}
