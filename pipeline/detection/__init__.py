"""Stage 1: cameras to boxes, groups and evidence."""
