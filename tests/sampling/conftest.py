"""A server for the tests of this folder."""

from chat_server import serve

__all__ = ["serve"]
