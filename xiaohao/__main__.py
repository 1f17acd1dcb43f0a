"""`xiaohao` and `python -m xiaohao`."""

import sys

from xiaohao.workbooks import apart, child


def main() -> None:
    """Run the command line of this process and end with its exit code.

    A bundled program starts itself again to read a file apart; it then needs nothing of the command line.
    """
    if sys.argv[1:2] == [apart.CHILD]:
        child.main(sys.argv[2:])
        return
    from xiaohao.cli.command_line import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
