"""Scripts that make the files under `resources/` from published packages."""
