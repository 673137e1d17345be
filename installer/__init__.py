"""Builds the installer for Windows, on Windows or on Linux: ``python installer/build.py``."""
