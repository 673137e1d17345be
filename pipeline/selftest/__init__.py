"""The self-test: drives real video through the pipeline and accounts for every message."""
