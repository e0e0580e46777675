"""Betweenness centrality: exact, by the algorithm of Brandes (2001), in one of two ways by the number of ties.

Whoever counts for long does so in a process of its own, which is this file run as a program: rustworkx holds Python's
lock while it counts, and everybody else who asks the catalogue would wait for it.
"""

import subprocess
import sys

import numpy as np
import rustworkx
from numpy.typing import NDArray

Tied = NDArray[np.bool_]
"""Who is tied to whom: symmetric, nobody to itself, all by some way to all others."""

Counts = NDArray[np.float64]

SHORT = 300_000
"""So many nodes times ties are counted in some milliseconds, before a process would have begun."""

MANY = 25
"""Ties per node from which on matrices are quicker than searches; measured (docs/decisions/network-figures.md)."""

MOST_IN_MATRICES = 5_000
"""Nodes; more take too much memory."""

BLOCK = 512
"""Nodes from which paths are counted at a time, by matrices."""


def betweenness(tied: Tied) -> Counts:
    """For each node: over all pairs of others, the part of the shortest paths between the two that lead by it."""
    if len(tied) * _ties(tied) <= SHORT:
        return count(tied)
    command = [sys.executable, "-P", __file__, str(len(tied))]
    done = subprocess.run(command, input=np.packbits(tied).tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout)


def count(tied: Tied) -> Counts:
    """The same, in this process."""
    if _ties(tied) > MANY * len(tied) and len(tied) <= MOST_IN_MATRICES:
        return by_matrices(tied)
    return by_searches(tied)


def by_searches(tied: Tied) -> Counts:
    """By a search from every node: time grows with nodes times ties."""
    graph: rustworkx.PyGraph[int, None] = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(len(tied)))
    graph.add_edges_from_no_data([(one, other) for one, other in np.argwhere(np.triu(tied)).tolist()])
    found = rustworkx.betweenness_centrality(graph, normalized=False)
    return np.array([found[node] for node in range(len(tied))])


def by_matrices(tied: Tied) -> Counts:
    """By searches from many nodes at once, a step of all of them being a product of matrices: time grows with the cube
    of the nodes and with how far they are apart, whatever the number of ties."""
    steps = tied.astype(np.float64)
    counts = np.zeros(len(tied))
    for first in range(0, len(tied), BLOCK):
        counts += _dependencies(_layers(steps, np.arange(first, min(first + BLOCK, len(tied)))), steps)
    return counts / 2  # each pair was met from both of its ends


def _layers(steps: Counts, sources: NDArray[np.int64]) -> list[Counts]:
    """By distance from 1 on: how many shortest paths lead from each source (row) to each node that far away."""
    layers = [steps[sources]]
    reached = layers[0] > 0
    reached[np.arange(len(sources)), sources] = True
    while not reached.all():
        ahead = layers[-1] @ steps
        ahead[reached] = 0
        reached |= ahead > 0
        layers.append(ahead)
    return layers


def _dependencies(layers: list[Counts], steps: Counts) -> Counts:
    """What each node is worth to the paths from all sources: of every node one step further, the part of the paths
    that lead by it, times one and what that node is worth itself; from the farthest back."""
    counts = np.zeros(len(steps))
    worth = np.zeros_like(layers[-1])
    for near, far in zip(layers[-2::-1], layers[:0:-1], strict=True):
        worth = np.divide(1 + worth, far, out=np.zeros_like(far), where=far > 0) @ steps * near
        counts += worth.sum(axis=0)
    return counts


def _ties(tied: Tied) -> int:
    return int(tied.sum()) // 2


def main(nodes: int) -> None:
    """Reads a matrix, bit by bit, and writes the counts."""
    bits = np.frombuffer(sys.stdin.buffer.read(), np.uint8)
    tied = np.unpackbits(bits, count=nodes * nodes).reshape(nodes, nodes).astype(np.bool_)
    sys.stdout.buffer.write(count(tied).tobytes())


if __name__ == "__main__":
    main(int(sys.argv[1]))
