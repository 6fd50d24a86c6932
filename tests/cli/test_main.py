"""The command line: words, flags, help, and that nothing of it needs TensorFlow."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kerasgan import config
from kerasgan.augment import MODES
from kerasgan.balance import BALANCES
from kerasgan.cli import failures
from kerasgan.cli.main import WORDS, load_word, main, split_word
from kerasgan.cli.typed import typed
from kerasgan.images import FITS
from kerasgan.losses import LOSSES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("typed", "word", "rest"),
    [
        ([], None, []),
        (["--path", "a"], None, ["--path", "a"]),
        (["--TYPE", "generate", "--seed", "1"], "generate", ["--seed", "1"]),
        (["--seed", "1", "--TYPE=generate"], "generate", ["--seed", "1"]),
        (["generate", "--seed", "1"], "generate", ["--seed", "1"]),
        (["train", "--TYPE", "train"], "train", []),
        (["help"], None, ["--help"]),
        (["--TYPE", "Generate"], "generate", []),
    ],
)
def test_the_word_is_found_wherever_it_stands(typed, word, rest):
    assert split_word(typed) == (word, rest)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--TYPE generat", "Received generat. Did you mean generate?"),
        ("--TYPE", "--TYPE must be followed by one of train"),
        ("train --TYPE generate", "There must be one word"),
        ("generate --img_nmu 3", "Did you mean --img_num?"),
        ("generate --path x", "it belongs to train"),
        ("train --img_num 3", "it belongs to generate"),
        ("train --steps three", "--steps must be a whole number. Received three."),
        ("train --learning_rate fast", "--learning_rate must be a number."),
        ("train --path", "Missing value for flag"),
        ("train --path a b", "Received b: put the flag it belongs to before it"),
        ("train --flip=maybe", "--flip must be given as --flip or --noflip"),
        ("train", "--path must name a folder of pictures"),
        ("train --path a --epochs 1 --steps 2", "exactly one of --epochs"),
        ("train --path a --image_size 100", "the nearest are 96 and 112"),
        ("train --path a --image_size huge", "--image_size must be one number, or"),
        ("train --path a --batch_size 0", "--batch_size must be at least 1"),
        ("train --path a --balance adaptiv", "Did you mean adaptive?"),
        ("train --path a --minutes -5", "--minutes must be above 0"),
        ("generate --img_num 0", "--img_num must be at least 1"),
        ("generate --seed 4294967296", "--seed must be between 0 and 4294967295"),
        ("train --path a --run_dir ./a", "--run_dir must be another folder than"),
        ("generate --truncation 0", "--truncation must be above 0"),
        ("generate --which worst", "--which must be one of ema, raw, best"),
        ("demo --minutes 0", "--minutes must be above 0"),
    ],
)
def test_usage_errors_are_one_sentence_and_exit_2(typed, sentence, in_tmp, capsys):
    assert main(typed.split()) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert list(in_tmp.iterdir()) == []


@pytest.mark.parametrize("typed", [["--help"], ["-h"], ["help"]])
def test_help_names_every_word(typed, capsys):
    assert main(typed) == 0
    said = capsys.readouterr().out
    assert all(load_word(word).HELP in said for word in WORDS)


@pytest.mark.parametrize("word", WORDS)
def test_the_help_of_a_word_explains_each_flag(word, capsys):
    assert main(["--TYPE", word, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()[2:]
    assert len(lines) > 2
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines)


@pytest.mark.parametrize(
    "typed",
    [["--help"], ["--TYPE", "train", "--help"], ["--TYPE", "x"], ["--path", "absent"]],
)
def test_answers_that_need_no_tensorflow_do_not_import_it(typed, tmp_path):
    program = (
        "import sys; from kerasgan.cli.main import main; main(sys.argv[1:])\n"
        "print('LOADED', [m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *typed],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "KERASGAN_CACHE": str(tmp_path / "cache")},
        check=True,
    )
    assert "LOADED []" in done.stdout


def test_the_door_passes_the_exit_status_on(tmp_path):
    command = [sys.executable, str(ROOT / "train.py"), "--TYPE", "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "kerasgan: --TYPE must be one of train" in done.stderr


def test_tensorboard_that_is_not_installed_is_a_usage_error(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["--path", "a", "--tensorboard"]) == 2
    assert "pip install tensorboard" in capsys.readouterr().err


def test_debug_shows_the_traceback():
    with pytest.raises(ValueError, match="--img_num must be at least 1"):
        main(["generate", "--img_num", "0", "--debug"])


class ResourceExhaustedError(Exception):
    """Stands for TensorFlow's, which is told by its name."""


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (OSError(28, "No space left on device", "x/a"), 1, "The disk must have room"),
        (OSError(30, "Read-only file system", "x/a"), 1, "x/a must be accessible"),
        (FileExistsError(17, "File exists", "x"), 1, "x must be a folder or lie in"),
        (MemoryError(), 1, "Close other programs, or ask for less at once"),
        (ResourceExhaustedError("OOM"), 1, "Close other programs"),
        (KeyError("a"), 1, "This should not happen: KeyError: 'a'"),
        (failures.UsageError("No."), 2, "No."),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
)
def test_every_error_is_a_sentence_with_a_status(error, status, sentence, capsys):
    assert failures.report(error) == status
    assert sentence in capsys.readouterr().err


def test_a_folder_may_be_called_help_or_debug(in_tmp, capsys):
    Path("help").mkdir()
    assert main(["--path", "help", "--dry_run"]) == 0
    assert "This training starts in" in capsys.readouterr().out
    assert main(["--path", "debug", "--dry_run"]) == 1
    assert "The picture folder must exist" in capsys.readouterr().err


def test_a_folder_in_the_place_of_a_word_belongs_behind_path(in_tmp, capsys):
    Path("My faces").mkdir()
    assert main(["My faces"]) == 2
    assert "--path 'My faces'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "python", "said"),
    [
        ("/usr/bin/kerasgan", "/usr/bin/python3", "kerasgan"),
        ("train.py", "/usr/bin/python3", "python train.py"),
        ("train.py", "HERE/.venv/bin/python", ".venv/bin/python train.py"),
    ],
)
def test_commands_to_type_are_those_of_this_user(
    script, python, said, in_tmp, monkeypatch
):
    monkeypatch.setattr("sys.argv", [script])
    monkeypatch.setattr("sys.executable", python.replace("HERE", str(in_tmp)))
    assert typed() == said


def test_without_the_libraries_the_door_says_how_to_install(tmp_path):
    (tmp_path / "absl.py").write_text("raise ModuleNotFoundError(name='absl')")
    command = [sys.executable, str(ROOT / "train.py"), "--help"]
    place = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=place)
    assert done.returncode == 1
    assert "Type make install" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_into_a_pager_that_was_left_is_no_error():
    command = [sys.executable, str(ROOT / "train.py"), "--TYPE", "train", "--help"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    said = process.stderr.read()
    assert (process.wait(timeout=60), said) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="no SIGTERM there")
def test_sigterm_outside_a_training_is_a_sentence(monkeypatch, capsys):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(
        "kerasgan.cli.generate.run", lambda values: os.kill(os.getpid(), signal.SIGTERM)
    )
    assert main(["generate"]) == 143
    assert "Terminated." in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_words_of_the_command_line_are_those_of_the_library():
    assert set(config.LOSSES) == set(LOSSES)
    assert set(config.BALANCES) == set(BALANCES)
    assert set(config.AUGMENTS) == set(MODES)
    assert set(config.FITS) == set(FITS)
