"""Rows: how they are read, checked, written and synthesized."""
