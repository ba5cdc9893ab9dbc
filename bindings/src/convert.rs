//! Values of a document in, plain Python objects out; paths and exceptions too.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyInt, PyList, PyString, PyTuple};
use ssefold::json::{Tag, Tape, key_hash, parse_float};
use ssefold::{DeltaValue, KeyId, Place, Snapshot, Step, StreamError, Value, WHOLE};

/// A whole snapshot as a plain Python object: a message as dicts and lists.
pub(crate) fn whole<'py>(py: Python<'py>, snapshot: &Snapshot) -> PyResult<Bound<'py, PyAny>> {
    value(py, snapshot, WHOLE)
}

fn value<'py>(py: Python<'py>, snapshot: &Snapshot, at: Place) -> PyResult<Bound<'py, PyAny>> {
    Ok(match snapshot.value(at) {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => truth.into_pyobject(py)?.to_owned().into_any(),
        Value::Int(number) => number.into_pyobject(py)?.into_any(),
        Value::BigInt(token) => integer(py, token)?,
        Value::Float(number) => number.into_pyobject(py)?.into_any(),
        Value::Str(text) => PyString::new(py, text).into_any(),
        Value::Raw(json) => {
            let mut tape = Tape::new();
            // Parsed once before, so it parses now.
            let _ = tape.parse(json);
            raw(py, &tape, json, 0)?
        }
        Value::Object => {
            let dict = PyDict::new(py);
            for (key, member) in snapshot.members(at) {
                dict.set_item(name(py, snapshot, key), value(py, snapshot, member)?)?;
            }
            dict.into_any()
        }
        Value::List => {
            let items = snapshot.items(at).map(|item| value(py, snapshot, item)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
    })
}

/// The Python strings of the names that a table knows.
struct Names(Vec<PyOnceLock<Py<PyString>>>);

/// A member's name: an interned string, which for a table's names is made once. A tenth of a message's conversion.
fn name<'py>(py: Python<'py>, snapshot: &Snapshot, key: KeyId) -> Bound<'py, PyString> {
    let table = snapshot.table();
    let make = || Names(std::iter::repeat_with(PyOnceLock::new).take(table.len()).collect());
    match table.attached(make).and_then(|names| names.0.get(key as usize)) {
        Some(held) => {
            let intern = || PyString::intern(py, snapshot.key(key)).unbind();
            held.get_or_init(py, intern).bind(py).clone()
        }
        None => common(py, snapshot.key(key)),
    }
}

/// How many names that no table knows are kept, and of how many bytes at most.
const COMMON: usize = 512;
const COMMON_SIZE: usize = 64;

/// Such names by their hash: the first one that comes to a place stays there, so nobody waits for anybody.
static NAMES: [PyOnceLock<(Box<str>, Py<PyString>)>; COMMON] = [const { PyOnceLock::new() }; COMMON];

/// A name that no table knows: streams of one provider share theirs. Others are not interned, which `CPython` 3.12 does for
/// ever.
fn common<'py>(py: Python<'py>, name: &str) -> Bound<'py, PyString> {
    let place = NAMES.get(key_hash(name.as_bytes()) as usize % COMMON).filter(|_| name.len() <= COMMON_SIZE);
    match place.map(|place| place.get_or_init(py, || (name.into(), PyString::intern(py, name).unbind()))) {
        Some((text, held)) if **text == *name => held.bind(py).clone(),
        _ => PyString::new(py, name),
    }
}

/// A value of a tape as a plain Python object.
fn raw<'py>(py: Python<'py>, tape: &Tape, text: &str, at: u32) -> PyResult<Bound<'py, PyAny>> {
    let entry = tape.entry(at);
    Ok(match entry.tag {
        Tag::Null => py.None().into_bound(py),
        Tag::True => true.into_pyobject(py)?.to_owned().into_any(),
        Tag::False => false.into_pyobject(py)?.to_owned().into_any(),
        Tag::Int => integer(py, tape.str_of(text, entry))?,
        Tag::Float => parse_float(tape.str_of(text, entry)).into_pyobject(py)?.into_any(),
        Tag::Str | Tag::Escaped => PyString::new(py, &tape.text_of(text, entry)).into_any(),
        Tag::Object => {
            let dict = PyDict::new(py);
            for (key, member) in tape.fields(at) {
                dict.set_item(common(py, &tape.text_of(text, key)), raw(py, tape, text, member)?)?;
            }
            dict.into_any()
        }
        Tag::List => {
            let items = tape.items(at).map(|item| raw(py, tape, text, item)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
    })
}

/// An integer of any size, whatever the interpreter's limit on digits.
pub(crate) fn integer<'py>(py: Python<'py>, digits: &str) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(small) = digits.parse::<i64>() {
        return Ok(small.into_pyobject(py)?.into_any());
    }
    // No limit is smaller (sys.int_info.str_digits_check_threshold); an import may be under way when the collector calls.
    if digits.len() <= 640 {
        return py.get_type::<PyInt>().call1((digits,));
    }
    py.import(intern!(py, "ssefold.integers"))?.call_method1(intern!(py, "exact_int"), (digits,))
}

/// What a delta brings beside text.
pub(crate) fn delta_value<'py>(py: Python<'py>, held: &DeltaValue) -> PyResult<Bound<'py, PyAny>> {
    match held {
        DeltaValue::None => Ok(py.None().into_bound(py)),
        DeltaValue::Text(text) => Ok(PyString::new(py, text).into_any()),
        DeltaValue::Value(snapshot) => whole(py, snapshot),
    }
}

/// A path as a tuple of names and positions.
pub(crate) fn path<'py>(py: Python<'py>, steps: &[Step]) -> PyResult<Bound<'py, PyTuple>> {
    let steps = steps.iter().map(|step| match step {
        Step::Key(name) => Ok(common(py, name).into_any()),
        Step::Index(place) => Ok(place.into_pyobject(py)?.into_any()),
    });
    PyTuple::new(py, steps.collect::<PyResult<Vec<_>>>()?)
}

/// A fresh exception.
pub(crate) fn exception<'py>(py: Python<'py>, error: &StreamError) -> PyResult<Bound<'py, PyAny>> {
    let mut details = PyDict::new(py);
    let kind = match error {
        StreamError::Malformed { event, offset, excerpt, .. } => {
            details.set_item(intern!(py, "event"), event)?;
            details.set_item(intern!(py, "offset"), offset)?;
            details.set_item(intern!(py, "excerpt"), excerpt)?;
            intern!(py, "MalformedStreamError")
        }
        StreamError::Limit { limit, value, event, offset } => {
            details = limit_details(py, limit, [*value, *event, *offset])?;
            intern!(py, "StreamLimitError")
        }
        StreamError::Provider(object) => {
            details.set_item(intern!(py, "error"), whole(py, object)?)?;
            intern!(py, "ProviderError")
        }
        StreamError::Incomplete(_) => intern!(py, "IncompleteStreamError"),
        StreamError::Unknown(_) => {
            details.set_item(intern!(py, "tried"), PyTuple::new(py, ssefold::dialects())?)?;
            intern!(py, "UnknownDialectError")
        }
    };
    made(kind, error.text(), &details)
}

/// How many objects are made before signals are looked for: some 5 ms of work.
const MANY: usize = 65_536;

/// A list of as many objects as there may be.
pub(crate) fn list<'py, T: IntoPyObject<'py>>(
    py: Python<'py>,
    mut items: impl ExactSizeIterator<Item = T>,
) -> PyResult<Bound<'py, PyList>> {
    if items.len() <= MANY {
        return PyList::new(py, items);
    }
    let list = PyList::empty(py);
    while items.len() > 0 {
        for item in items.by_ref().take(MANY) {
            list.append(item)?;
        }
        py.check_signals()?;
    }
    Ok(list)
}

/// An exception of the shared Python, by the name of its class.
pub(crate) fn made<'py>(
    kind: &Bound<'py, PyString>,
    message: String,
    details: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = kind.py();
    py.import(intern!(py, "ssefold.errors"))?.getattr(kind)?.call((message,), Some(details))
}

/// What a StreamLimitError says: the bound's name and value, the event, and the offset in it.
pub(crate) fn limit_details<'py>(py: Python<'py>, limit: &str, numbers: [u64; 3]) -> PyResult<Bound<'py, PyDict>> {
    let [value, event, offset] = numbers;
    let details = PyDict::new(py);
    details.set_item(intern!(py, "limit"), limit)?;
    details.set_item(intern!(py, "value"), value)?;
    details.set_item(intern!(py, "event"), event)?;
    details.set_item(intern!(py, "offset"), offset)?;
    Ok(details)
}
