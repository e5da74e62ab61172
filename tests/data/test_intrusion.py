"""Generated flows and lesions: shapes, ranges, and what tells the kinds apart."""

import numpy as np
import pytest

from qjax.data import INTRUSION_FEATURES, INTRUSION_KINDS, intrusion, lesions

COLUMN = {name: i for i, name in enumerate(INTRUSION_FEATURES)}


def test_the_parts_and_their_labels():
    parts = intrusion(train=100, valid=60, test=80)
    for part, flows in ((parts.train, 100), (parts.valid, 60), (parts.test, 80)):
        assert part.inputs.shape == (flows, 12) and part.inputs.dtype == np.float32
        assert np.isfinite(part.inputs).all() and (part.inputs >= 0).all()
        assert part.labels.dtype == np.int32
    assert parts.train.labels.max() == 0
    assert np.bincount(parts.valid.labels).tolist() == [30, 6, 6, 6, 6, 6]
    assert np.bincount(parts.test.labels).tolist() == [40, 8, 8, 8, 8, 8]


def test_the_seed_decides_and_parts_are_independent():
    first, again, other = intrusion(), intrusion(train=50), intrusion(seed=1)
    np.testing.assert_array_equal(first.test.inputs, again.test.inputs)
    assert not np.array_equal(first.test.inputs, other.test.inputs)


def test_ordinary_columns_hang_together():
    inputs = intrusion(train=4000).train.inputs
    flow = {name: inputs[:, i].astype(float) for name, i in COLUMN.items()}
    packets = flow["packets_out"] + flow["packets_in"]
    # Of few packets, rounding moves the ratio; gaps are not rounded.
    many = packets > 10
    np.testing.assert_allclose((flow["gap_s"] * packets / flow["duration_s"])[many], 1, atol=0.11)
    size = (flow["bytes_out"] + flow["bytes_in"]) / packets
    assert 80 < np.quantile(size, 0.5) < 1400 and size.max() < 1500
    assert (flow["host_ports"] <= flow["host_flows"]).all()
    assert flow["failed_logins"].mean() == pytest.approx(0.02, abs=0.01)
    # Beta(1, 20) and Beta(6, 2).
    assert flow["open_handshakes"].mean() == pytest.approx(1 / 21, abs=0.005)
    assert flow["same_service"].mean() == pytest.approx(6 / 8, abs=0.01)


@pytest.mark.parametrize(
    ("kind", "column", "sign"),
    [
        ("flood", "host_flows", 1),
        ("flood", "open_handshakes", 1),
        ("scan", "host_ports", 1),
        ("brute_force", "failed_logins", 1),
        ("exfiltration", "bytes_out", 1),
        ("beacon", "gap_variation", -1),
    ],
)
def test_attacks_move_their_columns_and_stealth_hides_them(kind, column, sign):
    def gap(stealth):
        part = intrusion(test=2000, stealth=stealth).test
        values = np.log1p(part.inputs[:, COLUMN[column]].astype(float))
        attack = values[part.labels == INTRUSION_KINDS.index(kind)]
        return sign * (attack.mean() - values[part.labels == 0].mean())

    assert gap(0.0) > gap(1.0) > 0


def test_exfiltration_stays_in_the_usual_range_of_each_column():
    parts = intrusion(train=4000, stealth=0.0)
    usual = np.quantile(parts.train.inputs, [0.0, 1.0], axis=0)
    flows = parts.test.inputs[parts.test.labels == INTRUSION_KINDS.index("exfiltration")]
    inside = (flows >= usual[0]) & (flows <= usual[1])
    assert inside.mean() > 0.98


def test_lesions():
    parts = lesions(images=400)
    assert [len(part.labels) for part in (parts.train, parts.valid, parts.test)] == [240, 80, 80]
    assert parts.train.inputs.shape == (240, 16, 16, 1)
    assert parts.train.inputs.min() >= 0 and parts.train.inputs.max() <= 1
    for part in (parts.train, parts.valid, parts.test):
        assert part.labels.mean() == 0.5 and part.inputs.dtype == np.float32
    # Raggedness is all that differs: brightness tells the classes apart hardly better than chance.
    bright = parts.train.inputs.mean((1, 2, 3))
    ragged, smooth = (bright[parts.train.labels == label] for label in (1, 0))
    assert abs((ragged[:, None] > smooth).mean() - 0.5) < 0.12
    np.testing.assert_array_equal(parts.test.inputs, lesions(images=400).test.inputs)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: intrusion(train=0), "Argument `train` must be at least 1, but is 0"),
        (lambda: intrusion(test=5), "Argument `test` must be at least 10, but is 5"),
        (lambda: intrusion(stealth=1.5), r"Argument `stealth` must be in \[0, 1\], but is 1.5"),
        (lambda: lesions(images=3), "Argument `images` must be at least 20, but is 3"),
        (lambda: lesions(side=4), "Argument `side` must be at least 8, but is 4"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
