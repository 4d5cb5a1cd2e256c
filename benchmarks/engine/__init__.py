"""How fast the engine is, and how much of it arrives over HTTP: `make bench-engine`, described in benchmarks/README.md."""
