"""Run the tools of the practice model: `python -m tools.practice COMMAND`."""

from tools.practice.cli import main

if __name__ == "__main__":
    main()
