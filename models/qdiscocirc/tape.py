"""Stories as tapes: the light cone of a question, on as few wires as it takes.

A wire is an actor's qubit. What the question cannot see is dropped; the rest is done in an order in
which wires are given up early (events on different actors may change places), and a wire that is
given up serves the next actor. Stories of any structure are then rows of one array, and one
compiled program runs them all.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from qjax.data import STORY_EVENTS, Stories

FOLLOWS = STORY_EVENTS.index("follows")  # From this number on an event is of two actors.
_LENGTHS = 32


class Tapes(NamedTuple):
    """Light cones in steps; a pytree.

    Attributes:
        steps: Int32 `[stories, steps, 3]`: the event, its wire, and a second wire. Zeros pad.
        asked: Wires of the two actors that are asked about, int32 `[stories, 2]`.
    """

    steps: np.ndarray
    asked: np.ndarray


def tapes(stories: Stories) -> tuple[Tapes, np.ndarray]:
    """Returns the tapes of stories, and how many wires each takes, int `[stories]`."""
    cones = [cone(e, tuple(q)) for e, q in zip(stories.events, stories.questions, strict=True)]
    # In multiples, so that few shapes are compiled.
    longest = -(-max(len(steps) for steps, _, _ in cones) // _LENGTHS) * _LENGTHS
    steps = np.zeros((len(cones), longest, 3), np.int32)
    steps[:, :, 2] = 1  # What pads acts on two wires as well.
    for row, (found, _, _) in zip(steps, cones, strict=True):
        row[: len(found)] = found
    asked = np.array([wires for _, wires, _ in cones], np.int32)
    return Tapes(steps, asked), np.array([width for _, _, width in cones])


def cone(
    events: np.ndarray, question: tuple[int, int]
) -> tuple[list[tuple[int, int, int]], tuple[int, int], int]:
    """Returns the steps of one story, the wires that are asked about, and the number of wires."""
    waiting = _queues(_seen(events, question))
    last = set(question)
    wires: dict[int, int] = {}
    free: list[int] = []
    steps: list[tuple[int, int, int]] = []
    width = 0

    def do_alone(actor: int) -> None:
        nonlocal width
        if actor not in wires:
            if not free:
                free.append(width)
                width += 1
            wires[actor] = free.pop(0)
        while waiting[actor] and waiting[actor][0][0] < FOLLOWS:
            event, *_ = waiting[actor].popleft()
            steps.append((event, wires[actor], -1))

    def first_meeting(actor: int) -> tuple[int, int, int] | None:
        return next((e for e in waiting[actor] if e[0] >= FOLLOWS), None)

    def growth(event: tuple[int, int, int]) -> int:
        pair = event[1:]
        ends = sum(len(_meetings(waiting[a])) == 1 and a not in last for a in pair)
        return sum(a not in wires for a in pair) - ends

    while True:
        heads = (first_meeting(actor) for actor in waiting)
        ready = [e for e in heads if e and all(first_meeting(a) == e for a in e[1:])]
        if not ready:
            break
        event = min(dict.fromkeys(ready), key=growth)
        for actor in event[1:]:
            do_alone(actor)
        kind, actor, other = event
        steps.append((kind, wires[actor], wires[other]))
        for each in (actor, other):
            waiting[each].popleft()
            if not waiting[each] and each not in last:
                free.append(wires.pop(each))
    for actor in question:
        do_alone(actor)
    # A step on one wire needs a second one that it leaves alone.
    pairs = [(kind, a, b if b >= 0 else int(a == 0)) for kind, a, b in steps]
    return pairs, (wires[question[0]], wires[question[1]]), max(width, 2)


def _seen(events: np.ndarray, question: tuple[int, int]) -> list[tuple[int, int, int]]:
    """The events that the question sees. Two that meet are entangled: either's future counts."""
    seen, kept = set(map(int, question)), []
    for event, actor, other in events[::-1].tolist():
        if event and (actor in seen or (event >= FOLLOWS and other in seen)):
            seen |= {actor, other}
            kept.append((event, actor, other))
    return kept[::-1]


def _queues(events: list[tuple[int, int, int]]) -> dict[int, deque[tuple[int, int, int]]]:
    queues: dict[int, deque[tuple[int, int, int]]] = {}
    for event in events:
        for actor in dict.fromkeys(event[1:]):
            queues.setdefault(actor, deque()).append(event)
    return queues


def _meetings(queue: deque[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    return [event for event in queue if event[0] >= FOLLOWS]
