//! What the programs have in common: how they begin, and how they end where they cannot.

use std::io;

use clap::Parser;

use crate::exit::Exit;
use crate::output::say;
use crate::signals::Signals;

/// What the command line says. How the process ends where that cannot be followed, and where it asks for
/// the help alone.
pub(crate) fn parsed<P: Parser>() -> Result<P, Exit> {
    P::try_parse().map_err(|said| {
        // The help, too. Whoever does not read it does not want it.
        let _ = said.print();
        let is_help = !said.use_stderr();
        if is_help { Exit::Pass } else { Exit::Usage }
    })
}

/// Does the work on this thread, which must not be one of a runtime.
pub(crate) fn on_a_runtime(work: impl Future<Output = Exit>) -> Exit {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(work);
            // The system's resolver may be at work for a name still, and nobody may be reading the report.
            runtime.shutdown_background();
            exit
        }
        Err(error) => failed_to("start a runtime", &error),
    }
}

/// From now on signals are heard. How the process ends where they cannot be.
pub(crate) fn listening() -> Result<Signals, Exit> {
    Signals::listen().map_err(|error| failed_to("listen for signals", &error))
}

/// Says what is wrong with the command line.
pub(crate) fn refused(problem: &str) -> Exit {
    say(problem);
    Exit::Usage
}

/// Says what could not be done.
pub(crate) fn failed_to(what: &str, error: &io::Error) -> Exit {
    say(&format!("failed to {what}: {error}"));
    Exit::Unknown
}
