"""`rostrum token`: a development login token."""

import click

from local.login_token import login_token


@click.command()
@click.option("--user", required=True, help="The user's id (claim `sub`).")
@click.option("--name", help="The name shown to others.")
@click.option("--org", default="", help="The school or company.")
@click.option("--group", "groups", multiple=True, help="A class or team; can be repeated.")
@click.option("--role", "roles", multiple=True, help="`teacher` or `admin`; can be repeated.")
@click.option(
    "--hours", type=click.FloatRange(0, min_open=True), default=12.0, show_default=True, help="Hours until it expires."
)
def token(user: str, name: str | None, org: str, groups: tuple[str, ...], roles: tuple[str, ...], hours: float) -> None:
    """Print a development login token, and nothing else.

    It is signed with EDGE_JWT_SECRET or, without that, with the data folder's own secret.

    \b
    Example:
      rostrum token --user anna --org north-school --group 4b
    """
    click.echo(login_token(user, name=name, org=org, groups=groups, roles=roles, valid_s=hours * 3600))
