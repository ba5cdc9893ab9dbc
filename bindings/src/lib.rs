//! The Python extension `ssefold._rust`: converts, never decides.

#![expect(clippy::doc_markdown, clippy::doc_link_with_quotes, reason = "the doc comments are Python's docstrings")]

mod argument;
mod batch;
mod convert;
mod decoder;
mod delta;
mod dialect;
mod event;
mod held;
mod merger;
mod outcome;
mod pulse;
mod turn;

/// The compiled backend of ssefold; the same names as its pure-Python twin.
#[pyo3::pymodule(gil_used = false)]
mod _rust {
    use pyo3::exceptions::PyImportError;
    use pyo3::prelude::*;

    use crate::held::Held;

    #[pymodule_export]
    use crate::batch::merge_many;
    #[pymodule_export]
    use crate::decoder::EventDecoder;
    #[pymodule_export]
    use crate::delta::Delta;
    #[pymodule_export]
    use crate::dialect::{Dialect, dialects};
    #[pymodule_export]
    use crate::event::Event;
    #[pymodule_export]
    use crate::merger::Merger;

    /// The `sys` of the interpreter that loaded this first.
    static SYS: Held<PyModule> = Held::new();

    /// Functions are named as the public ones, which classes say themselves.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // CPython itself refuses one with a GIL of its own. One that shares the GIL would get the first one's classes.
        let sys = module.py().import("sys")?;
        if !SYS.get_or_make(module.py(), || Ok(sys.clone()))?.is(&sys) {
            return Err(PyImportError::new_err(
                "ssefold._rust serves the interpreter that loaded it first, and no other",
            ));
        }
        ["dialects", "merge_many"]
            .into_iter()
            .try_for_each(|name| module.getattr(name)?.setattr("__module__", "ssefold"))
    }
}
