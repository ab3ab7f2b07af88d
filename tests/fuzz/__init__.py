"""Input that nobody wrote on purpose: the targets that `make test` tries with 3,000 to 20,000 seeded cases each, and `make fuzz`
for as long as it is told."""
