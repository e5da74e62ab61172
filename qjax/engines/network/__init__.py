"""The tensor-network engine: build the network, find an order, schedule it, run it."""

from qjax.engines.network._engine import (
    NetworkCost as NetworkCost,
    TensorNetwork as TensorNetwork,
)
