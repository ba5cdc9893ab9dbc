"""Instructions an event, by callgrind, of ssefold and of its peers: they repeat to within a per mille.

``gate``               fail where a promise of ``gate.py`` is broken, or a cost grows faster than the stream
``record LABEL``       write ``benches/record/<date>-<label>.json``: all counts, and the times that went with them
``promises [RECORD]``  print the promises that a record, by default the newest, allows
``compare A B``        build two commits (``.``: the checkout as it is) and tell what grew by more than 3 %
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benches import compare, counting, gate, records, timing
from benches.counting import ROOT, CountError
from benches.subjects import GROWING, OURS, SUBJECTS, WORKLOADS


def run_gate() -> bool:
    """Count what the promises speak of; print each and whether it is kept."""
    wanted = [
        (subject, ways, (*WORKLOADS, *GROWING) if subject in OURS else WORKLOADS)
        for subject, ways in gate.COUNTED.items()
    ]
    counts = counting.count_all(wanted)
    verdicts = gate.factors(counts) + gate.growths(counts)
    for verdict in verdicts:
        print(verdict)
    broken = sum(not verdict.kept for verdict in verdicts)
    print(f"{broken} of {len(verdicts)} promises broken")
    return not broken


def run_record(label: str) -> bool:
    wanted = [
        (subject, counting.ways_of(subject), (*WORKLOADS, *GROWING) if subject in OURS else WORKLOADS)
        for subject in SUBJECTS
    ]
    counts = counting.count_all(wanted, counting.build_core(ROOT))
    times = timing.times(tuple(SUBJECTS), ("merge", "live", "observe"), WORKLOADS)
    print(records.write(records.make(label, counts.values(), times)))
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("gate")
    commands.add_parser("promises").add_argument("record", nargs="?", type=Path)
    commands.add_parser("record").add_argument("label")
    pair = commands.add_parser("compare")
    pair.add_argument("base")
    pair.add_argument("head")
    args = parser.parse_args()
    try:
        if args.command == "gate":
            kept = run_gate()
        elif args.command == "record":
            kept = run_record(args.label)
        elif args.command == "promises":
            counts = records.read(args.record or records.latest()).counts
            print(gate.suggested({count.key: count for count in counts}))
            kept = True
        else:
            kept = compare.compare(args.base, args.head)
    except CountError as error:
        sys.exit(f"{error}")
    sys.exit(not kept)


if __name__ == "__main__":
    main()
