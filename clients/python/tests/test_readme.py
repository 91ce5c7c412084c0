"""The example of the README, run as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
LIMIT = 30  # s


def test_the_example_prints_what_the_readme_says(
    fresh_address: str, tmp_path: Path
) -> None:
    text = README.read_text()
    [program] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    [output] = re.findall(
        r"\$ python3 example.py \S+\n(.*?)```", text, re.DOTALL
    )
    script = tmp_path / "example.py"
    script.write_text(program)

    ran = subprocess.run(
        [sys.executable, script, fresh_address],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )

    assert ran.stderr == ""
    assert ran.stdout == output
