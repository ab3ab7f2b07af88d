"""The conformance runner: onesoup passes it, and servers with one fault fail it where they should."""
