"""`python -m wsserver` is `wsserver`."""

from wsserver.cli import main

main()
