"""What one types: each word (`--TYPE`) is one module here with its own flags.

A word's module has `HELP` (one line), `define_flags(values)` and `run(values)`,
which returns the exit status. Flags, help and usage errors import no TensorFlow.
"""
