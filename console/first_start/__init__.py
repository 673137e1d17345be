"""The first start: three questions, each with an answer that works at once."""
