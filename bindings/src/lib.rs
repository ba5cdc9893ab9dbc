//! The Python extension `ssefold._rust`: converts, never decides.

#![expect(clippy::doc_markdown, reason = "the doc comments are Python's docstrings")]

mod argument;
mod decoder;
mod event;

/// The compiled backend of ssefold; the same names as its pure-Python twin.
#[pyo3::pymodule(gil_used = false)]
mod _rust {
    #[pymodule_export]
    use crate::decoder::EventDecoder;
    #[pymodule_export]
    use crate::event::Event;
}
