"""Stage 2: one assessment task for each group that is due."""
