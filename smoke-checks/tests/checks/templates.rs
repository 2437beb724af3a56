//! `MinijinjaTemplates` and `TeraTemplates` with templates of several kinds.

use std::fs;

use minijinja::{Environment, Value, path_loader};
use smoke_checks::{MinijinjaTemplates, TeraTemplates};
use smoke_core::{Outcome, Scope};
use tera::{Context, Tera};

use crate::support::run;

#[tokio::test]
async fn templates_of_minijinja_that_compile_pass_and_all_others_are_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mail")).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("page.html", "<h1>{{ title }}</h1>");
    write("mail/welcome.txt", "Welcome, {{ name | shout }}!");
    write(".draft.html", "{% if %}");
    let check = || {
        let mut environment = Environment::new();
        environment.set_loader(path_loader(folder.path()));
        MinijinjaTemplates::of(environment).folder(folder.path())
    };
    let test = run(check()).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(test.scope, Scope::Shared);

    let values = Value::from_iter([("name", "Ada")]);
    let test = run(check().renders("mail/welcome.txt", values)).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.starts_with("1 of 2 templates is broken: mail/welcome.txt: unknown filter"),
        "{message}"
    );

    write("broken.html", "{% if %}");
    write("mail/broken.txt", "{{ name");
    let test = run(check().names(["missing.html"])).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    for said in [
        "3 of 5 templates are broken: broken.html: syntax error",
        "; mail/broken.txt: syntax error",
        "; missing.html: template not found",
    ] {
        assert!(message.contains(said), "{message}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_to_folders_of_templates_are_followed_and_lead_nowhere_for_ever() {
    let (folder, shared) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let link = |to: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    };
    fs::create_dir(folder.path().join("mail")).unwrap();
    fs::write(folder.path().join("mail/welcome.txt"), "Welcome").unwrap();
    fs::write(shared.path().join("foot.html"), "<footer>").unwrap();
    link(shared.path(), "shared");
    link(folder.path(), "mail/all");
    let check = || {
        let mut environment = Environment::new();
        environment.set_loader(path_loader(folder.path()));
        MinijinjaTemplates::of(environment).folder(folder.path())
    };
    let test = run(check()).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");

    fs::write(shared.path().join("foot.html"), "{% if %}").unwrap();
    link(std::path::Path::new("/not/there"), "gone.html");
    let test = run(check()).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.starts_with("2 of 3 templates are broken: gone.html: "),
        "{message}"
    );
    assert!(
        message.contains("; shared/foot.html: syntax error"),
        "{message}"
    );
}

#[tokio::test]
async fn templates_of_tera_that_render_pass_and_all_others_are_named() {
    let mut tera = Tera::default();
    tera.add_raw_template("welcome.txt", "Welcome, {{ name }}!")
        .unwrap();
    let mut values = Context::new();
    let check = TeraTemplates::of(tera).names(["welcome.txt"]);
    values.insert("name", "Ada");
    let test = run(check.clone().renders("welcome.txt", values)).await;
    assert_eq!(test.outcome, Outcome::Passed, "{test:?}");
    assert_eq!(test.scope, Scope::Shared);

    let broken = check
        .names(["missing.html"])
        .renders("welcome.txt", Context::new());
    let test = run(broken).await;
    assert_eq!(test.outcome, Outcome::Failed, "{test:?}");
    let message = test.message.unwrap();
    assert!(
        message.starts_with(
            "2 of 2 templates are broken: missing.html: there is no such template; welcome.txt: "
        ),
        "{message}"
    );
    assert!(message.contains("`name`"), "{message}");
}

#[tokio::test]
async fn a_template_that_is_looked_at_twice_counts_once() {
    let mut environment = Environment::new();
    environment
        .add_template("page.html", "{{ missing() }}")
        .unwrap();
    let check = MinijinjaTemplates::of(environment)
        .names(["page.html"])
        .renders("page.html", Value::UNDEFINED)
        .renders("page.html", Value::UNDEFINED);
    let message = run(check).await.message.unwrap();
    let said = "1 of 1 templates is broken: page.html: ";
    assert!(
        message.starts_with(said) && !message.contains(';'),
        "{message}"
    );
}

#[tokio::test]
async fn no_template_at_all_errs() {
    let folder = tempfile::tempdir().unwrap();
    let test = run(MinijinjaTemplates::of(Environment::new()).folder(folder.path())).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    let test = run(TeraTemplates::of(Tera::default())).await;
    assert_eq!(test.outcome, Outcome::Errored, "{test:?}");
    let message = test.message.unwrap();
    assert!(message.contains("there is no template"), "{message}");
}
