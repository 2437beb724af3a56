//! How many connections to a database are open.

use super::{Database, Dialect};

/// Asks a database that is known here.
pub(super) async fn count<D: Database>(
    dialect: Dialect,
    production: &D::Pool,
) -> Result<i64, String> {
    let sql = match dialect {
        Dialect::Postgres => {
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
        }
        Dialect::Mysql => {
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE()"
        }
        Dialect::Sqlite => return descriptors::<D>(production).await,
        Dialect::Other => {
            return Err("a database of another kind has to count its connections".to_owned());
        }
    };
    D::number(production, sql).await
}

/// The file descriptors that this process has of the database.
async fn descriptors<D: Database>(production: &D::Pool) -> Result<i64, String> {
    let mut open = 0;
    let descriptors = std::fs::read_dir("/proc/self/fd").into_iter().flatten();
    for descriptor in descriptors.flatten() {
        // One that was closed meanwhile is none any more.
        let Ok(file) = std::fs::read_link(descriptor.path()) else {
            continue;
        };
        let file = file.to_string_lossy().replace('\'', "''");
        // In WAL mode SQLite keeps some of the file itself, for connections to come.
        let sql = format!(
            "SELECT COUNT(*) FROM pragma_database_list, pragma_journal_mode \
             WHERE '{file}' = CASE journal_mode WHEN 'wal' THEN file || '-wal' ELSE file END"
        );
        open += D::number(production, &sql).await?;
    }
    Ok(open)
}
