"""One reader at a time."""


class Turn:
    """Within `with` a reader has its turn; a second one gets an error."""

    def __init__(self) -> None:
        self._taken = False

    def __enter__(self) -> None:
        if self._taken:
            raise RuntimeError(
                "another task waits for the next event; only one may"
            )
        self._taken = True

    def __exit__(self, *_: object) -> None:
        self._taken = False
