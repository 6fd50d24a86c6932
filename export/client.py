#!/usr/bin/env python3
"""Ask a served generator for pictures, how real pictures look to it, and their latents.

    python client.py sample --model faces --count 10 --out pictures
    python client.py score --model faces photo.jpg other.png [--out scores.json]
    python client.py encode --model faces photo.jpg --out latents.json
    python client.py draw --model faces latents.json --out pictures
    python client.py status --model faces

REST needs Python alone: this file and connections.py can be copied anywhere. `--grpc
localhost:8500` needs tensorflow-serving-api (pip install "kerasgan[serving]"), and with
it TensorFlow.

Exit status: 0 done, 1 it could not be done, 2 it was asked wrongly.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from connections import Grpc, Refused, Rest, Unreachable, patiently

CHUNK = 32  # pictures a request
PER_SEED = 2**31  # picture k of `generate --seed s` has the number s * PER_SEED + k
LARGEST = 2**63 - 1  # an int64 holds no more


def in_chunks(rows: list) -> Iterator[list]:
    """A few at once, so that an answer does not become too long."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def only(outputs: dict[str, list], name: str) -> list:
    """A tensor by its name; REST leaves out the name where there is one alone."""
    return outputs[name] if name in outputs else outputs[""]


def write_pictures(out: Path, numbers: list[int], files: list[bytes]) -> None:
    """0000.png ... (or .jpg) in a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for number, file in zip(numbers, files, strict=True):
        ending = "png" if file.startswith(b"\x89PNG") else "jpg"
        (out / f"{number:04d}.{ending}").write_bytes(file)


def sample(ask: Callable, args: argparse.Namespace) -> None:
    """Pictures by number, as `generate` makes them, into files."""
    out = Path(args.out or "pictures")
    for numbers in in_chunks(list(range(args.first, args.first + args.count))):
        inputs = {
            "seeds": [args.seed * PER_SEED + number for number in numbers],
            "truncation": [args.truncation] * len(numbers),
        }
        if args.class_number is not None:
            inputs["labels"] = [args.class_number] * len(numbers)
        write_pictures(out, numbers, only(ask("sample", inputs), "image_bytes"))
    print(f"{args.count} pictures in {out}/")


def draw(ask: Callable, args: argparse.Namespace) -> None:
    """The pictures of latents from a file that `encode` wrote."""
    out = Path(args.out or "pictures")
    latents = [row for path in args.files for row in read_latents(path)]
    done = 0
    for rows in in_chunks(latents):
        files = only(ask("generate_png", {"latents": rows}), "image_bytes")
        write_pictures(out, list(range(done, done + len(rows))), files)
        done += len(rows)
    print(f"{done} pictures in {out}/")


def read_latents(path: Path) -> list[list[float]]:
    """The rows of a file that `encode` wrote.

    Raises:
        ValueError: it holds something else.
    """
    rows = json.loads(path.read_text())
    if not rows or not isinstance(rows, list) or not all(map(is_latent, rows)):
        raise ValueError(
            f"{path} must hold a list of latents, each a list of numbers, as encode "
            "writes them"
        )
    return rows


def is_latent(row: object) -> bool:
    """Whether it is a list of numbers."""
    return isinstance(row, list) and all(isinstance(x, int | float) for x in row)


def score(ask: Callable, args: argparse.Namespace) -> None:
    """One line a picture: how real it looks to D (higher: more), and its file; with
    --out also D's features of each, as JSON."""
    found = []
    for paths in in_chunks(args.files):
        images = [path.read_bytes() for path in paths]
        answer = ask("score", {"image_bytes": images})
        for k, path in enumerate(paths):
            value = answer["score"][k]
            print(f"{value:8.3f}  {path}")
            row = {"file": str(path), "score": value}
            found.append(row | {"features": answer["features"][k]})
    if args.out:
        Path(args.out).write_text(json.dumps(found))


def encode(ask: Callable, args: argparse.Namespace) -> None:
    """The latents of pictures, as JSON: a list for each."""
    latents = []
    for paths in in_chunks(args.files):
        images = [path.read_bytes() for path in paths]
        latents += only(ask("encode", {"image_bytes": images}), "latents")
    out = Path(args.out or "latents.json")
    out.write_text(json.dumps(latents))
    print(f"{len(latents)} latents in {out}")


WORDS = {"sample": sample, "draw": draw, "score": score, "encode": encode}


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("word", choices=[*WORDS, "status"])
    parser.add_argument("files", nargs="*", type=Path, help="pictures, or latents")
    parser.add_argument("--model", required=True, help="its name on the server")
    parser.add_argument("--server", default="http://localhost:8501", help="REST")
    parser.add_argument("--grpc", help="ask by gRPC, such as localhost:8500")
    parser.add_argument("--version", type=int, help="of the model")
    parser.add_argument("--label", help="stable or canary, in place of --version")
    parser.add_argument("--out", help="folder of pictures, or file of JSON")
    parser.add_argument("--count", type=int, default=10, help="sample: how many")
    parser.add_argument("--first", type=int, default=0, help="sample: from which on")
    parser.add_argument("--seed", type=int, default=0, help="as for generate")
    parser.add_argument("--truncation", type=float, default=1.0, help="sample")
    parser.add_argument("--class_number", type=int, help="sample; -1 for each in turn")
    parser.add_argument("--timeout_seconds", type=float, default=60.0)
    parser.add_argument("--tries", type=int, default=5, help="where none answers")
    args = parser.parse_intermixed_args(argv)
    if (args.word in ("draw", "score", "encode")) != bool(args.files):
        parser.error(f"{args.word} with {len(args.files)} files: see the examples")
    if args.tries < 1 or args.count < 1 or min(args.seed, args.first) < 0:
        parser.error("--tries and --count must be at least 1, the others 0 or more")
    if args.seed * PER_SEED + args.first + args.count > LARGEST:
        parser.error(f"--seed must be below {LARGEST // PER_SEED}")
    if args.class_number is not None and not -1 <= args.class_number < PER_SEED:
        parser.error("--class_number must be -1 or a class, from 0 on")
    if not args.timeout_seconds > 0:
        parser.error("--timeout_seconds must be above 0")
    if not args.server.startswith(("http://", "https://")):
        parser.error(f"--server must begin with http://, as http://{args.server}")
    return args


def main(argv: list[str] | None = None) -> int:
    """Run one command line; the exit status."""
    args = parse(argv)
    kind, server = (Grpc, args.grpc) if args.grpc else (Rest, args.server)
    model = kind(server, args.model, args.version, args.label, args.timeout_seconds)
    try:
        if args.word == "status":
            for version, state in patiently(model.status, args.tries):
                print(f"version {version}  {state}")
            return 0

        def ask(signature: str, inputs: dict[str, list]) -> dict[str, list]:
            return patiently(lambda: model.predict(signature, inputs), args.tries)

        WORDS[args.word](ask, args)
        return 0
    except Unreachable as error:
        told = (
            f"the server at {server} must answer, and does not after {args.tries} "
            f"tries ({error}). Is it running, and is the address right?"
        )
    except Refused as error:
        reason = str(error).splitlines()[:1] or ["it gives no reason"]
        told = f"the server refuses: {reason[0]}"
    except (OSError, ValueError) as error:
        told = str(error)
    print(f"client: {told}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
