"""The figures of ./dev metrics, on sources whose figures are known by hand."""

import pathlib
import sys
import tempfile
import unittest

CI = pathlib.Path(__file__).resolve().parents[2] / ".ci"
sys.path.insert(0, str(CI))

import metrics  # noqa: E402
from cxx_classes import classes_in, without_comments  # noqa: E402


def counts(text: str) -> dict[str, tuple[int, int]]:
    """Public methods and data members, by the class's name."""
    return {
        one.name: (one.public_methods, one.data_members)
        for one in classes_in(text)
    }


class ClassesTest(unittest.TestCase):
    """One construct of the language each."""

    def test_counts_neither_constructors_nor_what_is_deleted(self) -> None:
        text = """
            class Lock {
             public:
              explicit Lock(Mutex& mutex) EXCLUSIVE_LOCK(mutex)
                  : mutex_(mutex), depth_{1} {
                mutex_.Lock();
              }
              ~Lock() UNLOCKS() { mutex_.Unlock(); }
              Lock(const Lock&) = delete;
              Lock& operator=(const Lock&) = delete;
              Lock(Lock&&) = default;
              void Release();
             private:
              int Hidden() const;
              Mutex& mutex_;
              int depth_ = 0;
            };"""
        self.assertEqual(counts(text), {"Lock": (1, 2)})

    def test_static_members_and_types_are_no_data(self) -> None:
        text = """
            struct Row {
              using Done = std::function<void(int) &&>;
              enum class Kind { kOne, kTwo };
              friend class Other;
              class Later;
              static constexpr int kMost = sizeof(int) < 8 ? 1 : 2;
              static Row Make(int a, int b = 2);
              int a, b;
              std::map<std::string, std::vector<int>> by_name;
              absl::AnyInvocable<void(int)> done;
              void (*plain)(int);
              int guarded_ ABSL_GUARDED_BY(mutex_) = Twice(2);
              std::array<int, 2> pair{1, 2};
            };"""
        self.assertEqual(counts(text), {"Row": (1, 7)})

    def test_functions_of_every_form(self) -> None:
        text = """
            template <typename T, typename = std::enable_if_t<(sizeof(T) > 1)>>
            class ABSL_LOCKABLE Box final : public Base<T>, private Other {
             public:
              [[nodiscard]] bool empty() const { return size() == 0; }
              template <typename U> void Put(U&& value) { Keep({value}); }
              bool operator==(const Box& other) const;
              bool operator()(int) const { return a_ < b_; }
              explicit operator bool() const { return true; }
              auto End() -> std::optional<int>;
              std::vector<int> List(std::vector<int> a = {1, 2}) override;
              virtual void Pure() = 0;
             protected:
              void Inner();
              int a_ = 0;
              int b_ = 0;
            };"""
        self.assertEqual(counts(text), {"Box": (8, 2)})

    def test_nested_classes_are_counted_on_their_own(self) -> None:
        text = """
            namespace a::b {
            namespace {
            class Outer {
              struct Inner {
                int x = 0;
              };
              struct { int y; } unnamed_;
             public:
              struct Shown { void Go(); };
              Inner inner_;
            };
            class Outer::Late { int z_; };
            }  // namespace
            }  // namespace a::b"""
        self.assertEqual(
            counts(text),
            {
                "Outer": (0, 2),
                "Outer::Inner": (0, 1),
                "Outer::(unnamed)": (0, 1),
                "Outer::Shown": (1, 0),
                "Outer::Late": (0, 1),
            },
        )

    def test_braces_elsewhere_confuse_nothing(self) -> None:
        text = """
            #define BRACE {
            // class Comment {
            constexpr std::array kRows = {Row{"}", '{'}, R"(class X {)", 'x'};
            enum class Kind : int { kOne };
            extern "C" { int plain(struct stat* at); }
            struct Made Make(int x) { struct Local { int a; }; return {x}; }
            class Last { int one_; };"""
        self.assertEqual(counts(text), {"Last": (0, 1)})

    def test_a_record_is_values_only(self) -> None:
        text = """
            struct Values { int a; int b = 1; };
            struct Maker { explicit Maker(int a); int a; };
            struct Doer { void Do(); };
            class Shut { int a; };"""
        records = {one.name for one in classes_in(text) if one.is_record}
        self.assertEqual(records, {"Values"})

    def test_text_that_is_cut_off_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            classes_in("class Open { int a;")


class TextTest(unittest.TestCase):
    """Comments and literals."""

    def test_blanks_keep_the_lines(self) -> None:
        text = (
            "int a; /* one\ntwo */ int b;  // mutex\nf(\"// no\", 1'000, 'x');"
        )
        self.assertEqual(
            without_comments(text),
            'int a;  \n int b;   \nf("", 1\'000, "");',
        )

    def test_share_of_comments(self) -> None:
        text = "// one\n\nint a;  // beside\n/* two\n   lines */\n"
        self.assertEqual(metrics.comment_lines(text), (3, 4))

    def test_quantiles(self) -> None:
        values = list(range(1, 11))
        self.assertEqual(metrics.quantile(values, 0.9), 9)
        self.assertEqual(metrics.quantile([7], 0.5), 7)


HEADER = """// A header, whose comment is
// two lines of ten.
class Kept {
 public:
  void Go();
 private:
  // std::shared_ptr<int> of a comment counts for nothing
  mutable Mutex mutex_;
  std::shared_ptr<int> value_ ABSL_GUARDED_BY(mutex_);
};
"""

SOURCE = """void Kept::Go() {
  std::mutex local;
  value_ = std::make_shared<int>(1);
  MutexLock lock(mutex_);
}
void Short() {}
"""


class TreeTest(unittest.TestCase):
    """All figures of a tree of five files."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = pathlib.Path(directory.name)
        long = "void Long() {\n" + "  Go();\n" * 62 + "}\n"
        self.write("endpoint/kept.h", HEADER)
        self.write("endpoint/kept.cc", SOURCE)
        self.write("server/rpc/long.cc", long)
        self.write("tests/kept_test.cc", "int a;\n" * 40)
        self.write("clients/node/node_modules/x.h", "class Foreign {};\n")

    def write(self, name: str, text: str) -> None:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def test_figures_are_those_counted_by_hand(self) -> None:
        self.assertEqual(
            metrics.measure("tree", self.top).rows,
            {
                "functions": "3",
                "function length, median": "5",
                "function length, p90": "64",
                "function length, max": "64",
                "functions over 60 lines": "1",
                "classes": "1",
                "public methods, max": "1 (Kept)",
                "classes over 15 public methods": "0",
                "data members, max": "2 (Kept)",
                "classes over 12 data members": "0",
                "lines of endpoint/ and server/": "80",
                "shared_ptr": "2",
                "shared_ptr per 1,000 lines": "25.00",
                "mutexes": "2",
                "mutexes per 1,000 lines": "25.00",
                "largest folder, sources": "2 (endpoint/)",
                "comment share of headers": "30.0 %",
                "test lines per line": "0.50",
            },
        )

    def test_two_trees_stand_side_by_side(self) -> None:
        before = metrics.measure("before", self.top)
        self.write("server/rpc/long.cc", "void Brief() {}\n")
        text = metrics.report([before, metrics.measure("now", self.top)])
        self.assertIn("| figure | before | now |", text)
        self.assertIn("| functions over 60 lines | 1 | 0 |", text)
        self.assertIn("| largest classes of now | public", text)


if __name__ == "__main__":
    unittest.main()
