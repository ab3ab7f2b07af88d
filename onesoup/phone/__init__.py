"""A CSP phone in software: for the terminal, for tests and for load. `engine.Phone` is the door."""
