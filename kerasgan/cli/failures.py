"""Errors as sentences: what must hold, what came, what to do; and the exit status."""

from __future__ import annotations

import errno
import sys

from kerasgan.full_memory import out_of_memory

USAGE, FAILED, INTERRUPTED, TERMINATED = 2, 1, 130, 143
KEPT = "What was finished is kept: the same command goes on after it, or begins anew."


class UsageError(ValueError):
    """What was typed cannot be meant: exit status 2."""


class Failure(RuntimeError):
    """Asked rightly and not possible, in a sentence of its own: exit status 1."""


class Terminated(BaseException):
    """SIGTERM, where nothing else takes it."""


DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_FOLDER = {errno.EEXIST, errno.ENOTDIR}
NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}


def report(error: BaseException) -> int:
    """Print an error's sentence to stderr; the exit status."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED
    if isinstance(error, KeyboardInterrupt):
        print(f"\nInterrupted. {KEPT}", file=sys.stderr)
        return INTERRUPTED
    if isinstance(error, Terminated):
        print(f"\nTerminated. {KEPT}", file=sys.stderr)
        return TERMINATED
    print(f"kerasgan: {sentence(error)}", file=sys.stderr)
    return USAGE if isinstance(error, UsageError) else FAILED


def sentence(error: BaseException) -> str:
    """What to tell the person at the keyboard.

    >>> sentence(ValueError("The folder must exist."))
    'The folder must exist.'
    """
    if out_of_memory(error):
        return (
            "The memory must hold what is worked on at once and does not. Close other "
            "programs, or ask for less at once: smaller pictures, fewer --restarts or "
            "--variants."
        )
    if isinstance(error, OSError) and len(error.args) > 1:  # not a sentence of ours
        return file_sentence(error)
    if isinstance(error, (ValueError, Failure, OSError)) and str(error):
        return str(error)
    return (
        f"This should not happen: {type(error).__name__}: {first_line(error)} "
        "Run it again with --debug and report what it prints."
    )


def file_sentence(error: OSError) -> str:
    """An operating system's error about a file, with what to do."""
    where = error.filename if error.filename is not None else "the output"
    if isinstance(where, bytes):
        where = where.decode("utf-8", "replace")
    if error.errno in DISK_FULL:
        return (
            f"The disk must have room for {where} and is full. What was saved before "
            "is whole: free some space and run the same command again."
        )
    if error.errno in NOT_WRITABLE:
        return (
            f"{where} must be accessible and is not ({error.strerror}). "
            "Change its permissions, or name another folder."
        )
    if error.errno in NO_FOLDER:
        return (
            f"{where} must be a folder or lie in one, and a file is in its place "
            f"({error.strerror}). Name another folder."
        )
    return f"{where}: {error.strerror}." if error.strerror else str(error)


def first_line(error: BaseException) -> str:
    """The first line of an error's text."""
    return (str(error).strip().splitlines() or ["(no text)"])[0]
