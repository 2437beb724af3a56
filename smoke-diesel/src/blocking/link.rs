//! What every link has in common whose connections block.

/// The parts of a `Link` that are the same whatever the pool: for an `impl` that is generic over the
/// connection `C`, of a type with a `manager`.
macro_rules! blocking_link {
    () => {
        async fn apart<T: Send + 'static>(
            work: impl Future<Output = T> + Send + 'static,
        ) -> Option<T> {
            blocking::apart(work).await
        }

        async fn run(connection: &mut C, sql: &str) -> QueryResult<()> {
            connection.batch_execute(sql)
        }

        async fn texts(connection: &mut C, sql: &str) -> QueryResult<Vec<Option<String>>> {
            connection.texts(sql)
        }

        async fn begin(&self, connection: &mut C, sql: &str) -> QueryResult<()> {
            blocking::begin(connection, sql)
        }

        async fn unnest(connection: &mut C) -> bool {
            blocking::end_nested(connection);
            true
        }

        async fn other(&self) -> Result<C, String> {
            blocking::connect(&self.manager)
        }

        fn keep_no_statements(connection: &mut C) {
            connection.keep_no_statements();
        }

        fn read(error: &Error) -> Fault {
            errors::read::<C::Dialect>(error)
        }

        fn said(error: &Error) -> String {
            errors::said(error)
        }

        fn failure(why: &str) -> Error {
            errors::failure(why)
        }

        fn find(&self, clue: Clue<'_>) -> Option<Found> {
            errors::find::<C::Dialect>(clue)
        }
    };
}

pub(crate) use blocking_link;
