"""Whole conversations of real phones, written down as YAML files, played against a server. `player.Player` is the door."""
