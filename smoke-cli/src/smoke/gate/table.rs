//! The table: a line a replica.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use smoke_report::Outcome as Found;

use super::machine::Machine;
use super::odd::Remarks;
use super::standing::{Standing, State, What};
use crate::paint::Paint;
use crate::plain::one_line;
use crate::show::seconds;

/// A line of it.
pub(crate) struct Row {
    outcome: Found,
    word: &'static str,
    /// The name, the instance, the build and the time.
    cells: [String; 4],
    said: String,
}

/// How a replica stands, in a word.
pub(crate) fn word(state: &State) -> &'static str {
    match state {
        State::Unasked => "asked",
        State::Unknown(_) => "unknown",
        State::Unnamed => "unnamed",
        State::Other => "other",
        State::Failed => "failed",
        State::Passed => "passed",
    }
}

/// The outcome of a test whose colour the word has.
pub(crate) fn outcome(state: &State) -> Found {
    match state {
        State::Passed => Found::Passed,
        State::Failed => Found::Failed,
        _ => Found::Warned,
    }
}

/// A row for each replica, with what is odd about it.
pub(crate) fn rows(machine: &Machine, odd: &[Remarks]) -> Vec<Row> {
    let pairs = machine.standings.iter().zip(odd);
    pairs.map(|(standing, odd)| row(standing, odd)).collect()
}

fn row(standing: &Standing, odd: &Remarks) -> Row {
    let known = |id: &Option<String>| id.as_deref().map_or("-".into(), one_line).into_owned();
    let ran = matches!(standing.state, State::Passed | State::Failed);
    let time = if ran {
        seconds(standing.took)
    } else {
        "-".to_owned()
    };
    let mut said = said(standing);
    said.extend(odd.iter().cloned());
    Row {
        outcome: outcome(&standing.state),
        word: word(&standing.state),
        cells: [
            one_line(&standing.replica.name).into_owned(),
            known(&standing.identity.instance),
            known(&standing.identity.build),
            time,
        ],
        said: one_line(&said.join("; ")).into_owned(),
    }
}

/// What there is to say of it, beside the columns.
pub(crate) fn said(standing: &Standing) -> Vec<String> {
    match &standing.state {
        State::Unasked | State::Other => Vec::new(),
        State::Unknown(why) => vec![why.clone()],
        State::Unnamed => vec!["it names no build".to_owned()],
        State::Passed if standing.count == 0 => vec!["no tests of its own".to_owned()],
        State::Passed | State::Failed => {
            let tests = if standing.count == 1 { "test" } else { "tests" };
            let all = match standing.ran {
                Some(What::Everything) => ", the shared ones among them",
                _ => "",
            };
            vec![format!("{} {tests}{all}", standing.count)]
        }
    }
}

/// The rows below one another, each in no more columns than that.
pub(crate) fn lines(rows: &[Row], paint: Paint, columns: usize) -> Vec<String> {
    let width = |at: usize| rows.iter().map(|row| row.cells[at].width()).max();
    let widths = [0, 1, 2, 3].map(|at| width(at).unwrap_or(0));
    let line = |row: &Row| {
        let mut line = String::new();
        for (cell, width) in row.cells.iter().zip(widths) {
            let space = " ".repeat(width - cell.width());
            line += &format!(" {cell}{space}");
        }
        line += &format!(" {}", row.said);
        let word = paint.outcome(row.outcome, format!("{:>7}", row.word));
        format!("{word}{}", cut(line.trim_end(), columns.saturating_sub(7)))
    };
    rows.iter().map(line).collect()
}

/// As much of the text as fits.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut room = columns.saturating_sub(1);
    let fits = text.chars().take_while(|char| {
        let left = room.checked_sub(char.width().unwrap_or(0));
        room = left.unwrap_or(0);
        left.is_some()
    });
    fits.chain(['…']).collect()
}

/// The rows of which a person wants to know first: those that are not well.
pub(crate) fn worst_first(rows: &mut [Row]) {
    rows.sort_by_key(|row| match row.outcome {
        Found::Failed => 0,
        Found::Passed => 2,
        _ => 1,
    });
}
