"""What bounds a stream beside the two sizes that its user sets: fixed, and so wide that no recorded stream comes near.

``docs/limits.md`` says what each trips as, and what else follows from them.
"""

from __future__ import annotations

MAX_DEPTH = 128
"""Brackets that may be open at once in a payload."""
MAX_NUMBER = 4300
"""Bytes of a number token: CPython's default for the digits of an integer."""
MAX_ITEMS = 1 << 14
"""Items of a list that are found by what they state: choices, tool calls, content blocks, output items.

Those behind a new one move.
"""
MAX_USAGE = 1 << 14
"""Bytes that the usage may take of a message: each delta that tells of it has all of it."""
MAX_ENTRIES = 256
"""Distinct names that a report keeps of each kind; what comes beyond is counted under ``*``."""
MAX_ENTRY = 256
"""Bytes of such a name; a longer one is counted under ``*``."""
MAX_HELD = 32
"""Chunks that may pass before one tells the dialect."""
MAX_STEPS = 64
"""Steps of a path to one of the arguments that come in pieces."""
MAX_PLAIN = 16
"""Members of a part that a text may still continue."""
MAX_TEMPLATES = 12
"""Templates kept for a stream: the shapes of event that take turns; more are looked at in vain."""
MAX_TEMPLATE = 1 << 16
"""Bytes of an event that a template is made of."""
