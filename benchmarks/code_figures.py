"""How the code reads, in figures: branches, comprehensions, `Any`, filler names, first words of docstrings.

    python benchmarks/code_figures.py                      this working tree
    python benchmarks/code_figures.py --before COMMIT      beside an earlier commit
    python benchmarks/code_figures.py --by-folder          each folder of the working tree, most branches first
    python benchmarks/code_figures.py --beside PATH ...    beside other packages or modules, their tests left out
    python benchmarks/code_figures.py --by-kind            what the branches are, by what the code reads

Counted over rewards/ and rlvr/. A code line is one that holds code: no blank line, no comment, no docstring. A call
`all((a, b))` counts as `a and b`. A product `words * (a in b)` or `words * bool(a)` and a mapping from True and False
count as conditional expressions. A packed statement holds four branches or more within itself: comprehensions,
conditional expressions, `and`, `or`.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import sys
import tarfile
import tempfile
import tokenize
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("rewards", "rlvr")
MAX_COMPLEXITY = 12
PACKED = 4

FILLERS = frozenset(["found", "given", "made", "one", "other", "known", "said", "own"])
"""Names of locals that say nothing of what they hold."""

NO_VERBS = frozenset(["what", "whether", "how", "where", "which", "why"])
"""First words of docstrings that begin a riddle where a verb would say the result."""

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)
_CONDITIONS = (ast.Compare, ast.BoolOp)
_OF_LANGUAGE = (
    "rewards/text", "rewards/matching/equality.py", "rlvr/data/synth", "rlvr/data/described.py",
    "rlvr/data/lint/grounding.py", "rlvr/environments/worlds", "rlvr/environments/user.py",
)  # fmt: skip
_OF_OTHERS = (
    "rewards/wire", "rewards/ground_truth.py", "rewards/tool_forms.py", "rewards/strict_json.py",
    "rlvr/data/formats", "rlvr/data/toolsets", "rlvr/data/lint/reading.py",
)  # fmt: skip
AREAS = {"reads language": _OF_LANGUAGE, "reads JSON and texts of others": _OF_OTHERS, "the rest": ("",)}
"""What the modules read, by the beginnings of their paths; the first that fits."""

_WITH_VALUE = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr
_WITH_TEST = ast.If | ast.While
_NO_CODE = (
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
)  # fmt: skip


@dataclass
class Counts:
    """What stands in a tree of source files."""

    lines: int = 0
    code: int = 0
    nodes: Counter[str] = field(default_factory=Counter)
    locals: int = 0
    fillers: int = 0
    docstrings: int = 0
    without_verb: int = 0
    statements: int = 0
    packed: int = 0

    def add(self, source: str) -> None:
        """Count one file."""
        tree = ast.parse(source)
        self.lines += source.count("\n")
        self.code += len(_code_lines(source) - _docstring_lines(tree))
        for node in ast.walk(tree):
            self._count_node(node)
            self._count_statement(node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = _local_names(node)
                self.locals += len(names)
                self.fillers += sum(not FILLERS.isdisjoint(name.split("_")) for name in names)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._count_docstring(ast.get_docstring(node))

    def _count_node(self, node: ast.AST) -> None:
        if isinstance(node, _BRANCHES):
            self.nodes["branch"] += 1
        if isinstance(node, ast.IfExp):
            self.nodes["conditional"] += 1
        if _is_conditional_in_disguise(node):
            self.nodes["branch"] += 1
            self.nodes["conditional"] += 1
        self.nodes["branch"] += _further_operands(node)
        if isinstance(node, _COMPREHENSIONS):
            self.nodes["branch"] += 1
            self.nodes["comprehension"] += 1
        if isinstance(node, ast.Name) and node.id == "Any":
            self.nodes["Any"] += 1

    def _count_statement(self, node: ast.AST) -> None:
        if isinstance(node, _WITH_VALUE | _WITH_TEST):
            expression = node.test if isinstance(node, _WITH_TEST) else node.value
            self.statements += 1
            self.packed += expression is not None and _branches_within(expression) >= PACKED

    def _count_docstring(self, text: str | None) -> None:
        if text:
            self.docstrings += 1
            self.without_verb += text.split()[0].strip("`,.").lower() in NO_VERBS

    def figures(self) -> dict[str, float]:
        """Return each figure by its name."""
        per_1000 = 1000 / self.code
        return {
            "lines": self.lines,
            "code lines": self.code,
            "branches per 1,000 code lines": self.nodes["branch"] * per_1000,
            "comprehensions per 1,000": self.nodes["comprehension"] * per_1000,
            "conditional expressions per 1,000": self.nodes["conditional"] * per_1000,
            "`Any` per 1,000": self.nodes["Any"] * per_1000,
            "filler names among locals, %": 100 * self.fillers / self.locals,
            "docstrings that begin with what, whether, how, where, %": 100 * self.without_verb / self.docstrings,
            "packed statements per 1,000 statements": 1000 * self.packed / self.statements,
        }


def _branches_within(expression: ast.AST) -> int:
    """Count comprehensions, their conditions, conditional expressions and further operands of `and` and `or`."""
    branches = 0
    for node in ast.walk(expression):
        branches += _further_operands(node)
        if isinstance(node, ast.comprehension):
            branches += 1 + len(node.ifs)
        elif isinstance(node, ast.IfExp) or _is_conditional_in_disguise(node):
            branches += 1
    return branches


def _further_operands(node: ast.AST) -> int:
    """Return how many operands follow the first of an `and` or `or`, or of `all((a, b))` or `any([a, b])`."""
    match node:
        case ast.BoolOp(values=operands):
            return len(operands) - 1
        case ast.Call(func=ast.Name(id="all" | "any"), args=[ast.Tuple(elts=operands) | ast.List(elts=operands)]):
            return max(0, len(operands) - 1)
    return 0


def _is_condition(node: ast.AST) -> bool:
    """Tell whether a node is a comparison, an `and`, an `or` or a call of `bool`."""
    match node:
        case ast.Call(func=ast.Name(id="bool")):
            return True
    return isinstance(node, _CONDITIONS)


def _is_conditional_in_disguise(node: ast.AST) -> bool:
    """Tell whether a node is `words * (a in b)`, or a mapping from True and False."""
    match node:
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return _is_condition(left) or _is_condition(right)
        case ast.Dict(keys=[ast.Constant(value=True | False), ast.Constant(value=True | False)]):
            return True
    return False


def count(root: Path) -> Counts:
    """Count the packages below a folder."""
    counts = Counts()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            counts.add(path.read_text(encoding="utf-8"))
    return counts


def count_folders(root: Path) -> dict[str, Counts]:
    """Count each folder right below the packages, and the modules beside it together, most branches first."""
    by_folder: dict[str, Counts] = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).parts
            by_folder.setdefault("/".join(parts[:2][: len(parts) - 1]), Counts()).add(path.read_text(encoding="utf-8"))
    return dict(sorted(by_folder.items(), key=lambda item: -item[1].nodes["branch"]))


def count_package(package: Path) -> Counts:
    """Count another package, its tests left out, or one module."""
    counts = Counts()
    for path in [package] if package.is_file() else sorted(package.rglob("*.py")):
        if "test" not in str(path.relative_to(package)):
            counts.add(path.read_text(encoding="utf-8"))
    return counts


def count_kinds(root: Path) -> dict[str, tuple[Counts, Counter[str]]]:
    """Count by area what the code holds, and its branches by what they are."""
    by_area = {area: (Counts(), Counter[str]()) for area in AREAS}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            counts, kinds = by_area[next(area for area, begin in AREAS.items() if name.startswith(begin))]
            source = path.read_text(encoding="utf-8")
            counts.add(source)
            for node in ast.walk(ast.parse(source)):
                branches = isinstance(node, (*_BRANCHES, *_COMPREHENSIONS)) + _further_operands(node)
                if branches:
                    kinds[_kind_of(node)] += branches
    return by_area


def _kind_of(node: ast.AST) -> str:
    """Return what a branch is, in the order in which tables have them."""
    match node:
        case ast.If(body=[ast.Raise()]):
            return "`if` that raises"
        case ast.If(test=test) | ast.IfExp(test=test):
            return f"{_KEYWORDS[type(node)]}{_about(test)}"
        case ast.BoolOp() | ast.Call():
            return f"further operand{_about(node)}"
        case ast.For() | ast.AsyncFor() | ast.While():
            return "loop"
        case ast.ExceptHandler():
            return "handler"
        case ast.match_case():
            return "`case`"
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            is_filtered = any(generator.ifs for generator in node.generators)
            return "comprehension with a condition" if is_filtered else "comprehension"
    return ""


_KEYWORDS = {ast.If: "`if`", ast.IfExp: "conditional expression"}


def _about(test: ast.AST) -> str:
    written = ast.unparse(test)
    if "isinstance" in written:
        return " by type"
    return " by None" if " is None" in written or " is not None" in written else ""


def too_complex(root: Path) -> int:
    """Return how many functions ruff finds above the allowed complexity, exempted ones too."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--ignore-noqa", "--select", "C901", "--quiet"]
    command += ["--output-format=concise", "--config", f"lint.mccabe.max-complexity={MAX_COMPLEXITY}", *PACKAGES]
    checked = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if checked.stderr:
        raise SystemExit(checked.stderr)
    return checked.stdout.count(" C901 ")


def _code_lines(source: str) -> set[int]:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def _docstring_lines(tree: ast.AST) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def _local_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    names = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    stored = (node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return names | {node.id for node in stored}


def _all_figures(root: Path) -> dict[str, float]:
    return {**count(root).figures(), f"functions above complexity {MAX_COMPLEXITY}": too_complex(root)}


def _figures_at(commit: str) -> dict[str, float]:
    packed = subprocess.run(["git", "archive", commit, *PACKAGES], cwd=ROOT, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
        return _all_figures(Path(folder))


def _print_by_folder() -> None:
    print("| folder | lines | branches | per 1,000 | comprehensions | per 1,000 | `Any` |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for folder, counts in count_folders(ROOT).items():
        branches, comprehensions = counts.nodes["branch"], counts.nodes["comprehension"]
        per_1000 = 1000 / max(1, counts.code)
        shown = (counts.lines, branches, branches * per_1000, comprehensions, comprehensions * per_1000)
        print(f"| {folder} | {' | '.join(f'{value:,.0f}' for value in shown)} | {counts.nodes['Any']} |")


def _print_by_kind() -> None:
    by_area = count_kinds(ROOT)
    print(f"| | {' | '.join(by_area)} | all |\n|---|{'---:|' * (len(by_area) + 1)}")
    all_code = sum(counts.code for counts, _ in by_area.values())
    print(f"| code lines | {' | '.join(f'{counts.code:,}' for counts, _ in by_area.values())} | {all_code:,} |")
    kinds = sum((kinds for _, kinds in by_area.values()), Counter[str]())
    for kind, total in [("branches", kinds.total()), *kinds.most_common()]:
        numbers = [own.total() if kind == "branches" else own[kind] for _, own in by_area.values()]
        print(f"| {kind} | {' | '.join(f'{number:,}' for number in (*numbers, total))} |")


def _print_beside(packages: list[Path]) -> None:
    rows = {"rlvr and rewards": count(ROOT), **{package.name: count_package(package) for package in packages}}
    names = list(count(ROOT).figures())
    print(f"| | {' | '.join(names)} |\n|---|{'---:|' * len(names)}")
    for label, counts in rows.items():
        shown = (f"{value:,.1f}".removesuffix(".0") for value in counts.figures().values())
        print(f"| {label} | {' | '.join(shown)} |")


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", metavar="COMMIT")
    parser.add_argument("--by-folder", action="store_true")
    parser.add_argument("--by-kind", action="store_true")
    parser.add_argument("--beside", metavar="PATH", type=Path, nargs="+", default=[])
    options = parser.parse_args()
    if options.by_folder:
        _print_by_folder()
        return
    if options.by_kind:
        _print_by_kind()
        return
    if options.beside:
        _print_beside(options.beside)
        return
    columns = {"now": _all_figures(ROOT)}
    if options.before:
        columns = {options.before: _figures_at(options.before), **columns}
    print(f"| | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}")
    for name in columns["now"]:
        shown = (f"{figures[name]:,.1f}".removesuffix(".0") for figures in columns.values())
        print(f"| {name} | {' | '.join(shown)} |")


if __name__ == "__main__":
    main()
