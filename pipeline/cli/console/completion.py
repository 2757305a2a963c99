"""`tradegraph completion`: the script that makes a shell complete the command."""

from __future__ import annotations

import click

from pipeline.cli.console.option import Leaf

__all__ = ["completion"]

VARIABLE = "_TRADEGRAPH_COMPLETE"


@click.command(cls=Leaf)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script for completion in a shell.

    It completes commands, options, graphs, nodes and symbols.

    \b
    bash:  tradegraph completion bash > ~/.local/share/bash-completion/completions/tradegraph
    zsh:   tradegraph completion zsh > ~/.zfunc/_tradegraph      (with fpath+=~/.zfunc before compinit)
    fish:  tradegraph completion fish > ~/.config/fish/completions/tradegraph.fish
    """  # noqa: D301 - click needs the character itself
    # imported here because only this command and the shell's own calls need it
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    complete = made(ctx.find_root().command, {}, "tradegraph", VARIABLE)
    click.echo(complete.source_template % complete.source_vars())
