"""Element tree to typed primitives, and back; beside it the fast ways, which give what the tree gives.

Knows the shape of elements, and nothing of what they mean. Begin at `envelope.py`, then `binding.py`.
"""
