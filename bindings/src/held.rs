//! A Python object that is made when it is first read, and stays.

use std::sync::OnceLock;

use pyo3::prelude::*;

/// Nothing is locked while the object is made: that may run the collector, hence any code, hence the same read, and a
/// `PyOnceLock` would wait for itself. Who comes second drops what it made.
pub(crate) struct Held<T>(OnceLock<Py<T>>);

impl<T> Held<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// One that was made before.
    pub(crate) fn of(made: Option<Py<T>>) -> Self {
        Self(made.map_or_else(OnceLock::new, OnceLock::from))
    }

    /// For the collector, too, which may take no reference.
    pub(crate) fn get(&self) -> Option<&Py<T>> {
        self.0.get()
    }

    pub(crate) fn get_or_make<'py>(
        &self,
        py: Python<'py>,
        make: impl FnOnce() -> PyResult<Bound<'py, T>>,
    ) -> PyResult<Bound<'py, T>> {
        if let Some(held) = self.get() {
            return Ok(held.bind(py).clone());
        }
        let one = make()?.unbind();
        Ok(self.0.get_or_init(|| one).bind(py).clone())
    }
}
