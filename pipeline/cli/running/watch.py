"""`tradegraph watch`: a graph that runs again whenever something that it rests on was saved."""

from __future__ import annotations

import click

from pipeline.cli.console.guard import INTERRUPTED
from pipeline.cli.console.option import Given, Leaf, given_options, graph_argument
from pipeline.cli.console.session import Session, pass_session

__all__ = ["watch"]


@click.command(cls=Leaf)
@graph_argument
@given_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout for each thing that happens.")
@pass_session
def watch(session: Session, graph: str, *, given: Given, as_json: bool) -> int:
    """Run a graph again when it, a plugin or bars are saved.

    GRAPH is a file or the name of one in graphs/. Shown is what differs from the last result. Faults are shown where
    they are, and the last good result stays. Ctrl-C ends it (130).
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.console.target import find_graph
    from pipeline.cli.running.watch_report import JsonTeller, Teller
    from pipeline.follow import Follower
    from pipeline.watch import Watcher

    engine = session.open_engine()
    follower = Follower(engine, find_graph(graph, engine.project.root), given.overrides())
    teller = (JsonTeller if as_json else Teller)(engine)
    try:
        with Watcher(follower.places()) as watcher:
            teller.began(follower)
            done = follower.round()
            while teller.told(done) and (changes := watcher.wait()):
                watcher.watch(follower.places())
                done = follower.round(changes)
    except KeyboardInterrupt:
        pass  # it has no other end
    teller.ended(follower)
    return INTERRUPTED
