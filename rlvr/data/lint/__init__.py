"""What would spoil a run, found in a data file before it does: `lint` reads the file once, row by row."""

from rlvr.data.lint.findings import KINDS, Finding, Kind
from rlvr.data.lint.run import Context, LintReport, lint

__all__ = ["KINDS", "Context", "Finding", "Kind", "LintReport", "lint"]
