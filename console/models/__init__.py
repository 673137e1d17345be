"""Data behind the views: models and pure views of data."""
