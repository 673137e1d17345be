"""Stage 3: verdicts about groups, by rules or a multimodal LLM."""
