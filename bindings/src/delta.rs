//! `ssefold.Delta`: owns the core's delta; Python objects are made when they are read.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use ssefold::{DeltaValue, Kind, Step};

use crate::argument::Arg;
use crate::convert;
use crate::held::Held;

/// One change of the message, in wire order; immutable.
///
/// ``kind`` says what changed; ``text`` is the fragment ("text", "reasoning", "refusal", "arguments"), the name
/// ("tool_call"), the reason ("finish"), else "". ``choice`` is the choice's index on the wire. ``index`` is the
/// position of the tool call or content block in the message, None where there is none. ``id`` is the call's id
/// ("tool_call"). ``value`` is the new value ("usage"), the role or None ("start"), or what was added or set ("other").
/// ``path`` is where in the message it went, valid in a snapshot taken after the feed that returned it.
///
/// >>> Delta("text", "Hi", path=("choices", 0, "message", "content")).text
/// 'Hi'
#[pyclass(frozen, freelist = 64, module = "ssefold")]
pub(crate) struct Delta {
    // Objects, not Rust strings: the interpreter reads them as slots, in 5 ns instead of a getter's 40.
    /// What changed.
    #[pyo3(get)]
    kind: Py<PyString>,
    /// The fragment, the tool call's name, the finish reason, or "".
    #[pyo3(get)]
    text: Py<PyString>,
    choice: u64,
    index: Option<u32>,
    id: Option<Box<str>>,
    brought: DeltaValue,
    steps: Arc<[Step]>,
    value: Held<PyAny>,
    path: Held<PyTuple>,
}

impl Delta {
    /// The core's delta as a Python object.
    pub(crate) fn of(py: Python<'_>, delta: ssefold::Delta) -> Self {
        let text = PyString::from_bytes(py, delta.text.as_bytes());
        Self {
            // The core's texts are UTF-8, so this can't fail but for want of memory.
            kind: name_of(py, delta.kind).clone().unbind(),
            text: text.unwrap_or_else(|_| PyString::new(py, "")).unbind(),
            choice: delta.choice,
            index: delta.index,
            id: delta.id,
            brought: delta.value,
            steps: delta.path,
            value: Held::new(),
            path: Held::new(),
        }
    }
}

fn name_of(py: Python<'_>, kind: Kind) -> &Bound<'_, PyString> {
    match kind {
        Kind::Start => intern!(py, "start"),
        Kind::Text => intern!(py, "text"),
        Kind::Reasoning => intern!(py, "reasoning"),
        Kind::Refusal => intern!(py, "refusal"),
        Kind::ToolCall => intern!(py, "tool_call"),
        Kind::Arguments => intern!(py, "arguments"),
        Kind::Usage => intern!(py, "usage"),
        Kind::Finish => intern!(py, "finish"),
        Kind::Other => intern!(py, "other"),
    }
}

const KINDS: [Kind; 9] = [
    Kind::Start,
    Kind::Text,
    Kind::Reasoning,
    Kind::Refusal,
    Kind::ToolCall,
    Kind::Arguments,
    Kind::Usage,
    Kind::Finish,
    Kind::Other,
];

/// A path that the caller states; None, unlike an absent one, is refused.
#[derive(Default)]
struct Given(Option<Py<PyTuple>>);

impl<'py> FromPyObject<'_, 'py> for Given {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(Some(object.cast::<PyTuple>()?.to_owned().unbind())))
    }
}

#[pymethods]
impl Delta {
    #[new]
    #[pyo3(
        signature = (
            kind,
            text = Arg(Ok("")),
            choice = Arg(Ok(0)),
            index = Arg(Ok(None)),
            id = Arg(Ok(None)),
            value = None,
            path = Arg(Ok(Given::default()))
        ),
        text_signature = "(kind, text='', choice=0, index=None, id=None, value=None, path=())"
    )]
    #[expect(clippy::too_many_arguments, reason = "the fields of a delta")]
    fn new(
        py: Python<'_>,
        kind: Arg<&str>,
        text: Arg<&str>,
        choice: Arg<u64>,
        index: Arg<Option<u32>>,
        id: Arg<Option<String>>,
        value: Option<Py<PyAny>>,
        path: Arg<Given>,
    ) -> PyResult<Self> {
        let (kind, text, id) = (kind.0?, text.0?, id.0?);
        let Some(kind) = KINDS.into_iter().find(|known| known.name() == kind) else {
            return Err(pyo3::exceptions::PyValueError::new_err(format!("\"{kind}\" is no kind of delta")));
        };
        let (choice, index, path) = (choice.0?, index.0?, path.0?);
        let id = id.map(Into::into);
        let delta =
            ssefold::Delta { kind, text: text.into(), choice, index, id, value: DeltaValue::None, path: [].into() };
        Ok(Self { value: Held::of(value), path: Held::of(path.0), ..Self::of(py, delta) })
    }

    /// The choice's index on the wire.
    #[getter]
    fn choice(&self) -> u64 {
        self.choice
    }

    /// The position of the tool call or content block in the message, or None.
    #[getter]
    fn index(&self) -> Option<u32> {
        self.index
    }

    /// The tool call's id, or None.
    #[getter]
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The new value, or what was added; None where ``text`` says it.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.value.get_or_make(py, || convert::delta_value(py, &self.brought))
    }

    /// Where in the message it went.
    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.path.get_or_make(py, || convert::path(py, &self.steps))
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let Ok(other) = other.cast::<Self>() else { return Ok(py.NotImplemented()) };
        Ok(self.values(py)?.eq(other.get().values(py)?)?.into_pyobject(py)?.to_owned().into_any().unbind())
    }

    #[classattr]
    fn __hash__() -> Option<Py<PyAny>> {
        None
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let names = ["kind", "text", "choice", "index", "id", "value", "path"];
        let values = self.values(py)?;
        let fields = names.into_iter().zip(values.iter()).map(|(name, value)| Ok(format!("{name}={}", value.repr()?)));
        Ok(format!("Delta({})", fields.collect::<PyResult<Vec<_>>>()?.join(", ")))
    }

    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        // The public class of the active backend, so that either backend's deltas load anywhere.
        let public = py.import(intern!(py, "ssefold"))?.getattr(intern!(py, "Delta"))?;
        Ok((public, self.values(py)?))
    }
}

impl Delta {
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let (kind, value, path) = (self.kind.bind(py), self.value(py)?, self.path(py)?);
        (kind, self.text.bind(py), self.choice(), self.index(), self.id(), value, path).into_pyobject(py)
    }
}
