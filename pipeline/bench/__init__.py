"""Benchmarks of the pipeline's loops against the bare libraries, in the same run."""
