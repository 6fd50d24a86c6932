"""The training in a worker that is not the chief."""

from __future__ import annotations

from kerasgan import callbacks as kc
from kerasgan.training import Outcome, Trainer


class Follower(Trainer):
    """Computes its shares of the batches, as the chief's `Trainer` does; reads no
    weights, writes nothing, and stops and goes back when the chief does."""

    def begin(self) -> None:
        """Take the chief's weights."""
        self.workers.take_from_chief(self.gan)

    def train(self) -> Outcome:
        """Train until the chief stops, or this one is interrupted and all stop."""
        if self.workers.chief_says(False):
            return self.outcome(already_done=True)
        interrupt = kc.SaveOnInterrupt(None, report=self.tell)
        try:
            while True:
                self.fit([interrupt, kc.StopTogether(self.workers.any)])
                if not self.workers.chief_says(False):
                    break
                self.workers.take_from_chief(self.gan)
        finally:
            interrupt.close()
        failed = self.workers.chief_says(False)
        failure = "The chief could not go on, and says why." if failed else None
        return self.outcome(signal_number=interrupt.signal_number, failure=failure)

    def make_kid(self) -> None:
        """The chief evaluates."""
