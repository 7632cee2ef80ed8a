"""`rostrum ps`: the processes of the running stack."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import psutil
from rich.console import Console
from rich.table import Table

from cli.running import data_folder, data_option
from local.run_file import ProcessEntry, ProcessMark, ProcessState, RunFile, find_process, running_stack

_MB = 1024 * 1024


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects, one per process.")
@data_option
def ps(as_json: bool, data: Path | None) -> None:
    """List the running stack's processes with state, restarts and memory, and the page's address."""
    folder = data_folder(data)
    stack = running_stack(folder)
    rows = [_row(entry) for entry in stack.processes] if stack else []
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    elif stack is None:
        click.echo(f"No stack runs on {folder}. Start one with `rostrum up`.")
    else:
        Console().print(_table(stack, rows))
        click.echo(f"Page: {stack.addresses.page} (`rostrum open` opens it, logged in)")


def _row(entry: ProcessEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "pid": entry.mark.pid if entry.mark else None,
        "state": entry.state.value,
        "restarts": entry.restarts,
        "address": entry.address,
        "rss_mb": round(_rss_mb(entry.mark, with_children=True), 1) if entry.mark else 0.0,
    }


def _rss_mb(mark: ProcessMark, *, with_children: bool) -> float:
    """Resident memory in MiB; pages that processes share count in each. 0 once the process has ended."""
    process = find_process(mark)
    if process is None:
        return 0.0
    total_bytes = 0
    with suppress(psutil.NoSuchProcess):
        for member in [process, *(process.children(recursive=True) if with_children else [])]:
            total_bytes += member.memory_info().rss
    return total_bytes / _MB


def _table(stack: RunFile, rows: list[dict[str, Any]]) -> Table:
    own_mb = _rss_mb(stack.supervisor, with_children=False)
    table = Table(show_footer=True)
    table.add_column("name", footer="total")
    for title in ("pid", "state", "restarts", "address"):
        # Half an address would be of no use.
        table.add_column(title, overflow="fold")
    table.add_column("memory", justify="right", footer=f"{sum(row['rss_mb'] for row in rows) + own_mb:.0f} MB")
    for row in rows:
        colour = "green" if row["state"] == ProcessState.READY else "yellow"
        cells = (row["name"], str(row["pid"] or ""), f"[{colour}]{row['state']}[/]", str(row["restarts"]))
        table.add_row(*cells, row["address"], f"{row['rss_mb']:.0f} MB")
    table.add_row("supervisor", str(stack.supervisor.pid), "", "", "", f"{own_mb:.0f} MB")
    return table
