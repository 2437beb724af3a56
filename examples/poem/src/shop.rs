//! The routes, and nothing that lives on its own.

use examples_support::Prices;
use poem::error::NotFoundError;
use poem::middleware::AddData;
use poem::web::{Data, Path};
use poem::{EndpointExt as _, Result, Route, get, handler};

#[handler]
fn open() -> &'static str {
    "the shop is open\n"
}

#[handler]
fn price(Path(name): Path<String>, Data(prices): Data<&Prices>) -> Result<String> {
    let price = prices.of(&name).ok_or(NotFoundError)?;
    Ok(format!("{price}\n"))
}

pub(crate) fn routes(prices: Prices) -> Route {
    Route::new()
        .at("/", get(open))
        .at("/prices/:name", get(price).with(AddData::new(prices)))
}
