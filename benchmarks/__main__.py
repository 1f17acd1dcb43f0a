"""`python -m benchmarks`: what `make bench` runs."""

from benchmarks.night import main

main()
