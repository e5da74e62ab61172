"""Circuits to and from other libraries."""

from qjax.interop._from_tensorcircuit import from_tensorcircuit as from_tensorcircuit
from qjax.interop._guard import tensorcircuit_unchanged as tensorcircuit_unchanged
from qjax.interop._to_tensorcircuit import to_tensorcircuit as to_tensorcircuit
