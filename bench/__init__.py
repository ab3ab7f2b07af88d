"""`make bench`: what onesoup costs, as ratios to anchors of the same run. Owns measuring; the product knows nothing of it.

`python -m bench [part ...]` from the root of the repository. The figures are explained in docs/performance.md.
"""
