//! What is behind `ssefold.Merged`: the core's outcome, each value made when it is first read.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};
use ssefold::Counts;

use crate::convert;

/// What a stream was merged to; behind the public Merged.
#[pyclass(frozen, module = "ssefold._rust")]
pub(crate) struct Outcome {
    core: Arc<ssefold::Outcome>,
    message: PyOnceLock<Option<Py<PyAny>>>,
    error: PyOnceLock<Py<PyAny>>,
    report: PyOnceLock<Py<PyAny>>,
    tool_calls: PyOnceLock<Py<PyAny>>,
    /// This one is in an exception, and has none itself: no cycle.
    inner: bool,
}

static MERGED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static REPORT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static TOOL_CALL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static USAGE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// A class of the shared Python, looked up once.
fn class<'py>(
    py: Python<'py>,
    held: &'static PyOnceLock<Py<PyAny>>,
    module: &str,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let import = || Ok::<_, PyErr>(py.import(module)?.getattr(name)?.unbind());
    Ok(held.get_or_try_init(py, import)?.bind(py).clone())
}

impl Outcome {
    /// A public Merged of the outcome.
    pub(crate) fn merged(py: Python<'_>, outcome: Arc<ssefold::Outcome>) -> PyResult<Bound<'_, PyAny>> {
        Self::wrap(py, outcome, false)
    }

    fn wrap(py: Python<'_>, outcome: Arc<ssefold::Outcome>, inner: bool) -> PyResult<Bound<'_, PyAny>> {
        class(py, &MERGED, "ssefold.merged", "Made")?.call1((Self {
            core: outcome,
            message: PyOnceLock::new(),
            error: PyOnceLock::new(),
            report: PyOnceLock::new(),
            tool_calls: PyOnceLock::new(),
            inner,
        },))
    }

    /// The exception of an outcome that has an error, with all that was merged before it.
    pub(crate) fn exception<'py>(
        py: Python<'py>,
        outcome: &Arc<ssefold::Outcome>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(error) = &outcome.error else { return Ok(None) };
        let exception = convert::exception(py, error)?;
        exception.setattr(intern!(py, "merged"), Self::wrap(py, Arc::clone(outcome), true)?)?;
        Ok(Some(exception))
    }
}

#[pymethods]
impl Outcome {
    #[getter]
    fn message(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let made = || self.core.message.as_ref().map(|message| convert::message(py, message)).transpose();
        Ok(self.message.get_or_try_init(py, made)?.as_ref().map(|message| message.clone_ref(py)))
    }

    #[getter]
    fn dialect(&self) -> Option<&str> {
        self.core.dialect.as_ref().map(|dialect| dialect.name())
    }

    #[getter]
    fn termination(&self) -> &'static str {
        self.core.termination.name()
    }

    #[getter]
    fn complete(&self) -> bool {
        self.core.complete()
    }

    #[getter]
    fn error(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        if self.inner || self.core.error.is_none() {
            return Ok(None);
        }
        let made = || {
            let exception = Self::exception(py, &self.core)?;
            Ok::<_, PyErr>(exception.map_or_else(|| py.None(), Bound::unbind))
        };
        Ok(Some(self.error.get_or_try_init(py, made)?.clone_ref(py)))
    }

    #[getter]
    fn report(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let made = || {
            let report = &self.core.report;
            let (quirks, unknown) = (counts(py, &report.quirks)?, counts(py, &report.unknown_fields)?);
            let numbers = (report.events, report.chunks, report.bytes, report.comments, report.invalid_utf8);
            let (events, chunks, bytes, comments, invalid_utf8) = numbers;
            let kind = class(py, &REPORT, "ssefold.views", "Report")?;
            let made = kind.call1((events, chunks, bytes, comments, invalid_utf8, quirks, unknown))?;
            Ok::<_, PyErr>(made.unbind())
        };
        Ok(self.report.get_or_try_init(py, made)?.clone_ref(py))
    }

    #[getter]
    fn id(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.core.id()
    }

    #[getter]
    fn model(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.core.model()
    }

    #[getter]
    fn text(&self) -> std::borrow::Cow<'_, str> {
        self.core.text()
    }

    #[getter]
    fn reasoning(&self) -> std::borrow::Cow<'_, str> {
        self.core.reasoning()
    }

    #[getter]
    fn refusal(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.core.refusal()
    }

    #[getter]
    fn tool_calls(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let made = || {
            let kind = class(py, &TOOL_CALL, "ssefold.views", "ToolCall")?;
            let calls = self.core.tool_calls();
            let calls = calls.iter().map(|call| {
                kind.call1((call.id.as_deref(), call.name.as_deref(), &call.arguments, call.status.name(), call.index))
            });
            Ok::<_, PyErr>(PyList::new(py, calls.collect::<PyResult<Vec<_>>>()?)?.into_any().unbind())
        };
        Ok(self.tool_calls.get_or_try_init(py, made)?.clone_ref(py))
    }

    #[getter]
    fn finish_reason(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.core.finish_reason()
    }

    #[getter]
    fn usage<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(usage) = self.core.usage() else { return Ok(None) };
        let kind = class(py, &USAGE, "ssefold.views", "Usage")?;
        let counts =
            usage.counts.iter().map(|count| count.as_deref().map(|digits| convert::integer(py, digits)).transpose());
        let counts = counts.collect::<PyResult<Vec<_>>>()?;
        Ok(Some(kind.call1(pyo3::types::PyTuple::new(py, counts)?)?))
    }
}

fn counts<'py>(py: Python<'py>, counts: &Counts) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, count) in counts.iter() {
        dict.set_item(name, count)?;
    }
    Ok(dict)
}
