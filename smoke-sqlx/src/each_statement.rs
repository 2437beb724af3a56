//! A savepoint for each statement, where that is asked for.

#[cfg(feature = "savepoint-each-statement")]
pub(crate) use smoke_pg_relay::Relay;

/// Nothing, where the feature is not chosen.
#[cfg(not(feature = "savepoint-each-statement"))]
pub(crate) enum Relay {}

/// The options that a sandbox connects with instead of those, and what goes with its pool.
#[cfg(all(feature = "postgres", feature = "savepoint-each-statement"))]
pub(crate) async fn by_way_of_relay(
    options: &sqlx::postgres::PgConnectOptions,
) -> smoke_core::Result<(sqlx::postgres::PgConnectOptions, Option<Relay>)> {
    use smoke_pg_relay::Server;
    use sqlx::postgres::PgSslMode;

    let host = options.get_host();
    if options.get_socket().is_some() {
        return Err(smoke_core::Error::msg(
            "savepoint_each_statement() needs a socket as the host of the options: \
             `host(\"/run/postgresql\")` instead of `socket(..)` or `?host=`",
        ));
    }
    if !host.starts_with('/') && !matches!(options.get_ssl_mode(), PgSslMode::Disable) {
        return Err(smoke_core::Error::msg(
            "a connection that may be encrypted cannot have a savepoint for each statement: \
             savepoint_each_statement() needs `PgSslMode::Disable`, or `sslmode=disable` in the URL",
        ));
    }
    let server = Server::new(host, options.get_port());
    let relay = Relay::to(server, options.get_application_name()).await?;
    let at = relay.address();
    let options = options.clone().ssl_mode(PgSslMode::Disable);
    let options = options.host(&at.ip().to_string()).port(at.port());
    Ok((options.application_name(relay.secret_name()), Some(relay)))
}

#[cfg(all(feature = "postgres", not(feature = "savepoint-each-statement")))]
pub(crate) async fn by_way_of_relay(
    options: &sqlx::postgres::PgConnectOptions,
) -> smoke_core::Result<(sqlx::postgres::PgConnectOptions, Option<Relay>)> {
    Ok((options.clone(), None))
}
