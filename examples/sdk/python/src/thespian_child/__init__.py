"""A child of thespian-gateway: actors that speak through stdin and stdout."""

from thespian_child.child import Actor, Child, DIALECTS, Message, Payload
from thespian_child.errors import ArgumentError, FieldError, WireError

__all__ = ["DIALECTS", "Actor", "ArgumentError", "Child", "FieldError"]
__all__ += ["Message", "Payload", "WireError"]
