#!/usr/bin/env python3
"""The door: `python train.py --path faces/` is `kerasgan train --path faces/`."""

import sys

from kerasgan.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
