"""The commands for those who run onesoup. Each works on a running cluster, from any host that reaches its Redis."""
