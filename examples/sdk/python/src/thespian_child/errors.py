"""What can go wrong."""


class FieldError(Exception):
    """A field has a value that breaks its limit."""

    def __init__(self, field: str, value: object, limit: str) -> None:
        super().__init__(f"{field}: {value}; expected {limit}")
        self.field = field
        self.value = value
        self.limit = limit


class WireError(FieldError):
    """Nothing that follows on stdin can be trusted: the child ends."""


class ArgumentError(FieldError, ValueError):
    """What was to be sent or registered; nothing was written."""
