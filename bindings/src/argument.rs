//! Python arguments in, the core's types out: buffers of bytes, bounds.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView};

/// An argument, or why it is none: raised as it is, where pyo3 would add a note of its own.
pub(crate) struct Arg<T>(pub(crate) PyResult<T>);

impl<'a, 'py, T: FromPyObject<'a, 'py>> FromPyObject<'a, 'py> for Arg<T> {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(value.extract::<T>().map_err(Into::into)))
    }
}

/// Whether an integer, or what stands for one, is negative.
fn is_negative(value: Borrowed<'_, '_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    py.import(intern!(py, "operator"))?.call_method1(intern!(py, "index"), (value,))?.lt(0)
}

/// The bytes of an argument: borrowed from `bytes`, copied from any other buffer, which could change under us.
pub(crate) enum Bytes<'a> {
    Borrowed(&'a [u8]),
    Copied(Vec<u8>),
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(data: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = data.cast::<PyBytes>() {
            return Ok(Self::Borrowed(bytes.as_bytes()));
        }
        if let Ok(buffer) = PyBuffer::<u8>::get(data) {
            return buffer.to_vec(data.py()).map(Self::Copied);
        }
        if let Some(bytes) = viewed(data)? {
            return Ok(Self::Copied(bytes));
        }
        let name = data.get_type().name()?;
        Err(PyTypeError::new_err(format!("a bytes-like object is required, not '{name}'")))
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}

/// The bytes of a buffer whose items are bytes by another name, as those of ctypes are; None where they are none.
fn viewed(data: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    let py = data.py();
    let view = match PyMemoryView::from(data) {
        Ok(view) => view,
        Err(error) if error.is_instance_of::<PyTypeError>(py) || error.is_instance_of::<PyBufferError>(py) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let size: usize = view.getattr(intern!(py, "itemsize"))?.extract()?;
    let format: String = view.getattr(intern!(py, "format"))?.extract()?;
    if size != 1 || !format.ends_with(['B', 'c']) {
        return Ok(None);
    }
    view.call_method0(intern!(py, "tobytes"))?.extract().map(Some)
}

/// A bound in bytes, None where there is none; an integer beyond 64 bits is none.
#[derive(Clone, Copy)]
pub(crate) struct Limit(pub(crate) Option<u64>);

impl FromPyObject<'_, '_> for Limit {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match value.extract::<Option<u64>>() {
            Ok(limit) => Ok(Self(limit)),
            Err(error) if !error.is_instance_of::<PyOverflowError>(value.py()) => Err(error),
            Err(_) if is_negative(value)? => Err(PyValueError::new_err("a bound in bytes is not negative")),
            Err(_) => Ok(Self(None)),
        }
    }
}

/// How many threads; one beyond 64 bits is as many as there may be.
#[derive(Clone, Copy)]
pub(crate) struct Threads(pub(crate) Option<usize>);

impl FromPyObject<'_, '_> for Threads {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match value.extract::<Option<usize>>() {
            Ok(Some(0)) => Err(PyValueError::new_err("threads must be at least 1")),
            Ok(threads) => Ok(Self(threads)),
            Err(error) if !error.is_instance_of::<PyOverflowError>(value.py()) => Err(error),
            Err(_) if is_negative(value)? => Err(PyValueError::new_err("threads must be at least 1")),
            Err(_) => Ok(Self(Some(usize::MAX))),
        }
    }
}

/// What the end of a stream does with an event that lacks its blank line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Incomplete {
    Discard,
    Dispatch,
}

impl FromPyObject<'_, '_> for Incomplete {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match value.extract::<&str>() {
            Ok("discard") => Ok(Self::Discard),
            Ok("dispatch") => Ok(Self::Dispatch),
            _ => {
                let message = format!("incomplete is 'discard' or 'dispatch', not {}", value.repr()?);
                Err(PyValueError::new_err(message))
            }
        }
    }
}
