"""What `prepare` finds, how well it aligns, and whether a killed start goes on.

    python benchmarks/prepare.py --truth DLIB --faces FACES --detector_model FILE \
        --work FOLDER [--kills 10]

DLIB has photographs and dlib's training_with_face_landmarks.xml and
testing_with_face_landmarks.xml (boxes drawn by hand, 68 landmarks by dlib's model);
FACES has uncropped photographs of one person each; FILE is YuNet. Prints:

1. of the boxes at least 40 pixels high, how many are found (intersection over union
   above 0.3, each find counted once), and finds that lie on no box of any height;
2. how far the eyes are from their targets in aligned pictures of 128 pixels, in
   pixels: median and worst 5 % (95th percentile), by the detector looking at the
   aligned picture anew, and by dlib's landmarks, which had no part in the alignment;
   each also for landmarks of the first look alone. Faces differ in shape, so that
   eyes miss their targets even where they are known: alignment by dlib's own;
3. how many of every sixth of FACES are still found when the photograph is tilted;
4. kills of `prepare` at random moments: whether the finished folder is, byte for byte,
   that of a start that was never killed, and whether the photographs are as they were.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from measuring import TRAIN

from kerasgan.images import read_image
from kerasgan.preparation.alignment import apply, face_transform, targets, warp
from kerasgan.preparation.faces import FaceDetector, overlap

SIZE, MARGIN = (128, 128), 0.2
ONTO = targets(SIZE, MARGIN)
LEAST_HEIGHT = 40  # pixels of a box that has to be found
TILTS = (0, 30, 45, 60, 90, 180)  # degrees
SAME = 0.3  # intersection over union
# Eyes, nose, corners of the mouth among dlib's 68 landmarks.
FIVE = (slice(36, 42), slice(42, 48), [30], [48], [54])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", required=True)
    parser.add_argument("--faces", required=True)
    parser.add_argument("--detector_model", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--kills", type=int, default=10)
    args = parser.parse_args()
    model = Path(args.detector_model).read_bytes()
    measure_finds(Path(args.truth), FaceDetector(model, min_size=24), model)
    measure_alignment(Path(args.faces), FaceDetector(model, min_size=24), model)
    measure_tilt(Path(args.faces), FaceDetector(model, min_size=64))
    measure_kills(Path(args.truth), args.detector_model, Path(args.work), args.kills)


def truth(folder: Path) -> Iterator[tuple[np.ndarray, list, list]]:
    """(photograph, boxes, landmarks [5, 2] of each box) of dlib's examples."""
    for part in ("training", "testing"):
        tree = ElementTree.parse(folder / f"{part}_with_face_landmarks.xml")
        for image in tree.iter("image"):
            boxes, faces = [], []
            for box in image.iter("box"):
                names = ("left", "top", "width", "height")
                boxes.append([float(box.get(name)) for name in names])
                parts = sorted(box.iter("part"), key=lambda part: part.get("name"))
                points = np.array(
                    [[float(p.get(axis)) for axis in "xy"] for p in parts]
                )
                faces.append(np.stack([points[p].mean(axis=0) for p in FIVE]))
            yield read_image(folder / image.get("file")), boxes, faces


def measure_finds(folder: Path, detector: FaceDetector, model: bytes) -> None:
    """Boxes found, false finds, and eyes against dlib's."""
    wanted = found = small = small_found = false = 0
    ours, first, floor = [], [], []
    for image, boxes, dlibs in truth(folder):
        faces = detector.find(image)
        left = list(range(len(faces)))
        for box, dlib in zip(boxes, dlibs, strict=True):
            best = max(left, key=lambda k: overlap(faces[k].box, box), default=None)
            hit = best is not None and overlap(faces[best].box, box) > SAME
            if box[3] >= LEAST_HEIGHT:
                wanted, found = wanted + 1, found + hit
            else:
                small, small_found = small + 1, small_found + hit
            if not hit:
                continue
            left.remove(best)
            into = face_transform(faces[best].landmarks, ONTO)
            ours.append(eye_distances(into, dlib[:2]))
            once = nearest(one_look(image, model), faces[best].landmarks)
            first.append(eye_distances(face_transform(once, ONTO), dlib[:2]))
            floor.append(eye_distances(face_transform(dlib, ONTO), dlib[:2]))
        false += len(left)
    print(f"boxes of {LEAST_HEIGHT} pixels and more: {found} of {wanted} found")
    print(f"smaller boxes: {small_found} of {small} found; false finds: {false}")
    say("eyes by dlib's landmarks, two looks", ours)
    say("eyes by dlib's landmarks, first look alone", first)
    say("eyes by dlib's landmarks, aligned by these themselves", floor)


def measure_alignment(folder: Path, detector: FaceDetector, model: bytes) -> None:
    """Eyes in aligned pictures, by looking at these anew."""
    ours, first, missed, seconds = [], [], 0, 0.0
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for file in files:
        image = read_image(file)
        start = time.perf_counter()
        faces = detector.find(image)
        seconds += time.perf_counter() - start
        if not faces:
            missed += 1
            continue
        once = nearest(one_look(image, model), faces[0].landmarks)
        for landmarks, into_list in ((faces[0].landmarks, ours), (once, first)):
            aligned = warp(image, face_transform(landmarks, ONTO), SIZE)
            again = detector.find(aligned)
            if again:
                seen = nearest([face.landmarks for face in again], ONTO)
                into_list.append(eye_distances(np.eye(2, 3), seen[:2]))
    print(f"{len(files)} photographs, {missed} without a find, {seconds:.1f} s")
    say("eyes by a new look at the aligned picture, two looks", ours)
    say("eyes by a new look at the aligned picture, first look alone", first)


def measure_tilt(folder: Path, detector: FaceDetector) -> None:
    """Faces found in photographs that are not upright."""
    images = [read_image(file) for file in sorted(folder.iterdir())[::6]]
    for degrees in TILTS:
        found = 0
        for image in images:
            middle = ((image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2)
            turn = cv2.getRotationMatrix2D(middle, degrees, 1)
            tilted = cv2.warpAffine(image, turn, image.shape[1::-1])
            found += bool(detector.find(tilted))
        print(f"tilted by {degrees} degrees: {found} of {len(images)} found")


def one_look(image: np.ndarray, model: bytes) -> list[np.ndarray]:
    """Landmarks as YuNet gives them on the photograph as it is."""
    network = cv2.FaceDetectorYN.create(
        "onnx", np.frombuffer(model, np.uint8), np.zeros(0, np.uint8), (64, 64), 0.5
    )
    network.setInputSize(image.shape[1::-1])
    _, rows = network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return [row[4:14].reshape(5, 2).astype(np.float64) for row in rows]


def nearest(found: list[np.ndarray], landmarks: np.ndarray) -> np.ndarray:
    """Those landmarks of several faces that are nearest to given ones."""
    return min(found, key=lambda own: np.abs(own - landmarks).sum())


def eye_distances(into: np.ndarray, eyes: np.ndarray) -> list[float]:
    """How far each eye comes to lie from its target, in pixels."""
    return list(np.hypot(*(apply(into, eyes) - ONTO[:2]).T))


def say(what: str, distances: list[list[float]]) -> None:
    """Median and 95th percentile over all eyes."""
    middle, worst = np.percentile(np.ravel(distances), (50, 95))
    count = np.size(distances)
    print(f"{what}: median {middle:.2f}, worst 5 % {worst:.2f} px ({count} eyes)")


def measure_kills(photos: Path, model: str, work: Path, kills: int) -> None:
    """Kill `prepare` at random moments until it has ended by itself, `kills` times."""
    before = digests(photos)
    command = [sys.executable, TRAIN, "--TYPE", "prepare", "--path", photos]
    command += ["--detector_model", model, "--min_size", "24", "--out"]
    start = time.perf_counter()
    subprocess.run([*command, work / "whole"], check=True, capture_output=True)
    whole_seconds = time.perf_counter() - start
    whole, starts, equal = digests(work / "whole"), 0, 0
    rng = random.Random(0)
    for _ in range(kills):
        shutil.rmtree(work / "killed", ignore_errors=True)
        ended = False
        while not ended:
            process = subprocess.Popen(
                [*command, work / "killed"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            starts += 1
            try:
                process.wait(rng.uniform(0.3, 0.9) * whole_seconds)
                ended = True
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        equal += digests(work / "killed") == whole
    print(
        f"{starts - kills} kills in {kills} preparations: {equal} end byte for byte "
        f"as the one that was never killed ({len(whole)} files)"
    )
    print(f"photographs as before: {digests(photos) == before}")
    shutil.rmtree(work / "whole")
    shutil.rmtree(work / "killed")


def digests(folder: Path) -> dict[str, str]:
    """File -> SHA-256, of everything in a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    main()
