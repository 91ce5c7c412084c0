"""How ./dev mutants makes its sample and counts; no mutant is built."""

import pathlib
import sys
import tempfile
import time
import unittest

CI = pathlib.Path(__file__).resolve().parents[2] / ".ci"
sys.path.insert(0, str(CI))

import mutants  # noqa: E402
from mutants import Mutant, Run  # noqa: E402

SOURCE = """// if (a < b) of a comment
int Less(int a, int b) {
  /* a + b */
  return a < b ? a : b;  // a - b
}
"""


def some_mutants(file: str, count: int) -> list[Mutant]:
    """So many, each on a line of its own."""
    return [
        Mutant(file, line, "a\n", f"b{line}\n") for line in range(1, count + 1)
    ]


class SampleTest(unittest.TestCase):
    """Which mutants there are, and which are tried."""

    def test_only_code_is_changed(self) -> None:
        found = mutants.mutants_of("x.cc", SOURCE)
        self.assertLessEqual({one.line for one in found}, {2, 4, 5})
        swapped = [one for one in found if "return a > b ? a" in one.after]
        self.assertEqual(len(swapped), 1)
        self.assertEqual(swapped[0].before, SOURCE.splitlines(keepends=True)[3])
        self.assertFalse(any("a * b" in one.after for one in found))

    def test_a_change_of_a_comment_is_none(self) -> None:
        self.assertFalse(
            mutants.changes_code(Mutant("x", 1, "f();  // a\n", "f(); // b\n"))
        )
        self.assertTrue(
            mutants.changes_code(Mutant("x", 1, "f();\n", "//f();\n"))
        )

    def test_each_file_has_its_share_by_lines(self) -> None:
        lines = {"a": 100, "b": 50, "c": 49, "d": 1}
        given = mutants.shares(lines, 20)
        self.assertEqual(given, {"a": 10, "b": 5, "c": 5, "d": 0})

    def test_shares_add_up(self) -> None:
        lines = {name: 3 for name in "abcdefg"}
        for sample in (1, 6, 7, 8, 300):
            self.assertEqual(
                sum(mutants.shares(lines, sample).values()), sample
            )

    def test_a_seed_gives_one_sample(self) -> None:
        supply = {"a": some_mutants("a", 50)}
        self.assertEqual(
            mutants.candidates(supply, 1), mutants.candidates(supply, 1)
        )
        self.assertNotEqual(
            mutants.candidates(supply, 1), mutants.candidates(supply, 2)
        )
        given = {"a": 20, "b": 20}
        self.assertEqual(mutants.turns(given, 1), mutants.turns(given, 1))
        self.assertNotEqual(mutants.turns(given, 1), mutants.turns(given, 2))
        self.assertEqual(mutants.turns(given, 1).count("b"), 20)

    def test_only_names_files_and_folders(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            top = pathlib.Path(directory)
            for name in ("wire/text.cc", "wire2/a.cc", "error.cc"):
                (top / "endpoint" / name).parent.mkdir(
                    parents=True, exist_ok=True
                )
                (top / "endpoint" / name).write_text(
                    "int a;\n", encoding="utf-8"
                )
            self.assertEqual(len(mutants.sources(top, [])), 3)
            self.assertEqual(
                list(
                    mutants.sources(top, ["endpoint/wire", "endpoint/error.cc"])
                ),
                ["endpoint/error.cc", "endpoint/wire/text.cc"],
            )
            with self.assertRaises(SystemExit):
                mutants.sources(top, ["endpoint/wir"])


class BuildTest(unittest.TestCase):
    """What is known of the build."""

    def test_objects_are_found_by_their_source(self) -> None:
        targets = {
            "endpoint/CMakeFiles/tg_wire.dir/wire/text.cc.o",
            "endpoint/json/CMakeFiles/tg_json.dir/form_reader.cc.o",
            "endpoint/libtg_wire.a",
            "tests/endpoint/CMakeFiles/wire_test.dir/wire/text_test.cc.o",
        }
        self.assertEqual(
            mutants.objects_by_source(targets),
            {
                "endpoint/wire/text.cc": (
                    "endpoint/CMakeFiles/tg_wire.dir/wire/text.cc.o"
                ),
                "endpoint/json/form_reader.cc": (
                    "endpoint/json/CMakeFiles/tg_json.dir/form_reader.cc.o"
                ),
            },
        )

    def test_the_nearest_tests_come_first(self) -> None:
        tests = ["endpoint_test", "json_test", "wire_test"]
        self.assertEqual(
            mutants.in_order(tests, "endpoint/wire/text.cc"),
            ["wire_test", "endpoint_test", "json_test"],
        )

    def test_a_file_is_restored_with_its_time(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "a"
            path.write_text("before", encoding="utf-8")
            times = path.stat()
            saved = mutants.Saved(path)
            path.unlink()
            saved.restore()
            self.assertEqual(path.read_text(encoding="utf-8"), "before")
            self.assertEqual(path.stat().st_mtime_ns, times.st_mtime_ns)


class RunTest(unittest.TestCase):
    """How the tries are counted."""

    def setUp(self) -> None:
        self.notes: list[str] = []

    def run_sample(
        self,
        order: list[str],
        fates: dict[int, str | None],
        seconds: float = 60,
    ) -> Run:
        """Each line of "a" has its fate."""
        run = Run(
            order,
            {"a": some_mutants("a", len(fates))},
            time.monotonic() + seconds,
            self.notes.append,
        )
        run.work(lambda mutant: fates[mutant.line])
        return run

    def test_what_does_not_count_is_replaced(self) -> None:
        fates = {1: "wire_test", 2: None, 3: None, 4: "", 5: "wire_test"}
        result = self.run_sample(["a", "a"], fates).result
        self.assertEqual([one.line for one, _ in result.killed], [1])
        self.assertEqual([one.line for one in result.survived], [4])
        self.assertEqual(result.uncounted, 2)
        self.assertEqual(
            self.notes, ["a:1: killed by wire_test", "a:4: SURVIVED"]
        )

    def test_a_file_may_have_fewer_than_its_share(self) -> None:
        result = self.run_sample(["a"] * 5, {1: "", 2: None}).result
        self.assertEqual(result.count(), 1)

    def test_after_its_time_it_tries_no_more(self) -> None:
        result = self.run_sample(["a"], {1: ""}, seconds=-1).result
        self.assertEqual(result.count(), 0)

    def test_the_report_names_survivors_and_how_many_were_tried(self) -> None:
        result = self.run_sample(["a"] * 2, {1: "", 2: "wire_test"}).result
        text = mutants.report(result, wanted=300, seed=7)
        self.assertIn("2 of 300 mutants tried (seed 7): 1 killed, 1 surv", text)
        self.assertIn("(50.0 % killed)", text)
        self.assertIn("a:1\n  - a\n  + b1\n", text)


if __name__ == "__main__":
    unittest.main()
