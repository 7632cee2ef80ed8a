"""`rostrum token`: a development login token."""

import click

from local.login_token import login_token


@click.command()
@click.option("--user", required=True, help="The user's id (`sub`).")
@click.option("--name", help="The name shown to others.")
@click.option("--org", default="", help="The school or company.")
@click.option("--group", "groups", multiple=True, help="A class or team; may be given again.")
@click.option("--role", "roles", multiple=True, help="`teacher` or `admin`; may be given again.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), default=12.0, show_default=True, help="Valid for.")
def token(user: str, name: str | None, org: str, groups: tuple[str, ...], roles: tuple[str, ...], hours: float) -> None:
    """Print a login token, and nothing else, signed with EDGE_JWT_SECRET or else the data folder's own secret."""
    click.echo(login_token(user, name=name, org=org, groups=groups, roles=roles, valid_s=hours * 3600))
