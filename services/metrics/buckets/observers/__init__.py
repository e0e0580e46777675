"""An observer for each type of event on feedback's topic."""

from services.metrics.buckets.observers import contributions, inputs, proposals, ratings, requests
from services.metrics.buckets.observers.observer import Observers

OBSERVERS: Observers = {
    **requests.OBSERVERS,
    **ratings.OBSERVERS,
    **proposals.OBSERVERS,
    **contributions.OBSERVERS,
    **inputs.OBSERVERS,
}
