"""Pure rewrites of circuits, each equal to what it was given."""

from qjax.passes._cones import Cones as Cones, cones as cones
from qjax.passes._exchanges import (
    Stage as Stage,
    Staging as Staging,
    Visit as Visit,
    staged as staged,
    widest as widest,
)
from qjax.passes._fuse import fuse as fuse, fused_steps as fused_steps
from qjax.passes._light_cone import (
    AMPLITUDES_A_GATE as AMPLITUDES_A_GATE,
    light_cone as light_cone,
)
from qjax.passes._prefix import (
    product_vectors as product_vectors,
    restricted as restricted,
    split_prefix as split_prefix,
)
from qjax.passes._roll import roll as roll
from qjax.passes._several import several_rounds as several_rounds
from qjax.passes._stack import stack as stack
from qjax.passes._uses import (
    Kind as Kind,
    Stacks as Stacks,
    is_real as is_real,
    stack_parameter as stack_parameter,
)
