"""Stories of actors who walk, turn and follow each other, and a question about two of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

STORY_EVENTS: tuple[str, ...] = (
    "",  # What pads a story.
    "walks north",
    "walks east",
    "walks south",
    "walks west",
    "turns left",
    "turns right",
    "turns around",
    "follows",
    "goes in the opposite direction of",
)
"""The events of `following_stories` by their number; the last two name another actor."""

_WALKS = {2: (1, 3), 4: (1, 2, 3, 4)}
_TURNS = {2: (7,), 4: (5, 6, 7)}
_QUARTERS = {5: 3, 6: 1, 7: 2}  # How far a turn goes clockwise.
_FOLLOWS, _OPPOSITE = 8, 9
_TWO_ACTORS = 0.7  # Probability that an independent event is of two actors.


class Density(NamedTuple):
    """How the events of a story are drawn.

    Attributes:
        sentences: Fewest and most sentences for each actor, the first walk among them.
        turns: Turns of each actor that are shuffled among one event of every pair; None where
            every event is drawn on its own.
    """

    sentences: tuple[float, float]
    turns: int | None


STORY_DENSITIES: dict[str, Density] = {
    "simple": Density((1.2, 2.0), None),
    "deeper": Density((2.4, 4.0), None),
    "less_dense": Density((2.2, 3.2), 2),
    "dense": Density((2.4, 3.4), 1),
    "superdense": Density((2.8, 3.6), 0),
}
"""Classes of stories by how often two actors meet."""


class Stories(NamedTuple):
    """Stories with a question each.

    Attributes:
        events: Int32 `[stories, most sentences, 3]`: number of the event, actor, other actor (the
            same one where there is none). Zeros pad.
        questions: The two actors that are asked about, int32 `[stories, 2]`.
        labels: 1 if they go the same way in the end, else 0, int32 `[stories]`.
        actors: Number of actors, int32 `[stories]`.
    """

    events: np.ndarray
    questions: np.ndarray
    labels: np.ndarray
    actors: np.ndarray

    def text(self, story: int) -> str:
        """Returns a story and its question in words."""
        lines = []
        for event, actor, other in self.events[story]:
            if event:
                whom = f" {_name(other)}" if event >= _FOLLOWS else ""
                lines.append(f"{_name(actor)} {STORY_EVENTS[event]}{whom}.")
        first, second = map(_name, self.questions[story])
        return " ".join([*lines, f"Does {first} go in the same direction as {second}?"])


def following_stories(
    count: int,
    *,
    actors: tuple[int, int] = (2, 8),
    directions: int = 2,
    density: str = "simple",
    seed: int = 0,
) -> Stories:
    """Returns stories whose answer takes following who followed whom.

    First every actor walks in a direction. Then actors turn, follow another (and take the
    direction that he has at that moment), or go in the direction opposite to another's. All widths
    in the range are equally frequent, and half of the answers of each are yes.

    Args:
        count: Number of stories.
        actors: Fewest and most actors.
        directions: 2 (north and south) or 4.
        density: A key of `STORY_DENSITIES`.
        seed: Seed of the stories.

    Returns:
        `Stories`, ordered by nothing but the width that repeats.

    Raises:
        ValueError: If an argument is out of range.

    References:
        Duneau et al. 2024, arXiv 2409.08777, section 4: the task and its densities. The generator
        is this module's own.

    Example:
        >>> from qjax.data import following_stories
        >>> stories = following_stories(4, actors=(2, 2))
        >>> stories.events.shape[2], stories.labels.tolist()
        (3, [0, 1, 0, 1])
        >>> print(stories.text(1))
        Ada walks south. Bob walks south. Does Ada go in the same direction as Bob?
    """
    for name, value, least in (("count", count, 1), ("actors", min(actors), 2)):
        if value < least:
            raise ValueError(f"Argument `{name}` must be at least {least}, but is {value}.")
    if directions not in _WALKS:
        raise ValueError(f"Argument `directions` must be 2 or 4, but is {directions}.")
    if density not in STORY_DENSITIES:
        known = ", ".join(STORY_DENSITIES)
        raise ValueError(f"Argument `density` must be one of {known}, but is {density!r}.")
    if actors[1] < actors[0]:
        raise ValueError(f"Argument `actors` must be a range, but is {actors}.")
    rng = np.random.default_rng(seed)
    widths = np.arange(count) // 2 % (actors[1] - actors[0] + 1) + actors[0]
    labels = np.arange(count) % 2
    drawn = [
        _story(rng, int(width), directions, STORY_DENSITIES[density], bool(label))
        for width, label in zip(widths, labels, strict=True)
    ]
    events = np.zeros((count, max(len(story) for story, _ in drawn), 3), np.int32)
    for row, (story, _) in zip(events, drawn, strict=True):
        row[: len(story)] = story
    questions = np.array([question for _, question in drawn], np.int32)
    return Stories(events, questions, labels.astype(np.int32), widths.astype(np.int32))


def story_directions(events: np.ndarray, actors: int) -> np.ndarray:
    """Returns where every actor of a story goes in the end.

    Args:
        events: One story of `Stories.events`, `[sentences, 3]`.
        actors: Number of actors.

    Returns:
        Int `[actors]`: 0 north, 1 east, 2 south, 3 west.

    Example:
        >>> import numpy as np
        >>> from qjax.data import story_directions
        >>> story_directions(np.array([[1, 0, 0], [3, 1, 1], [8, 0, 1], [7, 1, 1]]), 2).tolist()
        [2, 0]
    """
    facing = np.zeros(actors, int)
    for event, actor, other in events:
        if event in _WALKS[4]:
            facing[actor] = event - 1
        elif event in _QUARTERS:
            facing[actor] = (facing[actor] + _QUARTERS[event]) % 4
        elif event:
            facing[actor] = (facing[other] + 2 * (event == _OPPOSITE)) % 4
    return facing


def _story(
    rng: np.random.Generator, width: int, directions: int, density: Density, answer: bool
) -> tuple[list[tuple[int, int, int]], tuple[int, int]]:
    """A story and a question whose answer is the one that is wanted."""
    low, high = (round(share * width) for share in density.sentences)
    while True:
        story = [(int(rng.choice(_WALKS[directions])), i, i) for i in range(width)]
        wanted = int(rng.integers(low, high + 1)) - width
        draw = _independent if density.turns is None else _every_pair
        story += draw(rng, width, directions, wanted, density.turns or 0)
        facing = story_directions(np.array(story), width)
        for _ in range(width):
            first, second = map(int, rng.choice(width, 2, replace=False))
            if (facing[first] == facing[second]) == answer:
                return story, (first, second)


def _independent(
    rng: np.random.Generator, width: int, directions: int, count: int, _: int
) -> Iterator[tuple[int, int, int]]:
    before: tuple[int, int, int] | None = None
    while count > 0:
        if rng.random() < _TWO_ACTORS:
            actor, other = map(int, rng.choice(width, 2, replace=False))
            event = int(rng.choice((_FOLLOWS, _OPPOSITE))), actor, other
            if event == before:
                continue
        else:
            actor = int(rng.integers(width))
            event = int(rng.choice(_TURNS[directions])), actor, actor
        yield event
        before, count = event, count - 1


def _every_pair(
    rng: np.random.Generator, width: int, directions: int, count: int, turns: int
) -> Iterator[tuple[int, int, int]]:
    turning = [i for i in range(width) for _ in range(turns)]
    events = [(int(rng.choice(_TURNS[directions])), i, i) for i in turning]
    for pair in ((i, j) for i in range(width) for j in range(i)):
        actor, other = map(int, rng.permutation(pair))
        events.append((int(rng.choice((_FOLLOWS, _OPPOSITE))), actor, other))
    for place in rng.permutation(len(events))[: max(count, 0)]:
        yield events[place]


def _name(actor: int) -> str:
    return _NAMES[actor] if actor < len(_NAMES) else f"Actor {actor + 1}"


_NAMES = (
    *("Ada", "Bob", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ida", "Jack"),
    *("Kira", "Leo", "Mia", "Ned", "Olga", "Paul", "Queenie", "Rob", "Sue", "Tom"),
    *("Uma", "Vic", "Wanda", "Xena", "Yuri", "Zoe", "Amir", "Bea", "Carl", "Dora"),
)
