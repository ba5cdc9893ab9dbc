//! Signals are looked for now and then, so that an interrupt ends work of any length.

#![expect(clippy::disallowed_methods, reason = "the core has no clock; how often to ask Python is a matter of time")]

use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// How long signals may wait, a slice of work apart. To attach costs less than a microsecond where nobody else runs
/// Python, and up to the interpreter's switch interval (5 ms) where somebody does.
pub(crate) const BEAT: Duration = Duration::from_millis(25);

/// So many calls of [`Pulse::beat`] go by between two looks at the clock, which take 25 ns each; what is done for a call takes
/// less than a microsecond.
const CALLS: u32 = 64;

/// When signals were looked for last.
pub(crate) struct Pulse {
    last: Instant,
    calls: u32,
}

impl Pulse {
    pub(crate) fn new() -> Self {
        Self { last: Instant::now(), calls: 0 }
    }

    /// Runs the handlers of signals that came, if it is time.
    ///
    /// # Errors
    /// What a handler raises.
    pub(crate) fn beat(&mut self, py: Python<'_>) -> PyResult<()> {
        self.calls = (self.calls + 1) % CALLS;
        if self.calls == 0 && self.is_due() { py.check_signals() } else { Ok(()) }
    }

    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = now.duration_since(self.last) >= BEAT;
        if due {
            self.last = now;
        }
        due
    }
}

/// Looks for signals from code that is detached.
pub(crate) struct Watch {
    pulse: Pulse,
    /// What a handler raised.
    pub(crate) seen: PyResult<()>,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { pulse: Pulse::new(), seen: Ok(()) }
    }

    /// Whether work goes on. It doesn't where the interpreter ends: nobody waits for it.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method itself is of one lifetime")]
    pub(crate) fn goes_on(&mut self) -> bool {
        if self.seen.is_ok() && self.pulse.is_due() {
            let ended = || Err(PyRuntimeError::new_err("the interpreter ends"));
            self.seen = Python::try_attach(|py| py.check_signals()).unwrap_or_else(ended);
        }
        self.seen.is_ok()
    }
}
