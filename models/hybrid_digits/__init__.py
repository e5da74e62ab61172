"""Handwritten digits with a quantum layer between two classical ones.

python -m models.hybrid_digits [--variant tiny|default|paper] [--run-dir DIR] [--help]
"""

from .config import VARIANTS as VARIANTS, Config as Config
from .model import classical_twin as classical_twin, hybrid as hybrid
from .task import run as run
