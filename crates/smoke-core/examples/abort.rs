//! What a build with `panic = "abort"` answers; `--accept` accepts that.

use smoke_core::{Registry, Runner, Selection, Test};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let registry = Registry::new().test(Test::new("shop::opens", async || {}));
    let accept = std::env::args().any(|argument| argument == "--accept");
    let registry = if accept {
        registry.accept_abort()
    } else {
        registry
    };
    let report = Runner::new(registry).run(Selection::fast()).await;
    print!("{}", report.render(smoke_core::Format::Text));
}
