"""Callbacks for any Keras GAN: pictures, checkpoints, logs, verdicts, and a way out.

The model needs a `generator` (a Keras model from latents [N, Z] to images
[N, H, W, C]) where pictures are drawn, and nothing else. In the list StopOnNonFinite
comes first, Verdict and ProgressVideo behind the SampleGrid whose pictures they take,
KID before Checkpoint, which saves the best by it, and before Verdict; RunReport and
TensorBoardLog behind all whose files they show:

    checkpoint = Checkpoint("run/checkpoints", every_steps=500)
    gan.fit(dataset, callbacks=[StopOnNonFinite(checkpoint), checkpoint, ...])

Steps are counted over the whole training, resumed or not: see `progress_of`.
"""

from kerasgan.callbacks.checkpoint import Checkpoint
from kerasgan.callbacks.kid import KID
from kerasgan.callbacks.progress import progress_of
from kerasgan.callbacks.progress_line import ProgressLine
from kerasgan.callbacks.progress_video import ProgressVideo
from kerasgan.callbacks.run_log import RunLog
from kerasgan.callbacks.run_report import RunReport
from kerasgan.callbacks.sample_grid import SampleGrid
from kerasgan.callbacks.save_on_interrupt import SaveOnInterrupt
from kerasgan.callbacks.step_callback import StepCallback
from kerasgan.callbacks.stop_after_minutes import StopAfterMinutes
from kerasgan.callbacks.stop_on_non_finite import StopOnNonFinite
from kerasgan.callbacks.stop_together import StopTogether
from kerasgan.callbacks.tensorboard_log import TensorBoardLog
from kerasgan.callbacks.verdict import Verdict

__all__ = [
    "Checkpoint",
    "KID",
    "ProgressLine",
    "ProgressVideo",
    "RunLog",
    "RunReport",
    "SampleGrid",
    "SaveOnInterrupt",
    "StepCallback",
    "StopAfterMinutes",
    "StopOnNonFinite",
    "StopTogether",
    "TensorBoardLog",
    "Verdict",
    "progress_of",
]
