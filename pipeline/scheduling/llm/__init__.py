"""The assessor that asks a multimodal model over OpenAI-compatible chat completions."""
