"""Stories as tapes: the light cone of a question, on as few wires as it takes.

A wire is an actor's qubit. What the question cannot see is dropped; the rest is done in an order in
which wires are given up early (events on different actors may change places), and a wire that is
given up serves the next actor. Stories of any structure are then rows of one array, and one
compiled program runs them all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from qjax.data import STORY_EVENTS, Stories

FOLLOWS = STORY_EVENTS.index("follows")  # From this number on an event is of two actors.
_LENGTHS = 32

Event = tuple[int, int, int]


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


def cone(events: np.ndarray, question: tuple[int, int]) -> tuple[list[Event], tuple[int, int], int]:
    """Returns the steps of one story, the wires that are asked about, and the number of wires."""
    seen = _seen(events, question)
    meetings = [event for event in seen if event[0] >= FOLLOWS]
    orders = (_order(meetings, question, by_actor) for by_actor in (False, True))
    found = (_laid_out(seen, [meetings[i] for i in order], question) for order in orders)
    return min(found, key=lambda steps_asked_wires: steps_asked_wires[2])


def narrow(stories: Stories, wires: int) -> Stories:
    """Returns the stories whose tapes take at most so many wires."""
    _, widths = tapes(stories)
    return Stories(*(field[widths <= wires] for field in stories))


def _seen(events: np.ndarray, question: tuple[int, int]) -> list[Event]:
    """The events that the question sees. Two that meet are entangled: either's future counts."""
    seen, kept = set(map(int, question)), []
    for event, actor, other in events[::-1].tolist():
        if event and (actor in seen or (event >= FOLLOWS and other in seen)):
            seen |= {actor, other}
            kept.append((event, actor, other))
    return kept[::-1]


def _order(meetings: list[Event], asked: tuple[int, int], by_actor: bool) -> Iterator[int]:
    """Yields the meetings in an order in which few actors are under way at once.

    Greedy: next is the meeting that adds fewest, or else whatever takes the fewest new actors to
    be through with one. Sets of meetings and of actors are bits of integers.

    Source of the latter: DeCross et al. 2022, arXiv 2210.08039.
    """
    last: dict[int, int] = {}
    before: list[int] = []  # Each meeting, and all that must come before it.
    among: list[int] = []  # The actors in those.
    for i, (_, *pair) in enumerate(meetings):
        earlier = [last[actor] for actor in pair if actor in last]
        before.append(1 << i)
        among.append(sum(1 << actor for actor in pair))
        for j in earlier:
            before[i] |= before[j]
            among[i] |= among[j]
        last |= dict.fromkeys(pair, i)
    ends = [1 << end for actor, end in last.items() if actor not in asked]
    goals = sorted(set(last.values())) if by_actor else list(range(len(meetings)))
    done = entered = 0

    def cost(goal: int) -> tuple[int, int]:
        todo, new = before[goal] & ~done, (among[goal] & ~entered).bit_count()
        ended = sum(bool(todo & end) for end in ends)
        return (new, -ended) if by_actor else (new - ended, goal)

    while goals := [goal for goal in goals if not done >> goal & 1]:
        ready = goals if by_actor else [g for g in goals if before[g] & ~done == 1 << g]
        goal = min(ready, key=cost)
        yield from (i for i in range(goal + 1) if before[goal] & ~done & 1 << i)
        done, entered = done | before[goal], entered | among[goal]


def _laid_out(
    seen: list[Event], meetings: list[Event], question: tuple[int, int]
) -> tuple[list[Event], tuple[int, int], int]:
    """Gives every actor a wire from his first event to his last, in the order of the meetings."""
    waiting: dict[int, deque[Event]] = {int(actor): deque() for actor in question}
    for event in seen:
        for actor in dict.fromkeys(event[1:]):
            waiting.setdefault(actor, deque()).append(event)
    wires: dict[int, int] = {}
    free: list[int] = []
    steps: list[Event] = []
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
            # A step on one wire needs a second one that it leaves alone.
            steps.append((event, wires[actor], int(wires[actor] == 0)))

    for kind, *pair in meetings:
        for actor in pair:
            do_alone(actor)
        steps.append((kind, *(wires[actor] for actor in pair)))
        for actor in pair:
            waiting[actor].popleft()
            if not waiting[actor] and actor not in question:
                free.append(wires.pop(actor))
    for actor in question:
        do_alone(actor)
    return steps, (wires[question[0]], wires[question[1]]), max(width, 2)
