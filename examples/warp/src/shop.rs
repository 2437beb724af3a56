//! The routes, and nothing that lives on its own.

use examples_support::Prices;
use warp::reply::Reply;
use warp::{Filter, Rejection};

pub(crate) fn routes(
    prices: Prices,
) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone + Send + Sync + 'static {
    let open = warp::path::end().map(|| "the shop is open\n");
    let price = warp::path!("prices" / String).and_then(move |name: String| {
        let price = prices.of(&name);
        async move {
            price
                .map(|price| format!("{price}\n"))
                .ok_or_else(warp::reject::not_found)
        }
    });
    warp::get().and(open.or(price))
}
