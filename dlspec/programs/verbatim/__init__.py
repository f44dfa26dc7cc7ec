"""Functions that programs share, checked and tested here, copied as they stand.

NumPy only. What a file imports from `example`, each program writes for its spec.
"""
