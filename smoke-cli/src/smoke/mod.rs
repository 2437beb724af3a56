//! The program `smoke`, which asks services from outside.

mod ask;
mod client;
mod connection;
mod gate;
mod replica;
mod resolve;
mod said;
mod target;
mod tls;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::process::{on_a_runtime, parsed};

/// Asks services for their smoke tests
#[derive(Debug, Parser)]
#[command(name = "smoke", version)]
struct Smoke {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ask(ask::Ask),
    Gate(gate::Gate),
}

/// The whole program.
#[must_use]
pub fn smoke() -> ExitCode {
    let smoke: Smoke = match parsed() {
        Ok(smoke) => smoke,
        Err(exit) => return exit.into(),
    };
    let exit = on_a_runtime(async {
        match smoke.command {
            Command::Ask(ask) => ask.carry_out().await,
            Command::Gate(gate) => gate.carry_out().await,
        }
    });
    exit.into()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The commands of this program in the lines of a guide, without what stands before and after them.
    fn commands(guide: &str) -> Vec<Vec<String>> {
        let command = |line: &str| {
            let flow = line
                .split_once("args: [")
                .filter(|(_, list)| list.starts_with("gate"));
            let words = match flow {
                Some((_, list)) => words(&list.replace(", ", " ")),
                None => ["smoke gate ", "smoke ask "].iter().find_map(|name| {
                    let (before, arguments) = line.split_once(name)?;
                    // In the midst of a sentence it has no arguments.
                    let is_command = !before.contains('`') && !line.starts_with('|');
                    let name = name.trim_start_matches("smoke ");
                    is_command.then(|| words(&format!("{name}{arguments}")))
                })?,
            };
            Some(words)
        };
        let mut in_block = false;
        let lines = guide.lines().filter(move |line| {
            in_block ^= line.starts_with("```");
            in_block && !line.starts_with('#')
        });
        lines.filter_map(command).collect()
    }

    /// As a shell reads them, or a list of YAML.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut quote) = (vec![String::new()], None);
        for letter in line.chars() {
            match letter {
                '"' | '\'' if quote.is_none() => quote = Some(letter),
                _ if quote == Some(letter) => quote = None,
                ']' | '"' if quote.is_none() => {}
                ' ' if quote.is_none() => words.push(String::new()),
                _ => words.last_mut().unwrap().push(letter),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }

    #[test]
    fn the_guides_say_what_can_be_followed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (guide, at_least) in [("README.md", 1), ("docs/deploy.md", 9)] {
            let commands = commands(&fs::read_to_string(root.join(guide)).unwrap());
            assert!(commands.len() >= at_least, "{guide}: {commands:?}");
            for command in commands {
                let command = command
                    .iter()
                    .map(|word| word.replace("{{args.replicas}}", "3"));
                let command: Vec<_> = std::iter::once("smoke".to_owned()).chain(command).collect();
                if let Err(error) = Smoke::try_parse_from(&command) {
                    panic!("{guide}: {command:?}: {error}");
                }
            }
        }
    }
}
