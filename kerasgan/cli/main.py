"""From the command line to a word: `--TYPE train` and `kerasgan train` are the same.

Exit status: 0 done, 1 it could not be done, 2 it was asked wrongly, 130 and 143
stopped by Ctrl-C and SIGTERM with everything saved.
"""

from __future__ import annotations

import importlib
import os
import re
import shlex
import signal
import sys
import threading
from types import FrameType, ModuleType
from typing import Any

from absl import flags

from kerasgan import __version__
from kerasgan.cli import failures
from kerasgan.cli.failures import UsageError
from kerasgan.cli.typed import typed
from kerasgan.hints import nearest_hint
from kerasgan.streams import write_unless_closed

WORDS = (  # the first is meant where none is given
    "train",
    "generate",
    "prepare",
    "curate",
    "project",
    "inpaint",
    "arithmetic",
    "interpolate",
    "explain",
    "evaluate",
    "report",
    "export",
    "demo",
)
HELP_FLAGS = {"--help", "-help", "-h"}
DEBUG_FLAGS = {"--debug", "-debug", "--debug=true", "-debug=true"}


def main(argv: list[str] | None = None) -> int:
    """Run one command line (without the program's name); the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = bool(DEBUG_FLAGS & set(arguments))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # names in any script, on any terminal
            stream.reconfigure(errors="backslashreplace")
    old = raise_at_sigterm()
    try:
        if arguments == ["--version"]:
            tell(f"kerasgan {__version__}")
            return 0
        word, rest = split_word(arguments)
        if word is None and any(a in HELP_FLAGS for a in rest):
            tell(overview())
            return 0
        module = load_word(word or WORDS[0])
        if any(a in HELP_FLAGS for a in rest):
            tell(word_help(word or WORDS[0], module))
            return 0
        return module.run(parse_flags(word or WORDS[0], module, rest))
    except BaseException as error:
        if debug and not isinstance(error, SystemExit):
            raise
        return failures.report(error)
    finally:
        if old is not None:
            signal.signal(signal.SIGTERM, old)


def raise_at_sigterm() -> Any:
    """Let SIGTERM end this process as Ctrl-C does, every file closed; the handler
    before, None where there is no telling (outside the main thread)."""
    if threading.current_thread() is not threading.main_thread():
        return None

    def terminate(number: int, frame: FrameType | None) -> None:
        raise failures.Terminated

    return signal.signal(signal.SIGTERM, terminate)


def tell(text: str) -> None:
    """To the terminal, or to a pager that may have been left already."""
    write_unless_closed(sys.stdout, f"{text}\n")


def console() -> None:
    """Entry point of the `kerasgan` command."""
    sys.exit(main())


def split_word(arguments: list[str]) -> tuple[str | None, list[str]]:
    """The word, from the first place or `--TYPE`, and what is left.

    >>> split_word(["--img_num", "10", "--TYPE", "generate"])
    ('generate', ['--img_num', '10'])
    >>> split_word(["generate", "--img_num", "10"])
    ('generate', ['--img_num', '10'])

    Raises:
        UsageError: `--TYPE` without a word.
    """
    rest = list(arguments)
    words = [rest.pop(0)] if rest and not rest[0].startswith("-") else []
    if words == ["help"]:
        return None, ["--help"]
    position = 0
    while position < len(rest):
        name, equals, value = rest[position].lstrip("-").partition("=")
        if not rest[position].startswith("-") or name.lower() != "type":
            position += 1
        elif equals:
            words.append(value)
            del rest[position]
        elif position + 1 < len(rest):
            words.append(rest[position + 1])
            del rest[position : position + 2]
        else:
            raise UsageError(f"--TYPE must be followed by one of {', '.join(WORDS)}.")
    if len({word.lower() for word in words}) > 1:
        raise UsageError(f"There must be one word. Received {' and '.join(words)}.")
    word = words[0] if words else None  # or a folder, whose letters stay
    return (word.lower() if word and word.lower() in WORDS else word), rest


def load_word(word: str) -> ModuleType:
    """The module of a word.

    Raises:
        UsageError: there is no such word; names the nearest.
    """
    if word in WORDS:
        return importlib.import_module(f"kerasgan.cli.{word}")
    if os.path.isdir(word):
        raise UsageError(
            f"A folder must stand behind --path. Received {word} alone: "
            f"{typed()} --path {shlex.quote(word)}"
        )
    raise UsageError(
        f"--TYPE must be one of {', '.join(WORDS)}. "
        f"Received {word}.{nearest_hint(word, WORDS)}"
    )


def flags_of(module: ModuleType) -> flags.FlagValues:
    """A fresh set of a word's flags, with the ones that every word has."""
    values = flags.FlagValues()
    flags.DEFINE_bool(
        "debug", False, "show the Python traceback of an error", flag_values=values
    )
    module.define_flags(values)
    return values


def parse_flags(word: str, module: ModuleType, rest: list[str]) -> flags.FlagValues:
    """A word's flags with the values of the command line.

    Raises:
        UsageError: an unknown flag, or a value that it cannot have.
    """
    values = flags_of(module)
    try:
        left = values([word, *rest])[1:]
    except flags.UnrecognizedFlagError as error:
        raise UsageError(unknown_flag(word, error.flagname, values)) from error
    except flags.IllegalFlagValueError as error:
        raise UsageError(illegal_value(str(error))) from error
    except flags.Error as error:
        raise UsageError(f"{error}.".replace("..", ".")) from error
    if left:
        raise UsageError(
            f"{word} takes flags only. Received {left[0]}: "
            "put the flag it belongs to before it, as in --path FOLDER."
        )
    return values


def unknown_flag(word: str, name: str, values: flags.FlagValues) -> str:
    """The sentence for a flag that `word` does not take."""
    others = [
        other for other in WORDS if other != word and name in flags_of(load_word(other))
    ]
    if others:
        return f"{word} has no flag --{name}; it belongs to {' and '.join(others)}."
    near = nearest_hint(name, values)
    hint = near.replace("mean ", "mean --") if near else ""
    return (
        f"{word} has no flag --{name}.{hint} "
        f"All its flags: {typed()} --TYPE {word} --help"
    )


def illegal_value(message: str) -> str:
    """absl's message about a value, in this project's form."""
    found = re.match(r"flag --(\w+)=(.*?): (.*)", message, re.DOTALL)
    if not found:
        return message
    name, value, reason = found.groups()
    kind = "a value that fits"
    if "one of <" in reason:
        kind = "one of " + reason.split("<")[1].split(">")[0].replace("|", ", ")
    if "int()" in reason:
        kind = "a whole number"
    elif "float" in reason:
        kind = "a number"
    elif "boolean" in reason.lower():
        kind = f"given as --{name} or --no{name}"
    return f"--{name} must be {kind}. Received {value or 'nothing'}."


def overview() -> str:
    """The help that names every word."""
    lines = [
        f"kerasgan {__version__}: a folder of pictures in, an image generator out",
        "",
        f"  {typed()} --path FOLDER                    train on your pictures",
        f"  {typed()} --TYPE generate --img_num 100    then make new ones",
        "",
        "words (--TYPE WORD; `kerasgan WORD` is the same; the first is the default):",
    ]
    lines += [f"  {word:10s} {load_word(word).HELP}" for word in WORDS]
    lines += ["", f"flags of a word: {typed()} --TYPE WORD --help"]
    return "\n".join(lines)


def word_help(word: str, module: ModuleType) -> str:
    """One word's flags, each with its help, choices and default."""
    values = flags_of(module)
    lines = [f"{typed()} --TYPE {word}: {module.HELP}", ""]
    for name in values:
        flag = values[name]
        title = f"--[no]{name}" if flag.boolean else f"--{name}"
        default = "" if flag.default in (None, "") else f" (default {flag.default})"
        lines.append(f"  {title:22s} {flag.help}{default}")
    return "\n".join(lines)
