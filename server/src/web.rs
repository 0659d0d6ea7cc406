//! The page people see.

use axum::response::Html;

/// The web page: one file, served with the program.
pub async fn page() -> Html<&'static str> {
    Html(include_str!("../web/index.html"))
}
