"""Processes that the benchmarks start, since PyTorch and TensorFlow never share one."""
