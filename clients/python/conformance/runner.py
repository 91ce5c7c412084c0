"""The runner of the Python client; clients/conformance/README.md tells how."""

import asyncio
import json
import sys
from typing import Any

from steps import error_form, Step, StepError, Steps
from values import Values

from thespian_gateway import connect, GatewayError

STEP_LIMIT = 30.0  # s
PAUSE = 0.02  # s, before a step is done again
MAX_DETAIL = 1000  # characters
MAX_LINE = 2**24  # bytes


class Lines:
    """JSON lines from the driver and to it."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def read(self) -> Any:
        """The next line; None at the end."""
        line = await self._reader.readline()
        return json.loads(line) if line else None

    def write(self, value: Any) -> None:
        """Writes one line."""
        print(json.dumps(value), flush=True)

    async def ask(self, action: str) -> None:
        """Has the driver do something with the gateway."""
        self.write({"ask": action})
        answer = await self.read()
        if answer != {"done": action}:
            raise StepError(f"asked for {action}, the driver said {answer}")


class Scenario:
    """Does the steps of one scenario."""

    def __init__(self, steps: Steps, values: Values) -> None:
        self._steps = steps
        self._values = values
        self._mismatch = ""

    async def run(self, steps: list[Step]) -> str:
        """Tells which step failed, and how. Empty: none."""
        for number, step in enumerate(steps, 1):
            try:
                async with asyncio.timeout(STEP_LIMIT):
                    await self._do(step)
            except TimeoutError:
                last = self._mismatch or f"after {self._steps.last_event}"
                self._mismatch = f"waited {STEP_LIMIT} s; {last}"
            if self._mismatch:
                return f"step {number} ({step['do']}): {self._mismatch}"
        return ""

    async def _do(self, step: Step) -> None:
        self._mismatch = await self._once(step)
        while self._mismatch and step.get("eventually"):
            await asyncio.sleep(PAUSE)
            self._mismatch = await self._once(step)

    async def _once(self, step: Step) -> str:
        result, error = None, None
        try:
            for self._values.index in range(step.get("times", 1)):
                result = await getattr(self._steps, step["do"])(step)
        except GatewayError as failed:
            error = failed
        except StepError as failed:
            return str(failed)
        expected = step.get("error", {"code": "OK"})
        mismatch = self._values.mismatch(expected, error_form(error))
        if mismatch and error is not None:
            mismatch += f" of {error.code.name} {error}"
        if mismatch or "expect" not in step:
            return mismatch
        return self._values.mismatch(step["expect"], result)


async def run_job(job: Any, lines: Lines) -> str:
    """Does one scenario; tells what failed."""
    values = Values()
    address, tls = job["address"], job.get("tls", {})
    async with connect(address, deadline=STEP_LIMIT, **tls) as gateway:
        steps = Steps(gateway, values, lines.ask)
        try:
            return await Scenario(steps, values).run(job["scenario"]["steps"])
        except Exception as error:  # the next one is to be done
            return f"{type(error).__name__}: {error}"
        finally:
            await steps.close()


async def main() -> None:
    """Does what the driver says until stdin ends."""
    reader = asyncio.StreamReader(limit=MAX_LINE)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    lines = Lines(reader)
    while (job := await lines.read()) is not None:
        detail = await run_job(job, lines)
        lines.write(
            {
                "name": job["scenario"]["name"],
                "pass": not detail,
                "detail": detail[:MAX_DETAIL],
            }
        )


if __name__ == "__main__":
    asyncio.run(main())
