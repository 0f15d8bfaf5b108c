//! The pages. Each file has the function of a page and the struct of its template in `templates/pages/`.

pub mod overview;
