"""The example of the README, as it stands there."""

import json
import re

import cbor2
from piped_child import GOODBYE, run, SDK

README = (SDK / "README.md").read_text()


def test_the_example_answers_what_the_readme_says() -> None:
    [program] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    [(name, asked, answer)] = re.findall(
        r"\$ ./thespianctl call (\w+) '(.*)'\n(.*)\n", README
    )
    content = cbor2.dumps(["send_named", 7, name, json.loads(asked)])
    frame = b"\x5a" + len(content).to_bytes(4, "big") + content

    said = run(program, frame).stdout

    assert said.endswith(GOODBYE)
    content = said.removesuffix(GOODBYE)[5:]
    assert cbor2.loads(content) == ["send", 1, 7, json.loads(answer)]
