"""Fault injection under load: `make chaos`. Every case runs with the ledger; docs/reliability.md is written from what it says."""
