"""Recordings of our own: a local server that speaks the providers' wire formats, and a client that records it.

``python -m tests.recorder`` writes ``tests/cassettes`` again, byte for byte. The text in every scenario was written for
this repository; identifiers and hosts are invented. Each scenario states by hand, what its body
merges to, so that the expectation is independent of the code under test.
"""
