"""Stories: their labels by another reading of them, their balance and their densities."""

import re

import numpy as np
import pytest

from qjax.data import STORY_DENSITIES, STORY_EVENTS, following_stories, story_directions

COMPASS = ("north", "east", "south", "west")


def read(text):
    """Answers the question of a story that is told in words."""
    *told, question = re.split(r"(?<=\.) ", text)
    facing = {}
    for sentence in told:
        match sentence.rstrip(".").split():
            case [who, "walks", way]:
                facing[who] = COMPASS.index(way)
            case [who, "turns", way]:
                facing[who] += {"left": -1, "right": 1, "around": 2}[way]
            case [who, "follows", whom]:
                facing[who] = facing[whom]
            case [who, *_, "of", whom]:
                facing[who] = facing[whom] + 2
    first, second = question.split()[1], question.rstrip("?").split()[-1]
    return (facing[first] - facing[second]) % 4 == 0


@pytest.mark.parametrize("directions", [2, 4])
@pytest.mark.parametrize("density", STORY_DENSITIES)
def test_labels_are_what_a_reader_answers(directions, density):
    stories = following_stories(24, actors=(2, 7), directions=directions, density=density, seed=3)
    answers = [read(stories.text(i)) for i in range(24)]
    np.testing.assert_array_equal(stories.labels, answers)
    assert stories.labels.mean() == 0.5
    assert sorted(set(stories.actors)) == list(range(2, 8))
    walks = (1, 3) if directions == 2 else (1, 2, 3, 4)
    for events, actors in zip(stories.events, stories.actors, strict=True):
        assert set(events[:actors, 0]) <= set(walks)
        assert not set(events[actors:, 0]) & {1, 2, 3, 4}
        pairs = events[events[:, 0] >= 8]
        assert (pairs[:, 1] != pairs[:, 2]).all()
        sentences = (events[:, 0] > 0).sum()
        low, high = STORY_DENSITIES[density].sentences
        assert sentences <= round(high * actors)
        if density in ("simple", "deeper"):
            assert round(low * actors) <= sentences


def test_actors_meet_more_often_where_it_is_denser():
    def share(density):
        events = following_stories(60, actors=(9, 20), density=density, seed=1).events[..., 0]
        return (events >= 8).sum() / (events > 0).sum()

    shares = [share(density) for density in STORY_DENSITIES]
    assert shares == sorted(shares)


def test_directions_turn_and_are_copied_at_that_moment():
    number = STORY_EVENTS.index
    events = [
        (number("walks east"), 0, 0),
        (number("walks west"), 1, 1),
        (number("turns left"), 0, 0),
        (number("goes in the opposite direction of"), 1, 0),
        (number("turns right"), 0, 0),
    ]
    assert story_directions(np.array(events), 2).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "`count` must be at least 1"),
        ({"count": 1, "actors": (1, 2)}, "`actors` must be at least 2"),
        ({"count": 1, "actors": (4, 3)}, "`actors` must be a range"),
        ({"count": 1, "directions": 3}, "`directions` must be 2 or 4"),
        ({"count": 1, "density": "thick"}, "`density` must be one of simple"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=message):
        following_stories(**options)
