"""Every peer of the dependency group ``bench`` is there and gives the right answers."""

from __future__ import annotations

import pytest

from benches.subjects import OURS, SUBJECTS, WORKLOADS, fold


@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("peer", [subject for subject in SUBJECTS if subject not in OURS])
def test_peers_give_the_answers(peer: str, name: str) -> None:
    fold(peer, name, 60)
