//! The routes, and nothing that lives on its own.

use examples_support::Prices;
use salvo::affix_state;
use salvo::http::StatusError;
use salvo::prelude::*;

#[handler]
async fn open() -> &'static str {
    "the shop is open\n"
}

#[handler]
async fn show_price(request: &mut Request, depot: &mut Depot) -> Result<String, StatusError> {
    let prices = depot
        .obtain::<Prices>()
        .map_err(|_| StatusError::internal_server_error())?;
    let name = request.param::<&str>("name").unwrap_or_default();
    let price = prices.of(name).ok_or_else(StatusError::not_found)?;
    Ok(format!("{price}\n"))
}

pub(crate) fn routes(prices: Prices) -> Router {
    Router::new()
        .hoop(affix_state::inject(prices))
        .get(open)
        .push(Router::with_path("prices/{name}").get(show_price))
}
