"""`python -m qjax.cli` is the command `qjax`."""

import sys

from qjax.cli import main

sys.exit(main())
