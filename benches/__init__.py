"""What ssefold costs beside what users would write or install instead: instructions, nanoseconds, memory.

``python -m benches.instructions`` counts instructions (``record``, ``gate``, ``compare``), ``python -m benches.chart``
draws a record, ``python -m benches.memory`` measures memory, ``pytest benches`` times; ``cargo bench`` times the core
without Python. Streams come from ``workloads`` and ``recordings`` with their answers; ``ours`` and ``peers`` fold them,
and each answer is checked before it counts.

Instructions are what is asserted: they repeat to within a per mille where clocks on shared machines differ by a third.
Times are printed and recorded, never asserted.
"""
