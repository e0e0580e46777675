"""What the inbox makes of feedback's history."""

from services.metrics.buckets.columns import Observations
from services.metrics.consumes import FeedbackHandler
from shared.inbox.batch import Batch, Sorter, Standing, Stretches


class Replay:
    """What takes effect of messages, as the consumer's inbox decides: in order, once, and not what is unusable."""

    def __init__(self, source: str, standing: Standing | None = None) -> None:
        self._sorter = Sorter(FeedbackHandler(), source, gaps=False)
        self.standing = standing or Standing()

    def take(self, stretches: Stretches) -> list[Observations]:
        """What is said by the events that take effect by the next messages."""
        batch: Batch[Observations] = Batch()
        self._sorter.add(batch, self.standing, stretches)
        self.standing.take(batch.after)
        return batch.prepared
