"""The command's entry, which ctrl-C ends in one line from its first moment on."""

import sys


def main() -> None:
    """Run the command line, of which the import takes most of a second."""
    try:
        from accelerator.cli import main as run
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
