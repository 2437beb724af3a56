//! The ways out, database by database.

mod common;
pub(crate) mod mariadb;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use crate::attempt::{Fate, From, On, attempt};
use crate::library::Library;
use crate::outside::{Ground, Outside};
use crate::way::{Act, Step, Way};

/// What was found on one database.
pub(crate) struct Tried {
    pub(crate) database: &'static str,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// What became of one way out, column by column; none where the library does not have it.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unseen: Option<&'static str>,
    pub(crate) fates: Vec<Option<[Fate; 2]>>,
}

impl Tried {
    fn new(database: &'static str, ways: &[Way]) -> Self {
        let rows = ways.iter().map(|way| Row {
            name: way.name,
            unseen: way.unseen,
            fates: Vec::new(),
        });
        Self {
            database,
            columns: Vec::new(),
            rows: rows.collect(),
        }
    }

    /// Tries every way out through one library.
    async fn through<L: Library>(
        &mut self,
        library: L,
        ways: &[Way],
        ground: &Ground,
        outside: &mut dyn Outside,
        note: &str,
    ) {
        self.add(Column::of(library, ways, ground, outside, note).await);
    }

    fn add(&mut self, column: Column) {
        let before = self.columns.len();
        self.columns.push(column.name);
        for (way, fates) in column.fates {
            let row = match self.rows.iter_mut().find(|row| row.name == way.name) {
                Some(row) => row,
                None => {
                    self.rows.push(Row {
                        name: way.name,
                        unseen: way.unseen,
                        fates: vec![None; before],
                    });
                    self.rows.last_mut().unwrap()
                }
            };
            row.fates.push(Some(fates));
        }
        for row in &mut self.rows {
            row.fates.resize(before + 1, None);
        }
    }
}

/// What became of each way out through one library.
struct Column {
    name: String,
    fates: Vec<(Way, [Fate; 2])>,
}

impl Column {
    async fn of<L: Library>(
        library: L,
        ways: &[Way],
        ground: &Ground,
        outside: &mut dyn Outside,
        note: &str,
    ) -> Self {
        let own = library.own().iter().enumerate().map(|(number, own)| Way {
            name: own.name,
            step: Step::Own(number),
            unseen: None,
            alone: false,
        });
        let mut fates = Vec::new();
        for way in ways.iter().copied().chain(own) {
            let handler = both(&library, way, From::Handler, ground, outside).await;
            let test = match way.step {
                // A test sends no requests to itself.
                Step::Act(Act::StaticPoolInGet) => handler.clone(),
                _ => both(&library, way, From::Test, ground, outside).await,
            };
            fates.push((way, [handler, test]));
        }
        Self {
            name: format!("{}{note}", library.name()),
            fates,
        }
    }
}

/// Tries it on a connection of its own, and on one that is moved, where the library does that: the
/// same has to become of it.
async fn both<L: Library>(
    library: &L,
    way: Way,
    from: From,
    ground: &Ground,
    outside: &mut dyn Outside,
) -> Fate {
    let fate = attempt(library, way, (from, On::New), ground, outside).await;
    if library.moves() {
        let moved = attempt(library, way, (from, On::Moved), ground, outside).await;
        assert_eq!(
            moved,
            fate,
            "{} from {from:?}, {}: on a connection that is moved, and on a new one",
            way.name,
            library.name()
        );
    }
    fate
}

fn url(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: `cargo xtask test` starts a server and sets it")
    })
}
