"""What devices exchange, read from compiled programs and from written ones."""

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import PartitionSpec as P

from qjax.sharding import Collective, collectives, mesh

ROUNDS, DEVICES = 5, 4


def compiled(function, in_specs, out_specs, *shapes):
    devices = mesh(i=DEVICES)
    mapped = jax.shard_map(function, mesh=devices, in_specs=in_specs, out_specs=out_specs)
    shapes = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    return jax.jit(mapped).lower(*shapes).compile()


def test_each_kind_with_its_bytes_and_the_rounds_of_its_loop():
    ring = [(i, (i + 1) % DEVICES) for i in range(DEVICES)]

    def exchanged(x):  # [16, 8] on each device.
        def turn(x, _):
            return jax.lax.ppermute(x, "i", ring) * 2, None

        x = jax.lax.scan(turn, x, length=ROUNDS)[0]
        x = jax.lax.all_to_all(x, "i", 0, 1, tiled=True)  # [4, 32]
        y = jax.lax.psum(jnp.sin(x[0]), "i")  # [32]
        return jax.lax.all_gather(x[:, 0] * y[:4], "i")  # [4], of all

    found = collectives(compiled(exchanged, P("i"), P("i"), (64, 8)))
    pairs = {each.kind: (each.bytes, each.group, each.count) for each in found}
    assert pairs["collective-permute"] == (16 * 8 * 4, 2, ROUNDS)
    assert pairs["all-to-all"] == (16 * 8 * 4, DEVICES, 1)
    assert pairs["all-reduce"] == (32 * 4, DEVICES, 1)
    assert pairs["all-gather"] == (4 * 4, DEVICES, 1)
    sent = {each.kind: each.sent for each in found}
    assert sent["collective-permute"] == ROUNDS * 512
    assert (sent["all-to-all"], sent["all-reduce"], sent["all-gather"]) == (384, 192, 48)


# As XLA writes programs for GPUs, with exchanges that run beside the computation.
ASYNC = """HloModule jit_f, is_scheduled=true, num_partitions=8

%body (p: (s32[], c64[64])) -> (s32[], c64[64]) {
  %start = (c64[64]{0}, c64[64]{0}, u32[], u32[]) collective-permute-start(c64[64]{0} %x), \
source_target_pairs={{0,1},{1,0}}
  %done = c64[64]{0} collective-permute-done((c64[64]{0}, c64[64]{0}, u32[], u32[]) %start)
}

%cond (p: (s32[], c64[64])) -> pred[] {
  ROOT %less = pred[] compare(s32[] %i, s32[] %n), direction=LT
}

%wrapped (p: bf16[8,16]) -> bf16[8,16] {
  ROOT %all-to-all.1 = bf16[8,16]{1,0} all-to-all(bf16[8,16]{1,0} %p), \
replica_groups=[2,4]<=[8], dimensions={0}
}

ENTRY %main (p: c64[64]) -> c64[64] {
  %gathered = (f32[3]{0}, f32[12]{0}) all-gather-start(f32[3]{0} %a), \
replica_groups={{0,1,2,3},{4,5,6,7}}, dimensions={0}
  %gathered-done = f32[12]{0} all-gather-done((f32[3]{0}, f32[12]{0}) %gathered)
  %begun = ((bf16[8,16]{1,0}), bf16[8,16]{1,0}) async-start(bf16[8,16]{1,0} %b), calls=%wrapped
  %ended = bf16[8,16]{1,0} async-done(((bf16[8,16]), bf16[8,16]) %begun), calls=%wrapped
  %summed = (f32[5]{0}, pred[2]{0}) all-reduce(f32[5]{0} %c, pred[2]{0} %d), replica_groups={}, \
to_apply=%add
  %scattered = f32[2]{0} reduce-scatter(f32[16]{0} %e), replica_groups={}, to_apply=%add
  ROOT %looped = (s32[], c64[64]) while((s32[], c64[64]) %init), condition=%cond, body=%body\
ROUNDS
}
"""


def test_programs_for_other_devices_are_read_as_well():
    text = ASYNC.replace("ROUNDS", ', backend_config={"known_trip_count":{"n":"7"}}')
    assert collectives(text) == (
        Collective("all-gather", 12, 4, 1),
        Collective("all-reduce", 22, 8, 1),
        Collective("all-to-all", 256, 4, 1),
        Collective("collective-permute", 512, 2, 7),
        Collective("reduce-scatter", 64, 8, 1),
    )


def test_a_loop_of_unknown_length_is_refused():
    with pytest.raises(ValueError, match="does not say how many rounds"):
        collectives(ASYNC.replace("ROUNDS", ""))


@pytest.mark.parametrize(("axes", "group"), [("a", 2), ("b", 2), (("a", "c"), 4)])
def test_groups_that_the_partitioner_writes(axes, group):
    spec = jax.sharding.NamedSharding(mesh(a=2, b=2, c=2), P(axes))
    total = jax.jit(lambda x: x.sum(0), in_shardings=spec)
    (sent,) = collectives(total.lower(jnp.ones((8, 4))).compile())
    assert sent == Collective("all-reduce", 4 * 4, group)


def test_a_group_along_a_part_of_an_axis():
    line = (
        "ENTRY %main (p: f32[4]) -> f32[4] {\n  ROOT %r = f32[4]{0} all-reduce(f32[4]{0} %p), "
        "replica_groups=mesh['x'=2,'y'=8], device_ids=([8,2]T(1,0)) {'x','y':(2)4}, to_apply=%f\n}"
    )
    assert collectives(line) == (Collective("all-reduce", 16, 8),)
