"""A candidate passes through the pipe once; what arrives is what was sent."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import pytest

from matgen_core.core.records import Candidate, Molecule, Origin, Progress
from matgen_core.runs.transport import Pipe, Receiver, Sender
from tests.unit.runs.works import molecule

MANY = tuple(Candidate(str(i), Molecule("C" * 200 + str(i)), Origin("test", "", 0, i)) for i in range(200))


def test_what_arrives_is_what_was_sent_whatever_holds_the_candidates() -> None:
    sender, receiver = Sender(), Receiver()
    values = [
        Progress("assess", 1, 2, MANY[:3]),
        {"run": [MANY[2], MANY[0]], "again": MANY[0]},
        (),
        Progress("done", 2, 2, (*MANY[:2], replace(MANY[2], score=1.0))),
        [replace(MANY[0], id=MANY[1].id), MANY[1]],
    ]
    assert [receiver.unpack(sender.pack(value)) for value in values] == values


def test_a_candidate_that_was_sent_is_sent_again_only_where_it_has_changed() -> None:
    sender, receiver = Sender(), Receiver()
    whole = len(sender.pack(MANY))
    assert len(sender.pack(tuple(replace(c) for c in reversed(MANY)))) < whole / 20, "equal ones are known"
    assert len(sender.pack((*MANY[:-1], replace(MANY[-1], score=1.0)))) < whole / 15, "one is new"
    sender = Sender()
    first, second = (receiver.unpack(sender.pack(MANY)) for _ in range(2))
    assert all(a is b for a, b in zip(first, second, strict=True))


def test_what_is_shown_no_more_is_forgotten_on_both_sides() -> None:
    sender, receiver = Sender(), Receiver()
    for number in range(50):
        receiver.unpack(sender.pack((molecule(number),)))
    assert len(sender._sent) == len(receiver._known) == 1


def test_a_large_message_comes_whole_and_the_end_is_noticed() -> None:
    source, sink = os.pipe()
    pipe = Pipe(source, sink)
    thread = threading.Thread(target=lambda: (pipe.send(b"x" * 3_000_000), pipe.send("end"), os.close(sink)))
    thread.start()
    assert (len(pipe.receive()), pipe.receive()) == (3_000_000, "end")
    thread.join()
    with pytest.raises(EOFError):
        pipe.receive()
    os.close(source)
