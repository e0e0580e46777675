"""A network as GraphML, which Gephi, yEd, igraph and networkx read."""

import re
from io import BytesIO

import networkx as nx

from services.catalog.network.domain import Network

NOT_OF_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def graphml(network: Network) -> bytes:
    """The network as a directed graph; two ties between the same nodes are two edges."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for node in network.nodes.values():
        graph.add_node(
            node.id, **{name: _text(value) for name, value in node._asdict().items() if value and name != "id"}
        )
    for number, tie in enumerate(network.ties):
        # The key becomes the edge's id, of which there may be but one in a file.
        graph.add_edge(tie.source, tie.target, str(number), kind=tie.kind)
    file = BytesIO()
    nx.write_graphml(graph, file, encoding="utf-8")
    return file.getvalue()


def _text(value: str | tuple[str, ...]) -> str:
    return NOT_OF_XML.sub("\ufffd", value if isinstance(value, str) else "; ".join(value))
