#!/usr/bin/env python3
"""The door: `python train.py --path faces/` is `kerasgan train --path faces/`."""

import sys

try:
    from kerasgan.cli.main import main
except ModuleNotFoundError as error:
    sys.exit(
        f"kerasgan: {sys.executable} must have the package's libraries and has no "
        f"{error.name}. Type make install, then .venv/bin/python train.py ..."
    )

if __name__ == "__main__":
    sys.exit(main())
