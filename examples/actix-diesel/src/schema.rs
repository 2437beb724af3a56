//! The tables, as the migrations leave them.

diesel::table! {
    users (id) {
        id -> Integer,
        email -> Text,
        name -> Text,
    }
}

diesel::table! {
    notes (id) {
        id -> Integer,
        user_id -> Integer,
        text -> Text,
    }
}

diesel::joinable!(notes -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(notes, users);
