"""Rows in a model's words: what a rule drew, said by any model, and kept only where it says just that."""

from rlvr.data.synth.writer.writing import FALLBACKS, Tally, Written, write_rows

__all__ = ["FALLBACKS", "Tally", "Written", "write_rows"]
