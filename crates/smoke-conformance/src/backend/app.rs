//! A small application whose requests are SQL.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use smoke_core::{App, AppBody, AppFactory, Sandbox};
use tokio::sync::{Notify, mpsc};

use super::Database;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// `POST` with a body of SQL: `/execute` runs it, `/tolerate` passes over its errors, `/keep` and
/// `/keep-rows` keep them to themselves,
/// `/transaction` commits it in a transaction of the library's, `/elsewhere` runs it on
/// production's pool, `/later` runs it now and once more when the test is over.
/// `GET /rows` counts.
pub(super) struct SqlApp<D: Database> {
    pool: D::Pool,
    production: D::Pool,
    late: Late,
    database: PhantomData<D>,
}

/// Work that is done when the test is over.
#[derive(Clone)]
pub(super) struct Late {
    /// Told that the test is over.
    pub(super) over: Arc<Notify>,
    /// Tells what became of the work.
    pub(super) done: mpsc::UnboundedSender<Result<(), String>>,
}

impl<D: Database> SqlApp<D> {
    pub(super) fn factory(production: D::Pool) -> AppFactory {
        let late = Late {
            over: Arc::default(),
            done: mpsc::unbounded_channel().0,
        };
        Self::working_late(production, late)
    }

    /// The same, with an end of the test that is told of.
    pub(super) fn working_late(production: D::Pool, late: Late) -> AppFactory {
        let factory = move |Sandbox(pool): Sandbox<D::Pool>| Self {
            pool,
            production: production.clone(),
            late: late.clone(),
            database: PhantomData,
        };
        AppFactory::new(factory, |app: Self| app)
    }
}

impl<D: Database> App for SqlApp<D> {
    fn call(
        &self,
        request: Request<AppBody>,
    ) -> BoxFuture<'static, Result<Response<AppBody>, BoxError>> {
        let (pool, production, late) = (
            self.pool.clone(),
            self.production.clone(),
            self.late.clone(),
        );
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let sql = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
            let done = match head.uri.path() {
                "/execute" => D::execute(&pool, &sql).await.map(|()| String::new()),
                "/tolerate" => {
                    let tolerated = D::execute(&pool, &sql).await;
                    Ok(tolerated.err().unwrap_or_default())
                }
                "/keep" => D::execute(&pool, &sql)
                    .await
                    .map_or_else(|_| Err("sorry".to_owned()), |()| Ok(String::new())),
                "/keep-rows" => D::number(&pool, &sql)
                    .await
                    .map_or_else(|_| Err("sorry".to_owned()), |_| Ok(String::new())),
                "/transaction" => D::transaction(&pool, &sql).await.map(|()| String::new()),
                "/elsewhere" => D::execute(&production, &sql).await.map(|()| String::new()),
                "/later" => {
                    let now = D::execute(&pool, &sql).await;
                    tokio::spawn(async move {
                        late.over.notified().await;
                        let again = D::execute(&pool, &sql.replace('2', "3")).await;
                        let _ = late.done.send(again);
                    });
                    now.map(|()| String::new())
                }
                "/rows" => D::number(&pool, "SELECT COUNT(*) FROM smoke_conformance")
                    .await
                    .map(|rows| rows.to_string()),
                "/panic" => panic!("the handler panics"),
                _ => Err("no such page".to_owned()),
            };
            let (status, text) = match done {
                Ok(text) => (StatusCode::OK, text),
                Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error),
            };
            let body = Full::new(Bytes::from(text))
                .map_err(|never| match never {})
                .boxed_unsync();
            let mut response = Response::new(body);
            *response.status_mut() = status;
            Ok(response)
        })
    }
}
