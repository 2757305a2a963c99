"""`python -m pipeline.cli`: the command where it is not installed as a script."""

from __future__ import annotations

import sys

from pipeline.cli.app import main

sys.exit(main())
