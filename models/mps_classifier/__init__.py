"""Handwritten digits classified by a matrix product state.

python -m models.mps_classifier [--variant tiny|default|paper] [--run-dir DIR] [--help]
"""

from .config import VARIANTS as VARIANTS, Config as Config
from .model import MPSClassifier as MPSClassifier
from .task import run as run
