//! `ssefold.Dialect`, and what a dialect argument may be.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::convert;

/// A table of merge rules: what each field of a provider's chunks does to the message.
///
/// >>> Dialect.from_toml('name = "mine"\n[merge]\nid = "first"\n').name
/// 'mine'
#[pyclass(frozen, module = "ssefold")]
pub(crate) struct Dialect(Arc<ssefold::Dialect>);

#[pymethods]
impl Dialect {
    /// Compile a table (TOML 1.0); DialectError with line and key if it is none.
    ///
    /// >>> Dialect.from_toml('name = "mine"\n[merge]\nid = "sum"\n')
    /// Traceback (most recent call last):
    /// ssefold.errors.DialectError: line 3: merge.id: unknown strategy sum
    #[classmethod]
    fn from_toml(_cls: &Bound<'_, PyType>, py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<Self> {
        let Ok(text) = text.cast::<PyString>() else {
            return Err(PyTypeError::new_err(format!("str expected, not {}", text.get_type().name()?)));
        };
        let text = &*text.to_cow()?;
        match ssefold::Dialect::from_toml(text) {
            Ok(dialect) => Ok(Self(Arc::new(dialect))),
            Err(error) => {
                let details = PyDict::new(py);
                details.set_item(intern!(py, "line"), error.line)?;
                details.set_item(intern!(py, "key"), error.key)?;
                let error = convert::made(intern!(py, "DialectError"), error.message, &details)?;
                Err(PyErr::from_value(error))
            }
        }
    }

    /// The dialect's name.
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Dialect({})", PyString::new(py, self.name()).repr()?))
    }
}

/// Return the names of the dialects that come with the package.
///
/// >>> "openai-chat" in dialects()
/// True
#[pyfunction]
pub(crate) fn dialects(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
    PyTuple::new(py, ssefold::dialects())
}

/// The dialect asked for: none for "auto".
pub(crate) struct Asked(pub(crate) Option<Arc<ssefold::Dialect>>);

impl FromPyObject<'_, '_> for Asked {
    type Error = PyErr;

    fn extract(dialect: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let py = dialect.py();
        if let Ok(dialect) = dialect.cast::<Dialect>() {
            return Ok(Self(Some(Arc::clone(&dialect.get().0))));
        }
        let Ok(name) = dialect.cast::<PyString>() else {
            let kind = dialect.get_type().name()?;
            return Err(PyTypeError::new_err(format!("str or Dialect expected, not {kind}")));
        };
        // No dialect has a name with half a character.
        let text = name.to_string_lossy();
        if text == "auto" {
            return Ok(Self(None));
        }
        if let Some(dialect) = ssefold::named(&text) {
            return Ok(Self(Some(dialect)));
        }
        let message = format!("unknown dialect {}: not auto, {}", name.repr()?, ssefold::dialects().join(", "));
        let details = PyDict::new(py);
        details.set_item(intern!(py, "tried"), dialects(py)?)?;
        let error = convert::made(intern!(py, "UnknownDialectError"), message, &details)?;
        Err(PyErr::from_value(error))
    }
}
