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
        message.contains("mail/welcome.txt: unknown filter"),
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
        message.contains("missing.html: there is no such template; welcome.txt: "),
        "{message}"
    );
    assert!(message.contains("`name`"), "{message}");
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
