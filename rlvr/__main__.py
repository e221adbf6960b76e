"""`rlvr` and `python -m rlvr`: Ctrl-C ends both quietly, also while the command line is being imported."""


def main() -> int:
    """Run one command and return its exit code, as `rlvr.cli.main` does; 130 where Ctrl-C comes before that."""
    try:
        from rlvr import cli

        return cli.main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
