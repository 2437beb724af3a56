//! The tables, as the migrations leave them.

diesel::table! {
    products (id) {
        id -> BigInt,
        name -> Text,
        stock -> Integer,
    }
}

diesel::table! {
    orders (id) {
        id -> BigInt,
        product_id -> BigInt,
        quantity -> Integer,
    }
}

diesel::joinable!(orders -> products (product_id));
diesel::allow_tables_to_appear_in_same_query!(orders, products);
