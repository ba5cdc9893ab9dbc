//! What is behind `ssefold.Merged`: the core's outcome, each value made when it is first read.

use std::sync::Arc;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use ssefold::Counts;

use crate::convert;
use crate::held::Held;

/// What a stream was merged to; behind the public Merged.
#[pyclass(frozen, module = "ssefold._rust")]
pub(crate) struct Outcome {
    core: Arc<ssefold::Outcome>,
    message: Held<PyAny>,
    error: Held<PyAny>,
    report: Held<PyAny>,
    tool_calls: Held<PyAny>,
    /// This one is in an exception, and has none itself: no cycle.
    inner: bool,
}

static MERGED: Held<PyAny> = Held::new();
static REPORT: Held<PyAny> = Held::new();
static TOOL_CALL: Held<PyAny> = Held::new();
static USAGE: Held<PyAny> = Held::new();

/// A class of the shared Python, looked up once.
fn class<'py>(py: Python<'py>, held: &'static Held<PyAny>, module: &str, name: &str) -> PyResult<Bound<'py, PyAny>> {
    held.get_or_make(py, || py.import(module)?.getattr(name))
}

impl Outcome {
    /// A public Merged of the outcome.
    pub(crate) fn merged(py: Python<'_>, outcome: Arc<ssefold::Outcome>) -> PyResult<Bound<'_, PyAny>> {
        Self::wrap(py, outcome, false)
    }

    fn wrap(py: Python<'_>, outcome: Arc<ssefold::Outcome>, inner: bool) -> PyResult<Bound<'_, PyAny>> {
        class(py, &MERGED, "ssefold.merged", "Made")?.call1((Self {
            core: outcome,
            message: Held::new(),
            error: Held::new(),
            report: Held::new(),
            tool_calls: Held::new(),
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
    /// An exception that was raised reaches, by its traceback, who asked for it. All that is held here can be cleared,
    /// or has parts that can, so no `__clear__` is needed.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        [&self.message, &self.error, &self.report, &self.tool_calls]
            .into_iter()
            .try_for_each(|held| visit.call(held.get()))
    }

    #[getter]
    fn message<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(message) = &self.core.message else { return Ok(None) };
        self.message.get_or_make(py, || convert::whole(py, message)).map(Some)
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
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if self.inner || self.core.error.is_none() {
            return Ok(None);
        }
        let made = || {
            let exception = Self::exception(py, &self.core)?;
            Ok(exception.unwrap_or_else(|| py.None().into_bound(py)))
        };
        self.error.get_or_make(py, made).map(Some)
    }

    #[getter]
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let made = || {
            let report = &self.core.report;
            let (quirks, unknown) = (counts(py, &report.quirks)?, counts(py, &report.unknown_fields)?);
            let numbers = (report.events, report.chunks, report.bytes, report.comments, report.invalid_utf8);
            let (events, chunks, bytes, comments, invalid_utf8) = numbers;
            let kind = class(py, &REPORT, "ssefold.views", "Report")?;
            kind.call1((events, chunks, bytes, comments, invalid_utf8, quirks, unknown))
        };
        self.report.get_or_make(py, made)
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
    fn tool_calls<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let made = || {
            let kind = class(py, &TOOL_CALL, "ssefold.views", "ToolCall")?;
            let calls = self.core.tool_calls();
            let calls = calls.iter().map(|call| {
                kind.call1((call.id.as_deref(), call.name.as_deref(), &call.arguments, call.status.name(), call.index))
            });
            Ok(PyList::new(py, calls.collect::<PyResult<Vec<_>>>()?)?.into_any())
        };
        self.tool_calls.get_or_make(py, made)
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
        Ok(Some(kind.call1(PyTuple::new(py, counts)?)?))
    }
}

fn counts<'py>(py: Python<'py>, counts: &Counts) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, count) in counts.iter() {
        dict.set_item(name, count)?;
    }
    Ok(dict)
}
