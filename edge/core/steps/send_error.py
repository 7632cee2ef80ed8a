"""The two ways to tell a client what is wrong: the connection continues, or it is closed."""

from edge.core.connection_state import ConnectionPhase, ConnectionState, Outcome
from edge.core.effects import Close, Send
from edge.core.errors import ProtocolError


def send_error(connection: ConnectionState, error: ProtocolError) -> Outcome:
    return connection, (Send(error.to_wire(fatal=False)),)


def close_with_error(connection: ConnectionState, error: ProtocolError) -> Outcome:
    """Raises ValueError for an error that is never fatal."""
    if error.close_code is None:
        raise ValueError(f"{error.code} does not close a connection")
    return connection.moved(ConnectionPhase.CLOSED), (Close(error.close_code, error.code, error.to_wire(fatal=True)),)
