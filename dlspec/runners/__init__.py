"""What runs programs and exported files: each framework in a process of its own.

This package imports no framework. `process` starts the scripts of `children`, which import nothing
of dlspec.
"""
