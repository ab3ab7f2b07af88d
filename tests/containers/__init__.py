"""The container deployment, brought up for real: `make test-containers`. A program of its own, no part of the suite."""
