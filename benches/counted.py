"""What runs under callgrind: ``python -m benches.counted SUBJECT WAYS FOLDER``, ways comma-separated.

Each way of each workload that lies pickled in the folder (generating takes longer than folding) runs on a stream and on
one twice as long. Calls of ``getppid`` mark where the counted parts begin and end: callgrind can write its counts when
a function that it is told of is called, and nothing else here calls that one. So the interpreter's start is not in the
figures. A line of JSON on stdout for each pair.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import pickle
import sys
from pathlib import Path

from benches.subjects import check, load
from benches.workloads import Workload

mark = os.getppid


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("subject")
    parser.add_argument("ways")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    given: list[tuple[Workload, Workload, Workload]]
    given = [pickle.loads(path.read_bytes()) for path in sorted(args.folder.iterdir())]  # noqa: S301, the parent's own
    gc.disable()  # as a program does that cares for speed; peers that make many objects gain by it
    for way in args.ways.split(","):
        for warm, *pair in given:
            if way in warm.ways:
                count(args.subject, way, warm, pair)
                row = {"way": way, "workload": warm.name, "events": [each.events for each in pair]}
                sys.stdout.write(json.dumps(row) + "\n")


def count(subject: str, way: str, warm: Workload, pair: list[Workload]) -> None:
    """Run with the marks. A function, so that its results aren't freed within the next one's."""
    run = load(subject)[way]
    check(subject, way, warm, run(warm))
    gc.collect()
    mark()
    first = run(pair[0])
    mark()
    second = run(pair[1])
    mark()
    for given, got in zip(pair, (first, second), strict=True):
        check(subject, way, given, got)


if __name__ == "__main__":
    main()
