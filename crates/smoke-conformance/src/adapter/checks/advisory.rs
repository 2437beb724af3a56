//! Tests that are reported and block nothing.

use smoke_core::Registry;

use crate::adapter::bench::{Bench, passing};
use crate::adapter::planted::TOKEN;
use crate::adapter::scheduled::{Switch, comes_to_say, often};
use crate::adapter::stack::Stack;

pub(super) async fn warned<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let (room, disk) = (Switch::broken(), Switch::broken());
    let registry = || {
        passing()
            .test(room.test("shop::room").advisory())
            .test(disk.test("shop::disk").instance().advisory())
            .schedule(often())
            .fail_after(1)
    };
    let site = bench.serve(registry().open()).await?;
    let answer = site.get("/smoketest/").await?;
    answer.is_verdict(200, "PASS")?;
    for line in [
        "\ntests run: 3\ntests passed: 1\ntests failed: 0\ntests errored: 0\ntests warned: 2\n",
        "\nshop::room warned: no space left on the shelf\n",
        "\nshop::disk warned: no space left on the shelf\n",
    ] {
        answer.contains(line)?;
    }
    let answer = site.get("/smoketest/?format=json").await?;
    answer.is_verdict(200, "PASS")?;
    let json: serde_json::Value =
        serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    if json["tests_warned"] != 2 || json["tests"]["shop::room"]["outcome"] != "warned" {
        return Err(format!("the warning is missing: {json}"));
    }
    site.runner.start();
    comes_to_say(&site, "status", 200, "").await?;
    comes_to_say(&site, "ready", 200, "").await?;

    let with_strangers = bench.serve(registry().token(TOKEN)).await?;
    let answer = with_strangers.get("/smoketest/").await?;
    answer.is_verdict(200, "PASS")?;
    answer.contains("\nshop::room warned\n")?;
    if answer.text().contains("shelf") {
        return Err(format!("a stranger is told why: {answer:?}"));
    }
    Ok(())
}

pub(super) async fn alone<S: Stack>(bench: &Bench<S>) -> Result<(), String> {
    let room = Switch::broken();
    let registry = Registry::new().test(room.test("shop::room").advisory());
    let site = bench.serve(registry.open()).await?;
    let answer = site.get("/smoketest/").await?;
    answer.is_verdict(503, "FAIL")?;
    answer.contains("only advisory tests ran")?;
    answer.contains("\ntests warned: 1\n")
}
