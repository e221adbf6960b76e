"""The commands of `rlvr`, a module each; `rlvr.cli` finds them by name. Each has `run(arguments)`."""
