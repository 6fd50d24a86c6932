"""Projection, completion and arithmetic measured where the answer is known.

    python benchmarks/latents.py own --run_dir RUN
    python benchmarks/latents.py held --run_dir RUN --seen FOLDER --held FOLDER \
        [--net FILE.tflite]
    python benchmarks/latents.py complete --run_dir RUN --seen FOLDER --held FOLDER
    python benchmarks/latents.py attributes --run_dir RUN --seen FOLDER

`own`: pictures that the generator itself made are searched for. `held`: photos that it
never saw, against the nearest training picture and the mean picture. `complete`: what
masks hide of such photos, against OpenCV's inpainting and the mean picture.
`attributes`: on drawn faces (kerasgan.data.sketch_faces, `attributes.csv` beside them)
whether directions turn smile and glasses on and off, and what else they change, as
judged by a classifier that learnt the drawn attributes.
Errors are root mean squares in grey levels (0 to 255), PSNR in dB.
"""

from __future__ import annotations

import kerasgan  # noqa: F401  before TensorFlow, which it asks for oneDNN

# isort: split
import argparse
import time
from pathlib import Path

import cv2
import keras
import numpy as np
import tensorflow as tf

from kerasgan.cli.attributes import JUDGED, MOST_PHOTOS, apart
from kerasgan.cli.photos import Photos, read_photos
from kerasgan.cli.searching import FEATURES
from kerasgan.cli.tables import read_table
from kerasgan.cli.trained import Trained, usual_space
from kerasgan.config import TrainConfig
from kerasgan.data.sketch_faces import draw_face, sample_attributes
from kerasgan.images import grid, to_uint8, write_png
from kerasgan.latent.blending import poisson
from kerasgan.latent.directions import score_direction
from kerasgan.latent.inpainting import inpaint
from kerasgan.latent.judging import Judge
from kerasgan.latent.masks import make_mask
from kerasgan.latent.projection import project
from kerasgan.latent.steering import steer
from kerasgan.metrics.nearest import nearest
from kerasgan.runs import RunFolder

COUNT = 64
RECOVERED = 0.1  # distance to the true latent, over its length
NAMES = ("smile", "glasses", "beard", "hat", "bald", "curly")
STRENGTHS = (1, 2, 3, 4, 5)  # of directions
DRAWN = 16_000  # faces that the classifier learns from, seven eighths of them
LESSONS = 2200  # batches of 64


def psnr(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of images in [-1, 1], one number a picture."""
    return -10 * np.log10(np.maximum(((a - b) ** 2).mean(axis=(1, 2, 3)) / 4, 1e-12))


def rms(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Grey levels, over the pixels where `where` [.., H, W, 1] is 1."""
    where = np.broadcast_to(where, a.shape)
    squares = ((a - b) ** 2 * where).sum(axis=(1, 2, 3)) / where.sum(axis=(1, 2, 3))
    return 127.5 * np.sqrt(squares)


def own(trained: Trained, args: argparse.Namespace) -> None:
    """Latents known: are their pictures found again, and how fast?"""
    space, goal = trained.space, trained.goal("l2", 0.0, FEATURES)
    known = space.draw(5, 0, COUNT)
    photos = space.pictures(known)
    options = {"steps": args.steps, "restarts": args.restarts}
    started = time.monotonic()
    found = project(space, photos, goal, **options)
    seconds = time.monotonic() - started
    quality = psnr(found.images, photos)
    length = np.linalg.norm(known.reshape(COUNT, -1), axis=1)
    apart = np.linalg.norm((found.points - known).reshape(COUNT, -1), axis=1) / length
    print(
        f"PSNR median {np.median(quality):.1f} ({quality.min():.1f} to "
        f"{quality.max():.1f}); latents found again within {RECOVERED:.0%}: "
        f"{(apart < RECOVERED).mean():.0%} (distances {np.percentile(apart, 10):.2f} "
        f"to {np.percentile(apart, 90):.2f})"
    )
    started = time.monotonic()
    for k in range(args.alone):
        project(space, photos[k : k + 1], goal, **options)
    alone = (time.monotonic() - started) / max(args.alone, 1)
    print(
        f"{seconds / COUNT:.2f} s a picture in a batch of {COUNT}, {alone:.2f} s alone"
    )


def held(trained: Trained, args: argparse.Namespace) -> None:
    """Photos that were never trained on."""
    photos, seen = folders(trained, args)
    goal = trained.goal("l2", 0.0, FEATURES)
    found = project(
        trained.space, photos.images, goal, steps=args.steps, restarts=args.restarts
    )
    near = nearest(to_uint8(photos.images), to_uint8(seen.images))
    mean = np.broadcast_to(seen.images.mean(axis=0), photos.images.shape)
    sides = {
        "projection": found.images,
        "nearest training picture": turned(seen.images[near.places], near.mirrored),
        "mean picture": mean,
    }
    embed = embedding(args.net)
    for name, images in sides.items():
        line = f"{name}: PSNR {np.median(psnr(images, photos.images)):.1f}"
        if embed:
            line += f", feature distance {feature_gap(embed, images, photos):.1f}"
        print(line)
    if args.out:
        rows = np.concatenate([photos.images, *sides.values()], axis=2)
        write_png(args.out, grid(to_uint8(rows[:32]), columns=4))


def turned(images: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    """Those pictures the other way round that are more alike so."""
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


def feature_gap(embed, images: np.ndarray, photos: Photos) -> float:
    """The median distance in the net's features."""
    gaps = embed(images) - embed(photos.images)
    return float(np.median(np.linalg.norm(gaps, axis=1)))


def embedding(file: str | None):
    """A function images in [-1, 1] -> features of a quantised tflite net."""
    if not file:
        return None
    net = tf.lite.Interpreter(file)
    net.allocate_tensors()
    (entry,), (exit_,) = net.get_input_details(), net.get_output_details()
    scale, zero = exit_["quantization"]

    def embed(images: np.ndarray) -> np.ndarray:
        features = []
        for picture in to_uint8(images):
            size = tuple(entry["shape"][1:3])
            net.set_tensor(entry["index"], cv2.resize(picture, size)[None])
            net.invoke()
            raw = net.get_tensor(exit_["index"]).astype(np.float32).ravel()
            features.append((raw - zero) * scale)
        return np.stack(features)

    return embed


def complete(trained: Trained, args: argparse.Namespace) -> None:
    """What masks hide of photos that were never trained on."""
    photos, seen = folders(trained, args)
    mean = np.broadcast_to(seen.images.mean(axis=0), photos.images.shape)
    goal = trained.goal("l2", args.realism, 0.0)
    for kind in ("center", "random"):
        mask = make_mask(kind, trained.config.image_size, seed=1)
        found = inpaint(
            trained.space, photos.images, mask, goal, blend="none", steps=args.steps
        )
        seamless = [
            poisson(photo, raw[0], mask)
            for photo, raw in zip(photos.images, found.raw, strict=True)
        ]
        made = {"pasted": found.blended[:, 0], "poisson": np.stack(seamless)}
        made |= {
            "OpenCV Telea": opencv(photos, mask, cv2.INPAINT_TELEA),
            "OpenCV NS": opencv(photos, mask, cv2.INPAINT_NS),
            "mean picture": mask * photos.images + (1 - mask) * mean,
        }
        for name, images in made.items():
            inside = np.median(rms(images, photos.images, 1 - mask))
            edge = np.median(seam(images, photos.images, mask))
            print(f"{kind}, {name}: inside {inside:.1f}, seam {edge:.1f}")
        if args.out:
            masked = photos.images * mask + (1 - mask)
            rows = np.concatenate([photos.images, masked, *made.values()], axis=2)
            name = Path(args.out).with_suffix("")
            write_png(f"{name}_{kind}.png", grid(to_uint8(rows[:24]), columns=2))


def opencv(photos: Photos, mask: np.ndarray, method: int) -> np.ndarray:
    """OpenCV's own inpainting."""
    hidden = (255 * (1 - mask[..., 0])).astype(np.uint8)
    made = [cv2.inpaint(p, hidden, 3, method) for p in to_uint8(photos.images)]
    return np.stack(made).astype(np.float32) / 127.5 - 1


def seam(images: np.ndarray, photos: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """How far steps across the mask's edge are from the photo's, in grey levels."""
    known = mask[..., 0]
    down, across = known[1:] != known[:-1], known[:, 1:] != known[:, :-1]
    off = images - photos
    steps = [
        np.abs(np.diff(off, axis=1))[:, down],  # [N, places, C]
        np.abs(np.diff(off, axis=2))[:, across],
    ]
    return 127.5 * np.concatenate(steps, axis=1).mean(axis=(1, 2))


def folders(trained: Trained, args: argparse.Namespace) -> tuple[Photos, Photos]:
    """Some held-out photos, and all training pictures."""
    return (
        read_photos(args.held, trained.config, COUNT),
        read_photos(args.seen, trained.config),
    )


def attributes(trained: Trained, args: argparse.Namespace) -> None:
    """Smile and glasses on and off, in 200 of the generator's pictures each."""
    classifier = attribute_classifier(trained.config)
    columns, table = read_table(Path(args.seen) / "attributes.csv")
    photos = read_photos(args.seen, trained.config, MOST_PHOTOS["samples"])
    labels = np.array([table[name] for name in photos.names])
    chosen = [columns.index(name) for name in NAMES]
    points = trained.space.draw(0, 0, JUDGED)
    pictures = trained.space.in_batches(points)
    judge = Judge(trained.features()).fit(photos.in_batches(), labels[:, chosen])
    scores = judge.predict(pictures)
    right = np.sign(classifier(trained.space.pictures(points[:2000]))[:, :2])
    agree = [np.corrcoef(right[:, k], scores[:2000, k])[0, 1] for k in range(2)]
    print(f"judge and classifier: smile {agree[0]:.2f}, glasses {agree[1]:.2f}")
    ways = np.stack([score_direction(points, column) for column in scores.T])
    started = time.monotonic()
    steered = steer(trained.space, judge.say, ways)
    print(f"steering took {time.monotonic() - started:.0f} s")
    methods = {
        "samples": ways,
        "apart": apart(list(NAMES), list(ways)),
        "steered": steered,
    }
    for k, name in enumerate(("smile", "glasses")):
        for method, found in methods.items():
            for strength in STRENGTHS:
                text = f"{name}, {method} x {strength}"
                report(trained, classifier, text, k, strength * found[k])


def report(trained, classifier, title: str, k: int, way: np.ndarray) -> None:
    """How many of 200 pictures an attribute is turned on and off in, others kept."""
    starts = trained.space.draw(77, 0, 1500)
    before = classifier(trained.space.pictures(starts))
    shares, kept = [], []
    for sign in (1, -1):
        rows = np.flatnonzero(before[:, k] < 0 if sign > 0 else before[:, k] > 0)[:200]
        after = classifier(trained.space.pictures(starts[rows] + sign * way))
        shares.append(((after[:, k] > 0) == (sign > 0)).mean())
        others = [j for j in range(len(NAMES)) if j != k]
        same = (after[:, others] > 0) == (before[rows][:, others] > 0)
        kept.append(same.mean(axis=0))
    print(f"{title}, {np.linalg.norm(way):.1f} long:", end=" ")
    for word, share, each in zip(("on", "off"), shares, kept, strict=True):
        rest = ", ".join(
            f"{NAMES[j]} {one:.0%}" for j, one in zip(others, each, strict=True)
        )
        print(f"{word} {share:.0%} (kept: {rest})", end="; " if word == "on" else "\n")


def attribute_classifier(config: TrainConfig):
    """images -> logits [N, len(NAMES)], learnt from drawn faces, each a little shifted
    and noisy, as generated ones are; prints how good."""
    keras.utils.set_random_seed(0)
    faces = [sample_attributes(123, k) for k in range(DRAWN)]
    pictures = np.stack([draw_face(each, config.image_size) for each in faces])
    labels = np.array([[float(f[n] > 0) for n in NAMES] for f in faces], np.float32)
    network = keras.Sequential([keras.Input(pictures.shape[1:])])
    for filters in (32, 64, 96, 128):
        network.add(keras.layers.Conv2D(filters, 3, 2, "same", activation="relu"))
    network.add(keras.layers.Flatten())
    network.add(keras.layers.Dropout(0.3))
    network.add(keras.layers.Dense(len(NAMES)))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, LESSONS)
    network.compile(keras.optimizers.Adam(rate), loss)
    split = DRAWN * 7 // 8
    known = tf.data.Dataset.from_tensor_slices((pictures[:split], labels[:split]))
    known = known.shuffle(split, seed=1).repeat().batch(64).map(altered)
    network.fit(known, steps_per_epoch=LESSONS, verbose=0)
    unseen = pictures[split:].astype(np.float32) / 127.5 - 1
    right = (network.predict(unseen, verbose=0) > 0) == (labels[split:] > 0)
    print("the classifier is right on drawn faces it never saw:", end=" ")
    print(", ".join(f"{n} {s:.0%}" for n, s in zip(NAMES, right.mean(0), strict=True)))
    return lambda images: network.predict(images, verbose=0, batch_size=256)


def altered(pictures: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """uint8 [N, H, W, C] -> float32 in [-1, 1], moved by up to 3 pixels, with noise."""
    images = tf.cast(pictures, tf.float32) / 127.5 - 1
    wider = tf.pad(images, [[0, 0], [3, 3], [3, 3], [0, 0]], "REFLECT")
    images = tf.image.random_crop(wider, tf.shape(images))
    strength = tf.random.uniform([tf.shape(images)[0], 1, 1, 1], 0, 0.1)
    return images + tf.random.normal(tf.shape(images)) * strength, labels


def main() -> None:
    """Run one of the measurements."""
    studies = {f.__name__: f for f in (own, held, complete, attributes)}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", choices=studies)
    parser.add_argument("--run_dir", required=True)
    parser.add_argument("--space", help="z; w (its default) or w+ of stylegan2")
    parser.add_argument("--seen", help="the run's training pictures")
    parser.add_argument("--held", help="pictures of the kind that it never saw")
    parser.add_argument("--net", help="a tflite net for the feature distance")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--restarts", type=int, default=1)
    parser.add_argument("--alone", type=int, default=4)
    parser.add_argument("--realism", type=float, default=0.003)
    parser.add_argument("--out", help="a PNG to look at")
    args = parser.parse_args()
    run = RunFolder(args.run_dir)
    config = TrainConfig.from_json(run.read_settings())
    space = args.space or usual_space(config)
    trained = Trained(run, config, "ema", space_name=space)
    studies[args.study](trained, args)


if __name__ == "__main__":
    main()
