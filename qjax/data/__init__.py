"""Data sets that need no download, split once and for all by a fixed seed."""

from qjax.data._digits import digits as digits
from qjax.data._split import Examples as Examples, Split as Split
