//! Python arguments in, the core's types out: buffers of bytes, bounds.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

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

/// A bound in bytes, None where there is none; an integer beyond 64 bits is none.
#[derive(Clone, Copy)]
pub(crate) struct Limit(pub(crate) Option<u64>);

impl FromPyObject<'_, '_> for Limit {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match value.extract::<Option<u64>>() {
            Ok(limit) => Ok(Self(limit)),
            Err(error) if !error.is_instance_of::<PyOverflowError>(value.py()) => Err(error),
            Err(_) if value.lt(0)? => Err(PyValueError::new_err("a bound in bytes is not negative")),
            Err(_) => Ok(Self(None)),
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
